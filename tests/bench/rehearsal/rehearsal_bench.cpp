// How long it takes to live through a week of a hundred monitors: `minitor simulate`.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "minitor/core/rehearsal.hpp"

int main() {
  using namespace minitor;
  constexpr int kMonitors = 100;
  for (const int interval : {300, 60}) {
    auto config = std::make_shared<Config>();
    Alert log;
    log.name = "log";
    config->alerts.push_back(std::move(log));
    for (int i = 0; i < kMonitors; ++i) {
      Monitor monitor;
      monitor.name = fmt::format("m{}", i);
      monitor.command.program = Argv{{"check"}};
      monitor.command.timeout = std::chrono::seconds{10};
      monitor.interval = std::chrono::seconds{interval};
      monitor.alert_down = monitor.alert_up = {AlertId{0}};
      if (i > 0) monitor.needs.push_back({{static_cast<MonitorIndex>(i / 10)}});
      config->monitors.push_back(std::move(monitor));
    }
    RehearsalPlan plan;
    plan.failing = {0};
    plan.cascade = true;
    plan.length = std::chrono::hours{24 * 7};
    plan.spans = {{std::chrono::hours{9}, std::chrono::hours{12}},
                  {std::chrono::hours{90}, std::chrono::hours{100}}};
    const auto begun = std::chrono::steady_clock::now();
    const Rehearsal lived = rehearse(config, plan, Timestamp{std::chrono::hours{24 * 20778}}, {});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("a week of {} monitors, every {} s: {:.2f} s, {} checks, {} lines\n", kMonitors,
               interval, took.count(), lived.checks, lived.lines.size());
  }
  return 0;
}
