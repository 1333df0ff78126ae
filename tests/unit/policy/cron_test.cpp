#include "minitor/core/cron.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "tests/catch.hpp"
#include "tests/zones.hpp"

using namespace minitor;
using namespace minitor::tests;
using namespace std::chrono_literals;

namespace {

Cron cron(std::string_view text) {
  auto read = Cron::parse(text);
  INFO(text);
  REQUIRE(std::holds_alternative<Cron>(read));
  return std::get<Cron>(read);
}

std::string error(std::string_view text) {
  auto read = Cron::parse(text);
  return std::holds_alternative<std::string>(read) ? std::get<std::string>(read) : "it is one";
}

Timestamp at(std::string_view shown, const TimeZone& zone = {}) {
  const auto time = parse_wall_time(shown);
  REQUIRE(time);
  return instants(*time, zone).first;
}

// The next `count` instants after a time that a clock shows, as this zone shows them.
std::vector<std::string> next(std::string_view expression, std::string_view after,
                              const TimeZone& zone, int count) {
  std::vector<std::string> all;
  Timestamp now = at(after, zone);
  for (int i = 0; i < count; ++i) {
    const auto found = cron(expression).next(now, zone);
    if (!found) break;
    REQUIRE(*found > now);
    all.push_back(format_rfc3339(*found, zone));
    now = *found;
  }
  return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("what a field may say") {
  const TimeZone utc;
  CHECK(next("30 3 * * *", "2026-11-21 07:00", utc, 2) ==
        Texts{"2026-11-22T03:30:00Z", "2026-11-23T03:30:00Z"});
  CHECK(next("*/20 8-9 * * *", "2026-11-21 08:00", utc, 6) ==
        Texts{"2026-11-21T08:20:00Z", "2026-11-21T08:40:00Z", "2026-11-21T09:00:00Z",
              "2026-11-21T09:20:00Z", "2026-11-21T09:40:00Z", "2026-11-22T08:00:00Z"});
  CHECK(next("5,50 0 1 JAN,jul *", "2026-11-21 07:00", utc, 3) ==
        Texts{"2027-01-01T00:05:00Z", "2027-01-01T00:50:00Z", "2027-07-01T00:05:00Z"});
  CHECK(next("0 9-17/4 * * mon-fri", "2026-11-20 12:59", utc, 4) ==
        Texts{"2026-11-20T13:00:00Z", "2026-11-20T17:00:00Z", "2026-11-23T09:00:00Z",
              "2026-11-23T13:00:00Z"});
  CHECK(next("0 0 * * 7", "2026-11-21 07:00", utc, 1) ==
        next("0 0 * * 0", "2026-11-21 07:00", utc, 1));
  CHECK(next("0 0 * * fri-7", "2026-11-20 00:00", utc, 3) ==
        Texts{"2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-27T00:00:00Z"});
}

TEST_CASE("either of two restricted days suffices, as in crontab") {
  CHECK(next("0 0 13 * fri", "2026-11-01 00:00", TimeZone{}, 4) ==
        Texts{"2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z",
              "2026-11-27T00:00:00Z"});
  CHECK(next("0 0 13 * fri", "2026-12-05 00:00", TimeZone{}, 2) ==
        Texts{"2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"});
  // A field that begins with * does not restrict: both must hold.
  CHECK(next("0 0 */2 * fri", "2026-11-01 00:00", TimeZone{}, 2) ==
        Texts{"2026-11-13T00:00:00Z", "2026-11-27T00:00:00Z"});
}

TEST_CASE("the forms with @") {
  const TimeZone utc;
  CHECK(next("@hourly", "2026-11-21 07:00", utc, 1) == Texts{"2026-11-21T08:00:00Z"});
  CHECK(next("@daily", "2026-11-21 07:00", utc, 1) == Texts{"2026-11-22T00:00:00Z"});
  CHECK(next("@midnight", "2026-11-21 00:00", utc, 1) == Texts{"2026-11-22T00:00:00Z"});
  CHECK(next("@weekly", "2026-11-21 07:00", utc, 1) == Texts{"2026-11-22T00:00:00Z"});
  CHECK(next("@monthly", "2026-11-21 07:00", utc, 1) == Texts{"2026-12-01T00:00:00Z"});
  CHECK(next("@yearly", "2026-11-21 07:00", utc, 1) == Texts{"2027-01-01T00:00:00Z"});
  CHECK(next("@annually", "2026-11-21 07:00", utc, 1) == Texts{"2027-01-01T00:00:00Z"});
}

TEST_CASE("29 February comes, also after a century without it") {
  CHECK(next("0 12 29 2 *", "2026-11-21 07:00", TimeZone{}, 2) ==
        Texts{"2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z"});
  CHECK(next("0 12 29 2 *", "2096-03-01 00:00", TimeZone{}, 1) == Texts{"2104-02-29T12:00:00Z"});
}

TEST_CASE("a date that must also be a certain weekday comes, however seldom it is") {
  // 1 June is a Monday in 2026 and not again before 2037.
  CHECK(next("* 9 */829 6 1", "2026-11-21 07:00", {}, 1) == Texts{"2037-06-01T09:00:00Z"});
  // 29 February is a Sunday every 28 years, and 40 apart around 2100.
  CHECK(next("0 0 29 2 */7", "2026-11-21 07:00", {}, 4) ==
        Texts{"2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z",
              "2128-02-29T00:00:00Z"});
}

TEST_CASE("an expression that is none says what to write") {
  CHECK(error("@reboot") ==
        "\"@reboot\" is no cron expression; write @hourly, @daily, @weekly, @monthly or @yearly");
  CHECK(error("5 4 * *").find("has 4 fields, not 5") != std::string::npos);
  CHECK(error("60 4 * * *") == "\"60\" is no value for the minute; write numbers from 0 to 59");
  CHECK(error("0 0 * foo *") ==
        "\"foo\" is no value for the month; write numbers from 1 to 12 or names such as jan");
  CHECK(error("0 0 * * 8").find("from 0 to 7 or names such as sun") != std::string::npos);
  CHECK(error("0 5-3 * * *") == "\"5-3\" is no value for the hour; a range goes upwards");
  CHECK(error("*/0 * * * *") ==
        "\"*/0\" is no value for the minute; a step is a number from 1, as in */10");
  CHECK(error("5/10 * * * *") == "\"5/10\" is no value for the minute; write 5-59/10");
  CHECK(error("0 0 30 2 *") == "\"0 0 30 2 *\" never comes: no such day is in that month");
  CHECK(error("0 0 31 4,6 *") == "\"0 0 31 4,6 *\" never comes: no such day is in that month");
  CHECK(error("0 0 31 4 mon") == "it is one");  // every Monday in April
  CHECK(error("").find("has 0 fields") != std::string::npos);
  CHECK(error(std::string(2000, '*')) == "is longer than 1024 bytes");
}

TEST_CASE("Berlin: a daily time in the hour that is jumped over comes at the jump") {
  CHECK(next("30 2 * * *", "2027-03-27 12:00", berlin(), 2) ==
        Texts{"2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"});
  CHECK(next("30 2 * * *", "2027-10-30 12:00", berlin(), 2) ==
        Texts{"2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"});
  CHECK(next("30 * * * *", "2027-03-28 00:45", berlin(), 3) == Texts{"2027-03-28T01:30:00+01:00",
                                                                     "2027-03-28T03:30:00+02:00",
                                                                     "2027-03-28T04:30:00+02:00"});
  CHECK(next("30 * * * *", "2027-10-31 01:45", berlin(), 3) == Texts{"2027-10-31T02:30:00+02:00",
                                                                     "2027-10-31T02:30:00+01:00",
                                                                     "2027-10-31T03:30:00+01:00"});
}

TEST_CASE("New York: the same on the other side of midnight UTC") {
  CHECK(next("15 2 * * *", "2027-03-13 12:00", new_york(), 2) ==
        Texts{"2027-03-14T03:00:00-04:00", "2027-03-15T02:15:00-04:00"});
  CHECK(next("15 1 * * *", "2027-11-06 12:00", new_york(), 2) ==
        Texts{"2027-11-07T01:15:00-04:00", "2027-11-08T01:15:00-05:00"});
  CHECK(next("*/30 1 * * *", "2027-11-07 00:30", new_york(), 5) ==
        Texts{"2027-11-07T01:00:00-04:00", "2027-11-07T01:30:00-04:00", "2027-11-07T01:00:00-05:00",
              "2027-11-07T01:30:00-05:00", "2027-11-08T01:00:00-05:00"});
}

TEST_CASE("Lord Howe: half an hour, in the southern spring and autumn") {
  CHECK(next("15 2 * * *", "2027-10-02 12:00", lord_howe(), 2) ==
        Texts{"2027-10-03T02:30:00+11:00", "2027-10-04T02:15:00+11:00"});
  CHECK(next("45 1 * * *", "2027-04-03 12:00", lord_howe(), 2) ==
        Texts{"2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"});
}

TEST_CASE("Santiago: a midnight that does not come, and one after 23 o'clock came twice") {
  CHECK(next("0 0 * * *", "2027-09-04 12:00", santiago(), 2) ==
        Texts{"2027-09-05T01:00:00-03:00", "2027-09-06T00:00:00-03:00"});
  CHECK(next("30 23 * * *", "2027-04-03 12:00", santiago(), 2) ==
        Texts{"2027-04-03T23:30:00-03:00", "2027-04-04T23:30:00-04:00"});
  CHECK(next("@hourly", "2027-04-03 22:30", santiago(), 4) ==
        Texts{"2027-04-03T23:00:00-03:00", "2027-04-03T23:00:00-04:00", "2027-04-04T00:00:00-04:00",
              "2027-04-04T01:00:00-04:00"});
}

// Every minute of two years is looked at: what the clocks show, and whether the expression means it.
TEST_CASE("the instants are those at which the clocks show what is meant") {
  const std::vector<std::string> by_the_clock{"*/7 * * * *", "13 */5 * * *", "* 2 * * *"};
  const std::vector<std::string> by_the_day{"30 2 * * *", "17 1 * * *", "59 23 * * sat",
                                            "0 0 1 * *"};
  for (const TimeZone& zone : {berlin(), new_york(), lord_howe(), santiago()}) {
    INFO(zone.name());
    const Timestamp begin = at("2026-12-31 12:00");
    const Timestamp end = at("2028-01-02 12:00");
    for (const bool clock : {true, false}) {
      for (const std::string& text : clock ? by_the_clock : by_the_day) {
        INFO(text);
        const Cron it = cron(text);
        const Cron utc_it = it;
        std::vector<Timestamp> meant;
        std::set<std::int64_t> seen;
        for (Timestamp now = begin + 1min; now <= end; now += 1min) {
          const WallTime shown = wall_time(now, zone);
          // The same expression on a clock that is never changed.
          const Timestamp as_utc{shown.time_since_epoch()};
          if (utc_it.next(as_utc - 1min, TimeZone{}) != as_utc) continue;
          if (clock || seen.insert(shown.time_since_epoch().count()).second) meant.push_back(now);
        }
        std::vector<Timestamp> got;
        for (auto next = it.next(begin, zone); next && *next <= end; next = it.next(*next, zone))
          got.push_back(*next);
        if (!clock) {  // what is jumped over comes at the jump: one more, which no clock shows
          std::vector<Timestamp> jumps;
          std::set_difference(got.begin(), got.end(), meant.begin(), meant.end(),
                              std::back_inserter(jumps));
          CHECK(jumps.size() <= 1);
          for (const Timestamp jump : jumps) {
            CHECK(zone.at(jump).from_utc > zone.at(jump - 1s).from_utc);
            got.erase(std::find(got.begin(), got.end(), jump));
          }
        }
        CHECK(got == meant);
      }
    }
  }
}

TEST_CASE("dates and times of day as they are written") {
  CHECK(parse_wall_time("2026-12-01 22:00") == parse_wall_time("2026-12-01T22:00:00"));
  for (const char* wrong :
       {"", "2026-12-01", "2026-02-30 10:00", "2026-12-01 24:00", "2026-12-01 22:61",
        "2026-12-01 22:00 ", "26-12-01 22:00", "2026-12-01 22:00:0", "1969-01-01 00:00"}) {
    INFO(wrong);
    CHECK_FALSE(parse_wall_time(wrong));
  }
}
