#include "tests/scripts/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace minitor::scripts {
namespace {

// 2026-11-21 00:00:00 UTC, a Saturday; as good as any.
constexpr Monotonic kStart{std::chrono::seconds{1795219200}};
constexpr Duration kPatience = std::chrono::hours{24 * 400};
constexpr Duration kSettling = std::chrono::hours{48};

Ending ending_of(const Fate& fate, const Command& command) {
  switch (fate.kind) {
    case Fate::Kind::exits: return Exited{fate.code};
    case Fate::Kind::hangs: return TimedOut{command.timeout, false};
    case Fate::Kind::crashes: return Killed{SIGSEGV, true};
    case Fate::Kind::missing: return NotStarted{StartStage::spawn, ENOENT};
    case Fate::Kind::no_descriptors: return NotStarted{StartStage::pipe, EMFILE};
  }
  return Stopped{};
}

Duration length_of(const Fate& fate, const Command& command, Duration takes) {
  switch (fate.kind) {
    case Fate::Kind::exits:
    case Fate::Kind::crashes: return std::min(takes, command.timeout);
    case Fate::Kind::hangs: return command.timeout;
    case Fate::Kind::missing:
    case Fate::Kind::no_descriptors: return Duration::zero();
  }
  return Duration::zero();
}

}  // namespace

Fate Manner::take() {
  if (next.empty()) return usual;
  const Fate fate = next.front();
  next.pop_front();
  return fate;
}

World::World(Config config, Observer observer)
    : start_(kStart), now_(kStart), observer_(std::move(observer)) {
  live(std::move(config));
}

void World::live(Config config) {
  ended_.clear();
  children_.clear();
  wake_ = now_;  // the daemon's first Tick
  ++life_;
  engine_ = std::make_unique<Engine>(std::make_shared<const Config>(std::move(config)),
                                     life_ == 1 ? "t" : fmt::format("t{}", life_), MessageContext{},
                                     now(), kept_, boot());
  said_ = kept_;
}

std::string World::boot() const { return fmt::format("boot {}", boot_); }

void World::restart(End end, Boot boot, Duration away, Config config) {
  if (end == End::stop) {
    tell(StopRequested{});
    advance(std::chrono::seconds{10});
    tell(StopNow{});
    advance(std::chrono::minutes{1});
    kept_ = said_;
  }
  now_ += away;
  if (boot == Boot::another) ++boot_;
  live(std::move(config));
}

std::optional<MonitorId> World::monitor(std::string_view name) const {
  const auto& all = config().monitors;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return MonitorId{i};
  }
  return std::nullopt;
}

std::optional<AlertId> World::alert(std::string_view name) const {
  const auto& all = config().alerts;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return AlertId{i};
  }
  return std::nullopt;
}

std::string World::runs_for(const StartCommand& start) const {
  if (start.purpose == RunPurpose::check || start.purpose == RunPurpose::test) {
    for (const Monitor& monitor : config().monitors) {
      if (&monitor.command == start.command.get()) return monitor.name;
    }
  }
  if (start.purpose == RunPurpose::gate) {
    for (const Monitor& monitor : config().monitors) {
      if (monitor.only_when && &*monitor.only_when == start.command.get()) return monitor.name;
    }
  }
  const std::string_view named =
      start.purpose == RunPurpose::repair ? "MINITOR_MONITOR" : "MINITOR_ALERT";
  for (const auto& [name, value] : start.command->environment) {
    if (name == named) return value;
  }
  return "nobody";
}

void World::tell(Event event) {
  kept_ = said_;
  for (const Effect& effect : engine_->handle(std::move(event), now())) carry_out(effect);
}

void World::carry_out(const Effect& effect) {
  observer_(effect);
  if (const auto* save = std::get_if<SaveState>(&effect)) apply(said_, save->change);
  if (const auto* begin = std::get_if<StartCommand>(&effect)) {
    // No alert runs before its intention is kept, and no repair before it is kept that it ran.
    if (begin->purpose == RunPurpose::alert || begin->purpose == RunPurpose::repair) kept_ = said_;
    start(*begin);
  }
  if (const auto* stop = std::get_if<EndCommand>(&effect)) end(*stop);
  if (const auto* wake = std::get_if<WakeAt>(&effect)) wake_ = wake->when;
}

void World::start(const StartCommand& begin) {
  Child child;
  child.run = begin.run;
  const std::string name = runs_for(begin);
  if (begin.purpose == RunPurpose::check) child.monitor = name;
  const auto manner_for = [&]() -> Manner& {
    switch (begin.purpose) {
      case RunPurpose::check: return manner(*monitor(name));
      case RunPurpose::repair: return manner_of("repair " + name);
      case RunPurpose::gate: return manner_of("gate " + name);
      case RunPurpose::test: return manner(*monitor(name));
      case RunPurpose::alert: break;
    }
    return manner(alert(name).value());
  };
  Manner& how = manner_for();
  Duration takes = how.takes;
  if (how.jitter > Duration::zero()) {
    chance_ = chance_ * 6364136223846793005ULL + 1442695040888963407ULL;
    takes += Duration{static_cast<Duration::rep>(chance_ >> 2) % how.jitter.count()};
  }
  const Fate fate = how.take();
  child.stubborn = how.stubborn;
  if (fate.mends) child.mends = name;
  child.outcome.ending = ending_of(fate, *begin.command);
  child.outcome.output = how.output;
  child.outcome.output_total = how.output.size();
  child.outcome.elapsed = length_of(fate, *begin.command, takes);
  const Monotonic ends = now_ + child.outcome.elapsed;
  children_.emplace(Key{ends, ++order_}, std::move(child));
}

void World::end(const EndCommand& stop) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [&](const auto& child) { return child.second.run == stop.run; });
  if (found == children_.end()) return;
  const Monotonic ends = now_ + found->second.stubborn;
  if (ends >= found->first.first) return;  // it ends by itself before that
  auto node = children_.extract(found);
  node.key() = Key{ends, ++order_};
  node.mapped().outcome.ending = Stopped{};
  children_.insert(std::move(node));
}

bool World::step(Monotonic limit) {
  const bool child_first =
      !children_.empty() && (!wake_ || children_.begin()->first.first <= *wake_);
  if (!child_first && !wake_) return false;
  const Monotonic when = child_first ? children_.begin()->first.first : *wake_;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (!child_first) {
    wake_.reset();
    tell(Tick{});
    return true;
  }
  Child child = std::move(children_.begin()->second);
  children_.erase(children_.begin());
  if (!child.monitor.empty()) ++ended_[child.monitor];
  if (!child.mends.empty()) manners_[child.mends].usual = Fate{};
  tell(CommandFinished{child.run, std::move(child.outcome)});
  return true;
}

void World::advance(Duration by) {
  const Monotonic until = now_ + by;
  while (step(until)) {
  }
  now_ = until;
}

void World::reload(Config config) {
  tell(Reload{std::make_shared<const Config>(std::move(config))});
}

bool World::run_checks(MonitorId monitor, int count) {
  const std::string name = config().monitors[monitor.value].name;
  const int wanted = ended_[name] + count;
  const Monotonic limit = now_ + kPatience;
  while (ended_[name] < wanted) {
    if (!step(limit)) return false;
  }
  advance(Duration::zero());
  return true;
}

bool World::settle() {
  const Monotonic limit = now_ + kSettling;
  while (engine_->snapshot().notices_waiting > 0) {
    if (!step(limit)) return false;
  }
  return true;
}

}  // namespace minitor::scripts
