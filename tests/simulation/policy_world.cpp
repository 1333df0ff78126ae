#include "tests/simulation/policy_world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/saved_json.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string_view variable(const Command& command, std::string_view name) {
  for (const auto& [key, value] : command.environment) {
    if (key == name) return value;
  }
  return {};
}

// As it comes back from where it was kept: by way of text.
SavedState written_and_read(const SavedState& kept) {
  SavedState state;
  state.life = saved_life(saved_json(kept.life)).value();
  for (const SavedMonitor& one : kept.monitors)
    state.monitors.push_back(saved_monitor(saved_json(one)).value());
  for (const SavedIncident& one : kept.incidents)
    state.incidents.push_back(saved_incident(saved_json(one)).value());
  for (const SavedAlert& one : kept.alerts)
    state.alerts.push_back(saved_alert(saved_json(one)).value());
  for (const SavedLock& one : kept.locks)
    state.locks.push_back(saved_lock(saved_json(one)).value());
  for (const SavedBlindness& one : kept.blindnesses)
    state.blindnesses.push_back(saved_blindness(saved_json(one)).value());
  return state;
}

}  // namespace

PolicyWorld::PolicyWorld(std::uint64_t seed, Duration length, bool aloud)
    : chance_(seed), length_(length), aloud_(aloud) {
  make_config();
  restart();
}

// The daemon dies and comes back; what it said to be kept was kept.
void PolicyWorld::restart() {
  for (const auto& [when, child] : children_) {
    if (child.purpose == RunPurpose::alert) notices_.cut_off(child.told, now_);
  }
  notices_.restarted();
  // It could not end them: what repairs goes on without it.
  std::erase_if(children_,
                [](const auto& child) { return child.second.purpose != RunPurpose::repair; });
  // What is left of a ladder that is gone is not known after a crash.
  std::erase_if(children_, [&](const auto& child) {
    if (child.second.left) --locks_[child.second.lock];
    return child.second.left;
  });
  for (auto& [when, child] : children_) child.orphan = true;
  unseen_.clear();
  made_again_.clear();
  for (const auto& [run, one] : std::exchange(unjudged_, {})) {
    ++counts_.doubts_lost;
    const Monitor* const watched = monitor(one.monitor);
    if (watched == nullptr || watched->schedule || laid_over(one.monitor).paused()) continue;
    made_again_[one.monitor] = now_ + minutes{3};
  }
  restart_at_.reset();
  if (aloud_) say("restart");
  ++life_;
  lived_since_ = now_;
  engine_ = std::make_unique<Engine>(config_, fmt::format("s{}", life_), MessageContext{}, now(),
                                     written_and_read(kept_), "boot");
  wake_ = now_;
}

MonitorIndex PolicyWorld::number_of(const std::string& name) {
  return static_cast<MonitorIndex>(std::stoul(name.substr(1)));
}

const Monitor* PolicyWorld::monitor(MonitorIndex number) const {
  for (const Monitor& one : config_->monitors) {
    if (number_of(one.name) == number) return &one;
  }
  return nullptr;
}

bool PolicyWorld::in_a_window(const Monitor& monitor, Timestamp when) const {
  const auto open = [&](WindowId id) {
    // Not by open_at(): by walking from opening to opening.
    const Window& window = config_->windows[id.value];
    const auto& recurring = std::get<Window::Recurring>(window.when);
    const auto next = recurring.opens.next(when - recurring.length, window.zone);
    return next && *next <= when;
  };
  if (std::any_of(monitor.maintenance.begin(), monitor.maintenance.end(), open)) return true;
  return !monitor.only_in.empty() &&
         std::none_of(monitor.only_in.begin(), monitor.only_in.end(), open);
}

bool PolicyWorld::parents_up(const Monitor& monitor) const {
  return std::all_of(monitor.needs.begin(), monitor.needs.end(), [&](const AnyOf& any) {
    return std::any_of(any.parents.begin(), any.parents.end(), [&](MonitorIndex parent) {
      const auto found = status_.find(number_of(MonitorId{parent}));
      return found == status_.end() || found->second == Status::up ||
             found->second == Status::unknown;
    });
  });
}

bool PolicyWorld::needs_the_uplink(const Monitor& monitor) const {
  return monitor.scope != kLocalScope &&
         std::any_of(config_->monitors.begin(), config_->monitors.end(),
                     [](const Monitor& one) { return one.canary; });
}

bool PolicyWorld::uplink_is_gone() {
  if (weather_ != Weather::mixed) return false;
  while (uplink_.until <= now_) {
    uplink_.bad = uplink_.until != Monotonic{} && !uplink_.bad;
    uplink_since_ = std::max(uplink_.until, start_);
    uplink_.until = uplink_since_ +
                    (uplink_.bad ? chance_.between(Duration{minutes{1}}, Duration{hours{8}})
                                 : chance_.between(Duration{hours{6}}, Duration{hours{24 * 20}}));
  }
  return uplink_.bad;
}

bool PolicyWorld::target_fails(MonitorIndex number) {
  if (weather_ == Weather::good) return false;
  const Monitor& watched = *monitor(number);
  const bool cut_off = needs_the_uplink(watched) && uplink_is_gone();
  if (watched.canary || cut_off) return cut_off;
  Target& target = targets_[number];
  const Needs& needs = watched.needs;
  if (weather_ == Weather::bad) return needs.empty();
  while (target.until <= now_) {
    target.bad = !target.bad;
    target.flaky = chance_.permille(150) ? chance_.between(100, 600) : 0;
    const Duration least = std::max<Duration>(minutes{1}, now_ - target.until);
    target.until += least + (target.bad ? chance_.between(Duration{minutes{1}}, Duration{hours{12}})
                                        : chance_.between(Duration{hours{1}}, Duration{hours{72}}));
  }
  bool fails = target.bad || (storm_is_on() && !chance_.permille(50)) ||
               (target.flaky > 0 && chance_.permille(target.flaky));
  // What it needs is gone: so is it, nearly always.
  for (const AnyOf& any : needs) {
    const bool met = std::any_of(any.parents.begin(), any.parents.end(), [&](MonitorIndex parent) {
      return !targets_[number_of(MonitorId{parent})].bad;
    });
    if (!met && !chance_.permille(50)) fails = true;
  }
  return fails;
}

// What all fail by.
bool PolicyWorld::storm_is_on() {
  while (storm_.until <= now_) {
    storm_.bad = storm_.until != Monotonic{} && !storm_.bad;
    const Duration most = stormy_ ? hours{24} : hours{24 * 30};
    storm_.until = std::max(storm_.until, start_) +
                   (storm_.bad ? chance_.between(Duration{seconds{10}}, Duration{hours{2}})
                               : chance_.between(Duration{minutes{10}}, most));
  }
  return storm_.bad;
}

bool PolicyWorld::alert_fails(const std::string& alert) {
  if (weather_ != Weather::mixed) return false;
  Target& mood = alerts_[number_of(alert)];
  if (mood.until <= now_) {
    mood.bad = chance_.permille(150);
    mood.until = now_ + chance_.between(Duration{minutes{1}}, Duration{hours{mood.bad ? 6 : 20}});
  }
  return mood.bad || chance_.permille(10);
}

std::string PolicyWorld::start_repair(MonitorIndex number, int step) {
  const Monitor& repaired = *monitor(number);
  const RepairLimits& limits = repaired.repairs[static_cast<std::size_t>(step)].limits;
  std::string lock = limits.lock.empty() ? fmt::format("of m{}", number) : limits.lock;
  require(!laid_over(number).paused(), "nothing is repaired in a pause");
  require(locks_[lock]++ == 0, "a repair never runs twice at once");
  auto& runs = repairs_[fmt::format("{}/{}", lock, step)];
  runs.push_back(now_);
  const auto within = std::count_if(runs.begin(), runs.end(),
                                    [&](Monotonic when) { return now_ - when < hours{1}; });
  require(within <= limits.per_hour, "no more repairs an hour than allowed");
  require(!in_a_window(repaired, now().wall), "nothing is repaired in a window");
  ++counts_.repairs;
  // To die just then is what proves that nothing is forgotten.
  if (weather_ == Weather::mixed && chance_.permille(15))
    restart_at_ = now_ + chance_.between(Duration{}, Duration{seconds{15}});
  return lock;
}

void PolicyWorld::start(const StartCommand& start) {
  Child child;
  child.run = start.run;
  child.purpose = start.purpose;
  child.begun = now_;
  child.outcome.ending = Exited{0};
  Duration takes = chance_.between(Duration{std::chrono::milliseconds{1}}, Duration{seconds{5}});
  bool fails = false;
  switch (start.purpose) {
    case RunPurpose::check:
      for (const Monitor& one : config_->monitors) {
        if (&one.command == start.command.get()) child.monitor = number_of(one.name);
      }
      fails = target_fails(child.monitor);
      child.cut_off = fails && needs_the_uplink(*monitor(child.monitor)) && uplink_is_gone();
      made_again_.erase(child.monitor);
      ++counts_.checks;
      break;
    case RunPurpose::alert:
      child.told = notices_.begins(start, *config_, now_);
      if (aloud_)
        say(fmt::format("{} is run for {}", child.told.alert, fmt::join(child.told.notices, " ")));
      fails = alert_fails(child.told.alert);
      if (chance_.permille(20)) takes = chance_.between(takes, Duration{seconds{40}});
      break;
    case RunPurpose::repair:
      child.monitor = number_of(std::string(variable(*start.command, "MINITOR_MONITOR")));
      child.lock = start_repair(
          child.monitor, std::stoi(std::string(variable(*start.command, "MINITOR_REPAIR"))) - 1);
      fails = chance_.permille(300);
      takes = chance_.permille(200) ? chance_.between(Duration{seconds{20}}, Duration{seconds{55}})
                                    : takes * 4;
      break;
    case RunPurpose::gate:
      ++counts_.gates;
      fails = weather_ == Weather::mixed && chance_.permille(500);
      break;
    case RunPurpose::test: require(false, "no test that nobody asked for"); break;
  }
  check_start(start, child.monitor);
  if (fails) child.outcome.ending = Exited{1};
  if (fails && gives_up_ && start.purpose == RunPurpose::alert && chance_.permille(50))
    child.outcome.ending = Exited{78};  // not to be tried again
  if (fails && start.purpose == RunPurpose::check &&
      monitor(child.monitor)->exit_codes == ExitCodes::nagios) {
    const bool warns = weather_ == Weather::mixed && !uplink_is_gone() && chance_.permille(300);
    if (warns) ++counts_.warnings;
    child.outcome.ending = Exited{warns ? 1 : 2};
  }
  child.outcome.elapsed = takes;
  children_.emplace(now_ + takes, std::move(child));
}

void PolicyWorld::tell(Event event) {
  for (const Effect& effect : engine_->handle(std::move(event), now())) {
    if (const auto* begin = std::get_if<StartCommand>(&effect)) start(*begin);
    if (const auto* wake = std::get_if<WakeAt>(&effect)) wake_ = wake->when;
    if (const auto* save = std::get_if<SaveState>(&effect)) apply(kept_, save->change);
    if (const auto* notice = std::get_if<RecordNotice>(&effect)) on(*notice);
    if (const auto* forgotten = std::get_if<RecordForgotten>(&effect)) notices_.on(*forgotten);
    if (const auto* transition = std::get_if<RecordTransition>(&effect)) on(*transition);
    if (const auto* overlay = std::get_if<RecordOverlay>(&effect)) on(*overlay);
    if (const auto* end = std::get_if<EndCommand>(&effect)) cut_short(end->run);
    if (const auto* check = std::get_if<RecordCheck>(&effect)) {
      const MonitorIndex number = number_of(check->monitor);
      // One check that is ok does not end an outage where recover_after asks for more.
      if (!laid_over(number).paused() && check->counted == Verdict::failure)
        was_paused_.erase(number);
    }
    if (const auto* repair = std::get_if<RecordRepair>(&effect)) {
      if (repair->attempt == 0) ++counts_.passed_over;
    }
    if (const auto* check = std::get_if<RecordCheck>(&effect)) on(*check);
    if (const auto* blind = std::get_if<RecordBlind>(&effect)) on(*blind);
    if (const auto* closed = std::get_if<RecordClosed>(&effect)) {
      require(to_close_.erase(number_of(closed->monitor)) == 1, "what is gone is closed once");
      ++counts_.closed;
    }
    if (const auto* held = std::get_if<RecordHeld>(&effect)) {
      require(!held->reason.empty(), "what is held has a reason");
      ++counts_.held;
    }
  }
}

void PolicyWorld::finished(Child child) {
  const bool ok = judge(child.outcome.ending) == Verdict::ok;
  if (child.purpose == RunPurpose::alert) {
    notices_.ends(child.told, ok, now_);
    tell(CommandFinished{child.run, std::move(child.outcome)});
    return notices_.ended(child.told, ok);
  }
  if (child.purpose == RunPurpose::check && monitor(child.monitor) != nullptr)
    unjudged_[child.run.value] = {child.monitor, child.begun, now_, child.cut_off, false};
  tell(CommandFinished{child.run, std::move(child.outcome)});
  const auto waits = unjudged_.find(child.run.value);
  if (waits == unjudged_.end()) return;
  // To die, or to be another one, just then is what proves that it is not forgotten.
  waits->second.waits = true;
  ++counts_.doubts;
  const Duration soon = chance_.between(Duration{}, Duration{seconds{15}});
  if (weather_ != Weather::mixed) return;
  if (chance_.permille(50)) {
    restart_at_ = now_ + soon;
  } else if (chance_.permille(150)) {
    reload_at_ = now_ + soon;
  }
}

bool PolicyWorld::step(Monotonic limit) {
  const bool child_first = !children_.empty() && (!wake_ || children_.begin()->first <= *wake_);
  if (!child_first && !wake_) return false;
  const Monotonic when = child_first ? children_.begin()->first : *wake_;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (!child_first) {
    wake_.reset();
    tell(Tick{});
    if (chance_.permille(100)) nothing_is_late();
    if (weather_ == Weather::mixed && chance_.permille(15)) meddle();
    return true;
  }
  Child child = std::move(children_.begin()->second);
  children_.erase(children_.begin());
  if (child.purpose == RunPurpose::repair) {
    --locks_[child.lock];
    if (chance_.permille(400)) {
      targets_[child.monitor].bad = false;
      targets_[child.monitor].until =
          now_ + chance_.between(Duration{hours{1}}, Duration{hours{48}});
    }
  }
  if (!child.orphan) finished(std::move(child));
  return true;
}

// The machine, or minitor alone, is not run for a while.
void PolicyWorld::sleep() {
  const Duration by = chance_.between(Duration{seconds{1}}, Duration{hours{10}});
  ++counts_.sleeps;
  if (chance_.permille(500)) {
    now_ += by;
    unseen_.clear();
    return;
  }
  asleep_ += by;
  unseen_.clear();
  tell(Resumed{by});
}

void PolicyWorld::say(const std::string& what) const {
  fmt::print("{} {}\n", format_duration(age()), what);
}

void PolicyWorld::until(Monotonic limit) {
  const auto end = [&] {
    return std::min({limit, restart_at_.value_or(limit), reload_at_.value_or(limit)});
  };
  while (step(end())) {
  }
  now_ = std::max(now_, end());
}

void PolicyWorld::live(PolicyCounts& counts) {
  const Monotonic end = now_ + length_;
  const bool sleeps = chance_.permille(300);
  Monotonic next_restart = now_ + chance_.between(Duration{hours{24}}, Duration{hours{24 * 40}});
  reload_at_ = now_ + chance_.between(Duration{minutes{1}}, Duration{hours{24 * 4}});
  while (now_ < end) {
    const Monotonic pause = now_ + hours{1};
    until(std::min({end, next_restart, pause}));
    if (now_ >= *reload_at_) {
      reload();
      const bool again = chance_.permille(300);
      reload_at_ = now_ + (again ? chance_.between(Duration{seconds{0}}, Duration{seconds{30}})
                                 : chance_.between(Duration{minutes{1}}, Duration{hours{24 * 4}}));
    }
    if (restart_at_ && now_ >= *restart_at_) come_back();
    if (now_ >= next_restart) {
      if (sleeps && chance_.permille(600)) {
        sleep();
      } else {
        come_back();
      }
      next_restart =
          now_ + (restless_ ? chance_.between(Duration{minutes{2}}, Duration{hours{4}})
                            : chance_.between(Duration{hours{1}}, Duration{hours{24 * 40}}));
    }
  }
  restart_at_.reset();
  reload_at_.reset();
  end_badly();
  end_well();
  counts_.monitor_years = std::chrono::duration<double>(now_ - start_).count() / (365.25 * 86400) *
                          static_cast<double>(status_.size());
  counts.add(counts_);
}

}  // namespace minitor::simulation
