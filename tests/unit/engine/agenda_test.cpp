#include "minitor/core/agenda.hpp"

#include <set>

#include "tests/catch.hpp"

using namespace minitor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

namespace {

const Monotonic kStart{hours{1}};

Monotonic at(Duration since_start) { return kStart + since_start; }

}  // namespace

TEST_CASE("nothing to watch, nothing to wake for") {
  Agenda agenda({}, 1, kStart);
  CHECK_FALSE(agenda.next());
  CHECK_FALSE(agenda.take(at(hours{1})));
}

TEST_CASE("ten thousand monitors are spread evenly over their interval") {
  Agenda agenda(std::vector<Duration>(10'000, seconds{30}), 10'000, kStart);
  std::set<Monotonic> starts;
  while (agenda.next()) {
    const Monotonic now = *agenda.next();
    const auto run = agenda.take(now);
    REQUIRE(run);
    CHECK(run->lateness == Duration::zero());
    starts.insert(now);
  }
  CHECK(starts.size() == 10'000);
  CHECK(*starts.begin() == kStart);
  CHECK(*starts.rbegin() == at(milliseconds{29'997}));
}

TEST_CASE("at the cap nothing waits for time, and a place that comes free is taken at once") {
  Agenda agenda({seconds{10}, seconds{10}}, 1, kStart);
  REQUIRE(agenda.take(kStart));
  CHECK_FALSE(agenda.next());
  CHECK_FALSE(agenda.take(at(seconds{5})));
  agenda.finished(MonitorId{0}, at(seconds{5}));
  REQUIRE(agenda.next());
  CHECK(*agenda.next() <= at(seconds{5}));
  const auto run = agenda.take(at(seconds{5}));
  REQUIRE(run);
  CHECK(run->monitor == MonitorId{1});
  CHECK(run->lateness == milliseconds{4950});
}

TEST_CASE("a run that outlasts the machine's patience is one run and many missed ones") {
  Agenda agenda({milliseconds{1}}, 1, kStart);
  REQUIRE(agenda.take(kStart));
  agenda.finished(MonitorId{0}, at(hours{24 * 366}));
  const auto run = agenda.take(at(hours{24 * 366 * 2}));
  REQUIRE(run);
  CHECK(run->missed > 1'000'000'000);  // counted as far as the counter goes, and not below zero
  CHECK(run->lateness < milliseconds{1});
}

TEST_CASE("ended at the very instant of a later turn, that turn is run and not missed") {
  Agenda agenda({seconds{10}}, 1, kStart);
  for (int turn = 0; turn < 5; ++turn) {
    const auto run = agenda.take(at(seconds{20} * turn));
    REQUIRE(run);
    CHECK(run->missed == (turn == 0 ? 0 : 1));
    CHECK(run->lateness == Duration::zero());
    agenda.finished(MonitorId{0}, at(seconds{20} * (turn + 1)));
  }
}

TEST_CASE("a late start does not shift the ones after it") {
  Agenda agenda({seconds{10}}, 1, kStart);
  const auto late = agenda.take(at(milliseconds{13'500}));
  REQUIRE(late);
  CHECK(late->due == at(seconds{10}));
  CHECK(late->lateness == milliseconds{3500});
  CHECK(late->missed == 1);
  agenda.finished(MonitorId{0}, at(seconds{14}));
  CHECK(*agenda.next() == at(seconds{20}));
}

TEST_CASE("a check that is asked for runs at once and shifts nothing") {
  Agenda agenda({60s}, 10, kStart);
  REQUIRE(agenda.take(kStart));
  agenda.finished(MonitorId{0}, kStart + 1s);
  agenda.check_now(MonitorId{0}, kStart + 20s);
  agenda.check_now(MonitorId{0}, kStart + 20s);
  CHECK(agenda.next() == kStart + 20s);
  const auto extra = agenda.take(kStart + 21s);
  REQUIRE(extra);
  CHECK(extra->lateness == 1s);
  CHECK(extra->missed == 0);
  CHECK_FALSE(agenda.take(kStart + 21s));
  agenda.finished(MonitorId{0}, kStart + 22s);
  CHECK(agenda.next() == kStart + 60s);
  const auto regular = agenda.take(kStart + 60s);
  REQUIRE(regular);
  CHECK(regular->due == kStart + 60s);
}

TEST_CASE("what is asked for while it runs begins when that has ended") {
  Agenda agenda({60s}, 10, kStart);
  REQUIRE(agenda.take(kStart));
  agenda.check_now(MonitorId{0}, kStart + 1s);
  CHECK_FALSE(agenda.next());
  agenda.finished(MonitorId{0}, kStart + 5s);
  CHECK(agenda.next() == kStart + 5s);
  REQUIRE(agenda.take(kStart + 5s));
  agenda.finished(MonitorId{0}, kStart + 6s);
  CHECK(agenda.next() == kStart + 60s);
}

TEST_CASE("a regular run that falls due while an extra one runs is that one") {
  Agenda agenda({60s}, 10, kStart);
  REQUIRE(agenda.take(kStart));
  agenda.finished(MonitorId{0}, kStart + 1s);
  agenda.check_now(MonitorId{0}, kStart + 50s);
  REQUIRE(agenda.take(kStart + 50s));
  agenda.finished(MonitorId{0}, kStart + 70s);
  CHECK(agenda.next() == kStart + 120s);
  const auto next = agenda.take(kStart + 120s);
  REQUIRE(next);
  CHECK(next->missed == 0);
}

TEST_CASE("what is asked for waits for a free place") {
  Agenda agenda({60s, 60s}, 1, kStart);
  REQUIRE(agenda.take(kStart));
  agenda.check_now(MonitorId{1}, kStart);
  CHECK_FALSE(agenda.take(kStart + 1s));
  agenda.finished(MonitorId{0}, kStart + 2s);
  const auto run = agenda.take(kStart + 2s);
  REQUIRE(run);
  CHECK(run->monitor == MonitorId{1});
}
