// What a life is lived with: a configuration made by chance.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/policy_world.hpp"
#include "tests/zones.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Cron cron(const std::string& text) { return std::get<Cron>(Cron::parse(text)); }

}  // namespace

Window PolicyWorld::make_window(const std::string& name) {
  const std::vector<TimeZone> zones{TimeZone{}, tests::berlin(), tests::new_york(),
                                    tests::lord_howe()};
  Window window;
  window.name = name;
  window.zone = zones[static_cast<std::size_t>(chance_.between(0, 3))];
  const std::string days = chance_.permille(300) ? "sat" : "*";
  const std::string opens =
      fmt::format("{} {} * * {}", chance_.between(0, 59), chance_.between(0, 23), days);
  window.when = Window::Recurring{cron(opens), minutes{chance_.between(10, 600)}};
  return window;
}

void PolicyWorld::make_windows() {
  const int count = chance_.between(1, 4);
  for (int i = 0; i < count; ++i) making_.windows.push_back(make_window(fmt::format("w{}", i)));
}

Monitor PolicyWorld::make_monitor(MonitorIndex number, MonitorIndex index) {
  Monitor monitor;
  monitor.name = fmt::format("m{}", number);
  monitor.command.program = Argv{{"check"}};
  monitor.command.timeout = seconds{30};
  // Seldom enough for years to be cheap, often enough for races.
  monitor.interval =
      minutes{stormy_ || chance_.permille(150) ? chance_.between(1, 15) : chance_.between(10, 60)};
  if (chance_.permille(100))
    monitor.schedule =
        Schedule{cron(fmt::format("*/{} * * * *", chance_.between(10, 40))), tests::berlin()};
  monitor.rules.after = AfterFailures{chance_.between(1, 3)};
  switch (chance_.between(0, 3)) {
    case 0: monitor.rules.every = EveryNever{}; break;
    case 1: monitor.rules.every = EveryDuration{hours{chance_.between(1, 12)}}; break;
    case 2: monitor.rules.every = EveryFailures{chance_.between(1, 20)}; break;
    default: monitor.rules.every = EveryBackoff{}; break;
  }
  if (chance_.permille(200)) monitor.rules.recover_after = AfterFailures{chance_.between(2, 4)};
  if (chance_.permille(100))
    monitor.rules.recover_after = AfterDuration{minutes{chance_.between(1, 60)}};
  for (std::uint32_t i = 0; i < making_.alerts.size(); ++i) {
    if (chance_.permille(700)) monitor.alert_down.push_back(AlertId{i});
  }
  monitor.alert_up = monitor.alert_down;
  if (chance_.permille(300)) monitor.alert_recovered = monitor.alert_down;
  for (std::uint32_t i = 0; i < making_.windows.size(); ++i) {
    if (chance_.permille(250)) monitor.maintenance.push_back(WindowId{i});
    if (chance_.permille(120)) monitor.only_in.push_back(WindowId{i});
  }
  // Only on earlier ones: never a circle.
  for (MonitorIndex parent = 0; parent < index; ++parent) {
    if (chance_.permille(stormy_ ? 30 : 200)) monitor.needs.push_back({{parent}});
  }
  if (index > 1 && chance_.permille(200)) monitor.needs.push_back({{0, index - 1}});
  const int steps = chance_.permille(400) ? chance_.between(1, 2) : 0;
  for (int i = 0; i < steps; ++i) {
    Repair repair;
    repair.command.program = Argv{{"repair"}};
    repair.command.timeout = seconds{60};
    repair.limits.wait = seconds{chance_.between(0, 30)};
    repair.limits.attempts = chance_.between(1, 3);
    repair.limits.cooldown = minutes{chance_.between(0, 20)};
    repair.limits.per_hour = chance_.between(1, 6);
    if (chance_.permille(600)) repair.limits.lock = fmt::format("lock{}", chance_.between(0, 1));
    monitor.repairs.push_back(std::move(repair));
  }
  if (chance_.permille(150)) {
    monitor.only_when = Command{};
    monitor.only_when->program = Argv{{"gate"}};
    monitor.only_when->timeout = seconds{10};
  }
  monitor.flapping = chance_.permille(250);
  if (chance_.permille(200)) {
    monitor.exit_codes = ExitCodes::nagios;
    monitor.rules.warnings = chance_.permille(500);
  }
  make_ladder(monitor);
  return monitor;
}

void PolicyWorld::make_ladder(Monitor& monitor) {
  if (!chance_.permille(500)) return;
  const bool in_time = chance_.permille(700);
  const int steps = chance_.between(1, 4);
  Duration after{};
  int failures = 0;
  for (int i = 0; i < steps; ++i) {
    EscalationStep& step = monitor.escalate.emplace_back();
    after += minutes{chance_.between(1, 90)};
    failures += chance_.between(1, 30);
    if (in_time) {
      step.after = AfterDuration{after};
    } else {
      step.after = AfterFailures{failures};
    }
    for (std::uint32_t alert = 0; alert < making_.alerts.size(); ++alert) {
      if (chance_.permille(500)) step.alerts.push_back(AlertId{alert});
    }
  }
}

// What is always there while our uplink is.
void PolicyWorld::make_canaries() {
  const int count = chance_.between(1, 3);
  for (int i = 0; i < count; ++i) {
    Monitor canary;
    canary.name = fmt::format("m{}", next_number_++);
    canary.command.program = Argv{{"check"}};
    canary.command.timeout = seconds{30};
    canary.interval = minutes{chance_.between(10, 40)};
    canary.rules.after = AfterFailures{chance_.between(1, 2)};
    canary.canary = true;
    making_.monitors.push_back(std::move(canary));
  }
  for (Monitor& monitor : making_.monitors) {
    if (!monitor.canary && chance_.permille(200)) monitor.scope = kLocalScope;
  }
  if (chance_.permille(300)) making_.observer.blind_when = BlindWhen::any;
}

StormRules PolicyWorld::make_storm() {
  StormRules storm;
  if (chance_.permille(400))
    storm.group = chance_.between(Duration{milliseconds{100}}, Duration{minutes{5}});
  if (chance_.permille(400)) {
    storm.rate =
        RateCap{chance_.between(1, 12), chance_.between(Duration{minutes{1}}, Duration{hours{3}})};
  }
  return storm;
}

Alert PolicyWorld::make_alert() {
  Alert alert;
  alert.name = fmt::format("a{}", next_alert_++);
  alert.message = std::get<ArgvTemplate>(ArgvTemplate::compile({"send"}));
  alert.timeout = seconds{30};
  alert.attempts = gives_up_ ? chance_.between(1, 4) : kMaxAttempts;
  alert.retry_after = chance_.between(Duration{seconds{1}}, Duration{minutes{1}});
  alert.storm = make_storm();
  return alert;
}

void PolicyWorld::make_config() {
  stormy_ = chance_.permille(60);
  gives_up_ = chance_.permille(250);
  restless_ = chance_.permille(100);
  if (stormy_) length_ = std::min<Duration>(length_, hours{24 * chance_.between(4, 16)});
  const int alerts = chance_.between(1, 4);
  for (int i = 0; i < alerts; ++i) {
    Alert alert = make_alert();
    // Only on later ones: never a circle.
    for (int to = i + 1; gives_up_ && to < alerts; ++to) {
      if (chance_.permille(300)) alert.fallback.push_back(AlertId{static_cast<std::uint32_t>(to)});
    }
    making_.alerts.push_back(std::move(alert));
  }
  make_windows();
  const int monitors = stormy_ ? chance_.between(10, 25) : chance_.between(2, 9);
  for (int i = 0; i < monitors; ++i)
    making_.monitors.push_back(make_monitor(next_number_++, static_cast<MonitorIndex>(i)));
  if (chance_.permille(500)) make_canaries();
  for (std::uint32_t i = 0; i < making_.alerts.size(); ++i)
    making_.observer.alerts.push_back(AlertId{i});
  if (chance_.permille(300)) making_.max_concurrent = chance_.between(1, 3);
  config_ = std::make_shared<const Config>(std::move(making_));
}

}  // namespace minitor::simulation
