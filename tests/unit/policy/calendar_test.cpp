#include "minitor/core/calendar.hpp"

#include "tests/catch.hpp"
#include "tests/zones.hpp"

using namespace minitor;
using namespace minitor::tests;
using namespace std::chrono_literals;

namespace {

Timestamp at(std::string_view shown, const TimeZone& zone) {
  const auto time = parse_wall_time(shown);
  REQUIRE(time);
  return instants(*time, zone).first;
}

Window recurring(std::string_view opens, Duration length, const TimeZone& zone) {
  return {"it", "", zone, Window::Recurring{std::get<Cron>(Cron::parse(opens)), length}};
}

std::string text(const std::optional<Period>& period, const TimeZone& zone) {
  if (!period) return "closed";
  return format_rfc3339(period->from, zone) + " to " + format_rfc3339(period->until, zone);
}

}  // namespace

TEST_CASE("a window is open from its first instant and closed at its last") {
  const Window nightly = recurring("0 3 * * *", 45min, TimeZone{});
  const auto open = [&](std::string_view when) {
    return text(open_at(nightly, at(when, {})), TimeZone{});
  };
  CHECK(open("2026-11-21 02:59:59") == "closed");
  CHECK(open("2026-11-21 03:00") == "2026-11-21T03:00:00Z to 2026-11-21T03:45:00Z");
  CHECK(open("2026-11-21 03:44:59") == "2026-11-21T03:00:00Z to 2026-11-21T03:45:00Z");
  CHECK(open("2026-11-21 03:45") == "closed");
  CHECK(text(next_period(nightly, at("2026-11-21 03:00", {})), TimeZone{}) ==
        "2026-11-22T03:00:00Z to 2026-11-22T03:45:00Z");
}

TEST_CASE("a window over midnight is open on both days") {
  const Window weekend = recurring("0 22 * * fri", 60h, berlin());
  CHECK(text(open_at(weekend, at("2026-11-22 12:00", berlin())), berlin()) ==
        "2026-11-20T22:00:00+01:00 to 2026-11-23T10:00:00+01:00");
  CHECK_FALSE(open_at(weekend, at("2026-11-23 10:00", berlin())));
}

TEST_CASE("openings that overlap or touch are one period") {
  const Window always = recurring("*/10 8-9 * * *", 10min, TimeZone{});
  CHECK(text(open_at(always, at("2026-11-21 08:00", {})), TimeZone{}) ==
        "2026-11-21T08:00:00Z to 2026-11-21T10:00:00Z");
  CHECK(text(next_period(always, at("2026-11-20 12:00", {})), TimeZone{}) ==
        "2026-11-21T08:00:00Z to 2026-11-21T10:00:00Z");
}

TEST_CASE("two hours are two hours on the nights when the clocks are changed") {
  struct Case {
    TimeZone zone;
    const char* before;
    const char* period;
  };
  const Case cases[] = {
      {berlin(), "2027-03-27 12:00", "2027-03-28T01:30:00+01:00 to 2027-03-28T04:30:00+02:00"},
      {berlin(), "2027-10-30 12:00", "2027-10-31T01:30:00+02:00 to 2027-10-31T02:30:00+01:00"},
      {new_york(), "2027-03-13 12:00", "2027-03-14T01:30:00-05:00 to 2027-03-14T04:30:00-04:00"},
      {new_york(), "2027-11-06 12:00", "2027-11-07T01:30:00-04:00 to 2027-11-07T02:30:00-05:00"},
      {lord_howe(), "2027-10-02 12:00", "2027-10-03T01:30:00+10:30 to 2027-10-03T04:00:00+11:00"},
      {lord_howe(), "2027-04-03 12:00", "2027-04-04T01:30:00+11:00 to 2027-04-04T03:00:00+10:30"}};
  for (const Case& one : cases) {
    const Window nightly = recurring("30 1 * * *", 2h, one.zone);
    const auto period = next_period(nightly, at(one.before, one.zone));
    CHECK(text(period, one.zone) == one.period);
    REQUIRE(period);
    CHECK(period->until - period->from == 2h);
    CHECK(open_at(nightly, period->until - 1s) == period);
    CHECK_FALSE(open_at(nightly, period->until));
  }
}

TEST_CASE("a window that opens in the hour that is jumped over opens at the jump") {
  const Window nightly = recurring("30 2 * * *", 1h, berlin());
  CHECK(text(next_period(nightly, at("2027-03-27 12:00", berlin())), berlin()) ==
        "2027-03-28T03:00:00+02:00 to 2027-03-28T04:00:00+02:00");
}

TEST_CASE("a window that opens once does not come again") {
  const TimeZone zone = berlin();
  const Window move{"move", "", zone,
                    Window::Once{at("2026-12-01 22:00", zone), at("2026-12-02 04:00", zone)}};
  CHECK(text(next_period(move, at("2026-11-21 00:00", zone)), zone) ==
        "2026-12-01T22:00:00+01:00 to 2026-12-02T04:00:00+01:00");
  CHECK(open_at(move, at("2026-12-02 03:59", zone)));
  CHECK_FALSE(open_at(move, at("2026-12-02 04:00", zone)));
  CHECK_FALSE(next_period(move, at("2026-12-01 22:00", zone)));
}
