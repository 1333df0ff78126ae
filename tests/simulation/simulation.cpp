#include "tests/simulation/simulation.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "minitor/core/saved_json.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kEventsBetweenComparisons = 97;

// As it comes back from where it was kept: by way of text.
SavedState written_and_read(const SavedState& kept) {
  SavedState state;
  state.life = saved_life(saved_json(kept.life)).value();
  for (const SavedMonitor& one : kept.monitors)
    state.monitors.push_back(saved_monitor(saved_json(one)).value());
  for (const SavedIncident& one : kept.incidents)
    state.incidents.push_back(saved_incident(saved_json(one)).value());
  for (const SavedLock& one : kept.locks)
    state.locks.push_back(saved_lock(saved_json(one)).value());
  return state;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, int checks)
    : chance_(seed),
      plan_(make_plan(chance_, checks)),
      weather_(*plan_.config, plan_.flaps, chance_),
      auditor_(std::make_unique<Auditor>(plan_, start_)),
      engine_(std::make_unique<Engine>(plan_.config, "s1", MessageContext{}, moment(), SavedState{},
                                       "boot 1")),
      outside_(start_ + minutes{1}) {}

Lived Simulation::live() {
  live_until(start_ + plan_.length);
  if (plan_.stops) {
    stop();
  } else {
    settle();
  }
  auditor_->compare(engine_->snapshot());
  const double years = std::chrono::duration<double, std::ratio<31557600>>(age()).count();
  return {years * static_cast<double>(plan_.config->monitors.size()),
          events_,
          auditor_->checks(),
          auditor_->missed(),
          lives_ - 1,
          told_again_,
          auditor_->incidents().ends()};
}

void Simulation::tell(Event event) {
  ++events_;
  const std::vector<Effect> effects = engine_->handle(event, moment());
  // First the effects, as the daemon would: the auditor forgets the run that ended.
  auditor_->handled(event, effects, moment());
  for (const Effect& effect : effects) {
    if (const auto* save = std::get_if<SaveState>(&effect)) apply(said_, save->change);
  }
  const bool alerts = std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
    const auto* start = std::get_if<StartCommand>(&effect);
    return start != nullptr && start->purpose == RunPurpose::alert;
  });
  // No alert command starts before its intention is kept; to die between the two is allowed.
  if (crashing_ && alerts) {
    keep();
    crashed_ = chance_.permille(300);
  }
  if (crashed_) return;
  for (const Effect& effect : effects) carry_out(effect);
  if (events_ % kEventsBetweenComparisons == 0) auditor_->compare(engine_->snapshot());
}

void Simulation::carry_out(const Effect& effect) {
  if (const auto* start = std::get_if<StartCommand>(&effect)) {
    const Auditor::Run& run = auditor_->run(start->run);
    const bool check = run.monitor >= 0;
    Fate fate = check ? weather_.of_check(MonitorId{static_cast<std::uint32_t>(run.monitor)}, now_)
                      : weather_.of_alert(AlertId{run.channel.second}, now_);
    if (!check) {
      crash_soon_ = crash_soon_ || (plan_.restarts && chance_.permille(5));
      for (const auto& [name, value] : start->command->environment) {
        if (name == "MINITOR_NOTICE_ID") notice_of_[start->run.value] = value;
      }
    }
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
  told(RunId{run}, child.outcome);
  tell(CommandFinished{RunId{run}, std::move(child.outcome)});
  return true;
}

void Simulation::something_from_outside() {
  switch (chance_.between(0, 9)) {
    case 0:
    case 1:
      if (plan_.reboots) break;
      jumped_ += chance_.between(Duration{-hours{48}}, Duration{hours{48}});
      break;
    case 3:
      if (plan_.restarts) restart();
      break;
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
    if (step(next)) {
      if (std::exchange(crash_soon_, false)) restart();
      continue;
    }
    now_ = next;
    if (now_ == outside_) {
      something_from_outside();
      outside_ = now_ + chance_.between(minutes{1}, hours{72});
    }
  }
}

// An alert command that worked told its receiver, and no crash takes that back.
void Simulation::told(RunId run, const CommandOutcome& outcome) {
  const auto notice = notice_of_.find(run.value);
  if (notice == notice_of_.end()) return;
  const auto* exited = std::get_if<Exited>(&outcome.ending);
  if (exited != nullptr && exited->code == 0) {
    const int times = ++received_[{notice->second, auditor_->run(run).channel.second}];
    if (times > 1) ++told_again_;
    require(times <= 1 + static_cast<int>(lives_), "only a crash makes a notice come twice");
    require(times == 1 || plan_.restarts, "only a crash makes a notice come twice");
  }
  notice_of_.erase(notice);
}

void Simulation::keep() {
  kept_ = said_;
  books_ = std::make_unique<Auditor>(*auditor_);
}

void Simulation::restart() {
  if (chance_.permille(600)) {
    crash();
  } else {
    stop();
    keep();
  }
  come_back();
}

// Goes on for a little while in which nothing is kept but what must be, and is then gone.
void Simulation::crash() {
  keep();
  crashing_ = true;
  const Monotonic end = now_ + chance_.between(Duration::zero(), Duration{seconds{2}});
  while (!crashed_ && !chance_.permille(200) && step(end)) {
  }
  if (!crashed_ && chance_.permille(200)) keep();  // to the last word
  crashing_ = false;
  crashed_ = false;
}

void Simulation::come_back() {
  now_ += chance_.permille(300) ? chance_.between(Duration::zero(), Duration{hours{30}})
                                : chance_.between(Duration::zero(), Duration{minutes{1}});
  if (plan_.reboots && chance_.permille(500)) ++boots_;
  ++lives_;
  children_.clear();
  queue_ = {};
  notice_of_.clear();
  said_ = kept_;
  auditor_ = std::make_unique<Auditor>(*books_);
  auditor_->restarted(moment());
  engine_ =
      std::make_unique<Engine>(plan_.config, "s" + std::to_string(lives_), MessageContext{},
                               moment(), written_and_read(kept_), "boot " + std::to_string(boots_));
  wake_ = now_;
  outside_ = std::max(outside_, now_);
}

void Simulation::stop() {
  tell(StopRequested{});
  const Monotonic grace = now_ + chance_.between(Duration::zero(), seconds{40});
  while (!auditor_->all_stopped() && step(grace)) {
  }
  if (!auditor_->all_stopped()) {
    now_ = std::max(now_, grace);
    if (chance_.permille(200)) tell(StopRequested{});
    tell(StopNow{});
    const Monotonic end = now_ + minutes{1};
    while (!auditor_->all_stopped() && step(end)) {
    }
  }
  require(auditor_->all_stopped() && auditor_->nothing_runs(), "the daemon comes to an end");
  tell(Tick{});
}

void Simulation::settle() {
  weather_.clear();
  const Monotonic limit = now_ + hours{48};
  while (engine_->snapshot().notices_waiting > 0 && step(limit)) {
  }
  require(engine_->snapshot().notices_waiting == 0,
          "nothing waits any more when all alerts work again");
}

}  // namespace minitor::simulation
