#include "minitor/core/saved_json.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

Moment moment(int seconds) {
  return {Monotonic{std::chrono::seconds{seconds}},
          Timestamp{std::chrono::seconds{1'700'000'000 + seconds}}};
}

Notice every_field() {
  Notice notice;
  notice.id = "i1-n7";
  notice.incident = "i1";
  notice.kind = NoticeKind::recovery;
  notice.monitor = "a \"name\"\nwith lines";
  notice.description = "what it is";
  notice.group = "group";
  notice.labels = {{"team", "storage"}, {"", "odd"}};
  notice.verdict = Verdict::warning;
  notice.alert_count = 3;
  notice.failure_count = 12;
  notice.output = "last words";
  notice.outcome = "exit 2";
  notice.reason = "recovered";
  notice.created = moment(5).wall;
  notice.first_failure = moment(2).wall;
  notice.last_success = moment(1).wall;
  notice.repairs = "restart: exit 1\nreboot: exit 0";
  notice.takes_down = "shop, blog";
  notice.flapping = true;
  return notice;
}

void check_same(const Notice& a, const Notice& b) {
  CHECK(a.id == b.id);
  CHECK(a.incident == b.incident);
  CHECK(a.kind == b.kind);
  CHECK(a.monitor == b.monitor);
  CHECK(a.description == b.description);
  CHECK(a.group == b.group);
  CHECK(a.labels == b.labels);
  CHECK(a.verdict == b.verdict);
  CHECK(a.alert_count == b.alert_count);
  CHECK(a.failure_count == b.failure_count);
  CHECK(a.output == b.output);
  CHECK(a.outcome == b.outcome);
  CHECK(a.reason == b.reason);
  CHECK(a.created == b.created);
  CHECK(a.first_failure == b.first_failure);
  CHECK(a.last_success == b.last_success);
  CHECK(a.repairs == b.repairs);
  CHECK(a.takes_down == b.takes_down);
  CHECK(a.flapping == b.flapping);
}

}  // namespace

TEST_CASE("a monitor's state comes back from JSON as it was", "[saved]") {
  SavedMonitor saved;
  saved.name = "web";
  saved.policy = {Status::down, 7, 3, 2, moment(10), {}, moment(1).wall, true, 4, 2, moment(60)};
  saved.last_alert = moment(30);
  saved.incident = "i1";
  saved.due = moment(90);
  saved.counters.ok = 5;
  saved.counters.failed_alerting = 2;
  saved.counters.last_ok_took = 20ms;
  saved.delivered = {{"mail", 3}};
  saved.flapping = {0b1011, 4, true};
  saved.flapping_incident = "i2";
  saved.overlays[OverlayKind::pause] = Overlay{moment(5).wall, moment(95).wall, "Ada", "a \"b\""};
  saved.overlays[OverlayKind::acknowledge] = Overlay{moment(6).wall, moment(96).wall, "", ""};
  saved.overlays.used_links = {"silence n1"};
  const auto read = saved_monitor(saved_json(saved));
  REQUIRE(read);
  CHECK(*read == saved);
}

TEST_CASE("recoveries that a window holds come back with every field", "[saved]") {
  SavedMonitor saved;
  saved.name = "web";
  saved.held_recoveries = {std::make_shared<const Notice>(every_field())};
  const auto read = saved_monitor(saved_json(saved));
  REQUIRE(read);
  REQUIRE(read->held_recoveries.size() == 1);
  check_same(*read->held_recoveries[0], every_field());
}

TEST_CASE("every kind of notice comes back as itself", "[saved]") {
  for (const NoticeKind kind : {NoticeKind::problem, NoticeKind::reminder, NoticeKind::recovery,
                                NoticeKind::test, NoticeKind::repaired}) {
    Notice notice = every_field();
    notice.kind = kind;
    SavedIncident saved;
    saved.id = "i1";
    saved.notices = {{std::make_shared<const Notice>(notice), {"mail"}}};
    const auto read = saved_incident(saved_json(saved));
    REQUIRE(read);
    REQUIRE(read->notices.size() == 1);
    check_same(*read->notices[0].notice, notice);
  }
}
