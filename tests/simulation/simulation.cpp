#include "tests/simulation/simulation.hpp"

#include <algorithm>

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kEventsBetweenComparisons = 97;

}  // namespace

Simulation::Simulation(std::uint64_t seed, int checks)
    : chance_(seed),
      plan_(make_plan(chance_, checks)),
      weather_(*plan_.config, plan_.flaps, chance_),
      auditor_(plan_, start_),
      engine_(plan_.config, "s", MessageContext{}, moment()),
      outside_(start_ + minutes{1}) {}

Lived Simulation::live() {
  live_until(start_ + plan_.length);
  if (plan_.stops) {
    stop();
  } else {
    settle();
  }
  auditor_.compare(engine_.snapshot());
  const double years = std::chrono::duration<double, std::ratio<31557600>>(age()).count();
  return {years * static_cast<double>(plan_.config->monitors.size()), events_, auditor_.checks(),
          auditor_.missed(), auditor_.incidents().ends()};
}

void Simulation::tell(Event event) {
  ++events_;
  const std::vector<Effect> effects = engine_.handle(event, moment());
  // First the effects, as the daemon would: the auditor forgets the run that ended.
  auditor_.handled(event, effects, moment());
  for (const Effect& effect : effects) carry_out(effect);
  if (events_ % kEventsBetweenComparisons == 0) auditor_.compare(engine_.snapshot());
}

void Simulation::carry_out(const Effect& effect) {
  if (const auto* start = std::get_if<StartCommand>(&effect)) {
    const Auditor::Run& run = auditor_.run(start->run);
    const bool check = run.monitor >= 0;
    Fate fate = check ? weather_.of_check(MonitorId{static_cast<std::uint32_t>(run.monitor)}, now_)
                      : weather_.of_alert(AlertId{run.channel.second}, now_);
    Child child;
    child.order = ++order_;
    child.ends = now_ + fate.outcome.elapsed;
    child.outcome = std::move(fate.outcome);
    child.stubborn =
        chance_.permille(500) ? Duration::zero() : chance_.between(Duration::zero(), seconds{6});
    queue_.push({child.ends, child.order, start->run.value});
    children_[start->run.value] = std::move(child);
  } else if (const auto* end = std::get_if<EndCommand>(&effect)) {
    Child& child = children_.at(end->run.value);
    const Monotonic ends = now_ + child.stubborn;
    if (ends >= child.ends) return;  // by itself before that
    child.ends = ends;
    child.order = ++order_;
    child.outcome.ending = Stopped{};
    queue_.push({ends, child.order, end->run.value});
  } else if (const auto* wake = std::get_if<WakeAt>(&effect)) {
    wake_ = wake->when;
  }
}

bool Simulation::step(Monotonic limit) {
  while (!queue_.empty()) {
    const auto child = children_.find(queue_.top().run);
    if (child != children_.end() && child->second.order == queue_.top().order) break;
    queue_.pop();  // was ended early
  }
  const bool child_first = !queue_.empty() && (!wake_ || queue_.top().when <= *wake_);
  if (!child_first && !wake_) return false;
  const Monotonic when = child_first ? queue_.top().when : *wake_;
  if (when > limit) return false;
  now_ = when;
  if (!child_first) {
    // Timers are never early, but now and then late.
    if (chance_.permille(20)) {
      Monotonic late = now_ + chance_.between(milliseconds{1}, milliseconds{400});
      if (!queue_.empty()) late = std::min(late, queue_.top().when);
      now_ = std::min(std::max(now_, late), limit);
    }
    wake_.reset();
    tell(Tick{});
    return true;
  }
  const std::uint64_t run = queue_.top().run;
  queue_.pop();
  Child child = std::move(children_.at(run));
  children_.erase(run);
  tell(CommandFinished{RunId{run}, std::move(child.outcome)});
  return true;
}

void Simulation::something_from_outside() {
  switch (chance_.between(0, 9)) {
    case 0:
    case 1: jumped_ += chance_.between(Duration{-hours{48}}, Duration{hours{48}}); break;
    case 2: {
      TestAlerts test;
      for (std::uint32_t i = 0; i < plan_.config->alerts.size(); ++i) {
        if (chance_.permille(500)) test.alerts.push_back(AlertId{i});
      }
      tell(std::move(test));
      break;
    }
    default:
      tell(Tick{});  // harmless at any time
      break;
  }
}

void Simulation::live_until(Monotonic limit) {
  while (now_ < limit) {
    const Monotonic next = std::min(limit, outside_);
    if (step(next)) continue;
    now_ = next;
    if (now_ == outside_) {
      something_from_outside();
      outside_ = now_ + chance_.between(minutes{1}, hours{72});
    }
  }
}

void Simulation::stop() {
  tell(StopRequested{});
  const Monotonic grace = now_ + chance_.between(Duration::zero(), seconds{40});
  while (!auditor_.all_stopped() && step(grace)) {
  }
  if (!auditor_.all_stopped()) {
    now_ = std::max(now_, grace);
    if (chance_.permille(200)) tell(StopRequested{});
    tell(StopNow{});
    const Monotonic end = now_ + minutes{1};
    while (!auditor_.all_stopped() && step(end)) {
    }
  }
  require(auditor_.all_stopped() && auditor_.nothing_runs(), "the daemon comes to an end");
  tell(Tick{});
}

void Simulation::settle() {
  weather_.clear();
  const Monotonic limit = now_ + hours{48};
  while (engine_.snapshot().notices_waiting > 0 && step(limit)) {
  }
  require(engine_.snapshot().notices_waiting == 0,
          "nothing waits any more when all alerts work again");
}

}  // namespace minitor::simulation
