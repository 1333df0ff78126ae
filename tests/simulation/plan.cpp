#include "tests/simulation/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

RawRules make_rules(Chance& chance, Duration interval) {
  RawRules rules;
  rules.after = chance.between(1, 5);
  if (chance.permille(250))
    rules.after_for = interval * chance.between(1, 8) + seconds{chance.between(0, 3)};
  constexpr std::array every{-1, -7, 0, 1, 2, 5};
  rules.every = every[static_cast<std::size_t>(chance.between(0, 5))];
  if (chance.permille(250))
    rules.every_for = interval * chance.between(1, 20) + seconds{chance.between(0, 3)};
  rules.python = chance.permille(300);
  return rules;
}

std::vector<AlertId> some(Chance& chance, std::size_t of, int permille) {
  std::vector<AlertId> ids;
  for (std::uint32_t i = 0; i < of; ++i) {
    if (chance.permille(permille)) ids.push_back(AlertId{i});
  }
  if (ids.size() > 1 && chance.permille(500)) std::reverse(ids.begin(), ids.end());
  return ids;
}

std::vector<Alert> make_alerts(Chance& chance) {
  std::vector<Alert> alerts(static_cast<std::size_t>(chance.between(1, 5)));
  for (std::uint32_t i = 0; i < alerts.size(); ++i) {
    Alert& alert = alerts[i];
    alert.name = fmt::format("a{}", i);
    if (!chance.permille(150))
      alert.message = std::get<ArgvTemplate>(ArgvTemplate::compile({"send"}));
    alert.timeout = chance.between(seconds{5}, minutes{2});
    alert.attempts = chance.between(1, 6);
    alert.retry_after = chance.between(seconds{1}, minutes{2});
    alert.tells_recovery = chance.permille(700);
    // Only forward: never a circle.
    for (std::uint32_t to = i + 1; to < alerts.size(); ++to) {
      if (chance.permille(400)) alert.fallback.push_back(AlertId{to});
    }
  }
  return alerts;
}

Duration make_interval(Chance& chance) {
  constexpr std::array<Duration, 9> usual{seconds{30}, minutes{1},  minutes{5},
                                          minutes{10}, minutes{15}, minutes{30},
                                          hours{1},    hours{1},    hours{2}};
  return usual[static_cast<std::size_t>(chance.between(0, usual.size() - 1))];
}

}  // namespace

Plan make_plan(Chance& chance, int checks) {
  Plan plan;
  Config config;
  config.alerts = make_alerts(chance);
  config.monitors.resize(static_cast<std::size_t>(chance.between(1, 8)));
  plan.flaps = chance.permille(120);
  const Duration common = plan.flaps ? seconds{chance.between(1, 5)} : make_interval(chance);
  double per_second = 0;
  for (std::size_t i = 0; i < config.monitors.size(); ++i) {
    Monitor& monitor = config.monitors[i];
    monitor.name = fmt::format("m{}", i);
    monitor.command.program = Argv{{"check"}};
    monitor.interval = plan.flaps || chance.permille(700) ? common : make_interval(chance);
    monitor.command.timeout =
        std::max<Duration>(monitor.interval * chance.between(1, 6) / 2, seconds{10});
    plan.rules.push_back(make_rules(chance, monitor.interval));
    if (plan.flaps) plan.rules.back().after = 1;
    if (plan.flaps) plan.rules.back().after_for = Duration::zero();
    monitor.rules = as_rules(plan.rules.back());
    monitor.alert_down = some(chance, config.alerts.size(), 600);
    monitor.alert_up =
        chance.permille(600) ? monitor.alert_down : some(chance, config.alerts.size(), 500);
    per_second += 1e9 / static_cast<double>(monitor.interval.count());
  }
  if (chance.permille(400))
    config.max_concurrent = chance.between(1, static_cast<int>(config.monitors.size()));
  // Our own blindness is the other simulation's.
  config.observer.late_after = hours{24 * 36500};
  plan.length = seconds{static_cast<std::int64_t>(checks / per_second)};
  plan.stops = chance.permille(300);
  plan.restarts = chance.permille(500);
  plan.reboots = plan.restarts && chance.permille(400);
  plan.config = std::make_shared<const Config>(std::move(config));
  return plan;
}

}  // namespace minitor::simulation
