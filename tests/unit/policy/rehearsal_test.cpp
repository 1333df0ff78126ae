#include "minitor/core/rehearsal.hpp"

#include <fmt/format.h>

#include "minitor/core/wall_clock.hpp"
#include "tests/catch.hpp"
#include "tests/zones.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

Timestamp at(std::string_view shown, const TimeZone& zone = {}) {
  return instants(*parse_wall_time(shown), zone).first;
}

std::string spans(std::string_view text, std::string_view start, Duration length,
                  const TimeZone& zone = {}) {
  const auto read = parse_spans(text, at(start, zone), length, zone);
  if (const auto* wrong = std::get_if<std::string>(&read)) return *wrong;
  std::string all;
  for (const auto& span : std::get<0>(read))
    all += fmt::format("{}{}-{}", all.empty() ? "" : " ", format_duration(span.from),
                       format_duration(span.until));
  return all;
}

std::shared_ptr<Config> chain(int monitors) {
  auto config = std::make_shared<Config>();
  Alert log;
  log.name = "log";
  config->alerts.push_back(log);
  for (int i = 0; i < monitors; ++i) {
    Monitor monitor;
    monitor.name = fmt::format("m{}", i);
    monitor.command.program = Argv{{"check"}};
    monitor.command.timeout = 10s;
    monitor.interval = 5min;
    monitor.alert_down = monitor.alert_up = {AlertId{0}};
    if (i > 0) monitor.needs.push_back({{static_cast<MonitorIndex>(i - 1)}});
    config->monitors.push_back(std::move(monitor));
  }
  return config;
}

}  // namespace

TEST_CASE("when it fails, as it is written on the command line") {
  CHECK(spans("10m-25m", "2026-11-21 08:00", 1h) == "10m-25m");
  CHECK(spans("10m-25m,50m-2h", "2026-11-21 08:00", 1h) == "10m-25m 50m-1h");
  CHECK(spans("09:00-11:30", "2026-11-21 08:00", 48h) == "1h-3h30m 1d1h-1d3h30m");
  CHECK(spans("22:00-06:00", "2026-11-21 00:00", 24h) == "0s-6h 22h-1d");
  // The clocks in Berlin go from 2 to 3 on that morning: 1 to 4 is two hours.
  CHECK(spans("01:00-04:00", "2027-03-28 00:00", 24h, tests::berlin()) == "1h-3h");
  for (const char* wrong : {"9-11", "25:00-26:00", "11:00", "20m-10m", "x", "09:00-09:00"})
    CHECK(spans(wrong, "2026-11-21 08:00", 1h).find("write 09:00-11:30") != std::string::npos);
}

TEST_CASE("one cause, one notice, also in a rehearsal") {
  RehearsalPlan plan;
  plan.failing = {0};
  plan.cascade = true;
  plan.spans = {{1h, 2h}};
  plan.length = 6h;
  const Rehearsal lived = rehearse(chain(4), plan, at("2026-11-21 08:00"), {});
  std::string told;
  int down = 0;
  for (const RehearsalLine& line : lived.lines) {
    if (line.kind == RehearsalLine::Kind::told)
      told += fmt::format("m{} {}; ", line.monitor, line.words);
    down += line.kind == RehearsalLine::Kind::status && line.status == Status::down ? 1 : 0;
  }
  CHECK(down == 4);
  CHECK(told.starts_with("m0 m0 check has failed 1 times; "));
  CHECK(told.ends_with("m0 m0 check is up again!; "));
  CHECK(told.find("m1") == std::string::npos);
  CHECK(lived.checks >= 4 * 6 * 12);
}
