#include "minitor/core/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace minitor {

using Phase = RepairState::Phase;

namespace {

constexpr Duration kHour = std::chrono::hours{1};

// Nothing but that a command runs.
RepairState still_running(const RepairState& state) {
  RepairState left;
  left.running = state.running;
  left.began = state.began;
  return left;
}

}  // namespace

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::idle: return "idle";
    case Phase::locked_out: return "locked out";
    case Phase::running: return "running";
    case Phase::waiting: return "waiting";
    case Phase::checking: return "checking";
    case Phase::exhausted: return "exhausted";
  }
  return "invalid";
}

Repairs::LockKey Repairs::lock_of(MonitorIndex monitor, int step) const {
  const Ladder& ladder = ladders_[monitor];
  const std::string& lock = ladder.steps[static_cast<std::size_t>(step)].lock;
  return {!lock.empty(), lock.empty() ? ladder.name : lock};
}

bool Repairs::under_way(MonitorIndex monitor) const {
  const RepairState* where = state(monitor);
  return where != nullptr && where->phase != Phase::idle && where->phase != Phase::exhausted;
}

const RepairState* Repairs::state(MonitorIndex monitor) const {
  const auto found = states_.find(monitor);
  return found == states_.end() ? nullptr : &found->second;
}

bool Repairs::can_try(MonitorIndex monitor) const {
  if (monitor >= ladders_.size() || ladders_[monitor].steps.empty()) return false;
  const RepairState* where = state(monitor);
  return where == nullptr || where->phase != Phase::exhausted;
}

Repairs::Answer Repairs::failed(MonitorIndex monitor, Monotonic started, Monotonic now,
                                RepairRequests& requests) {
  assert(!ladders_[monitor].steps.empty());
  RepairState& state = states_[monitor];
  changed_.insert(monitor);
  switch (state.phase) {
    case Phase::idle: {
      state = still_running(state);
      return climb(monitor, now, requests);
    }
    case Phase::checking:
      if (started < state.asked) return Answer::under_way;
      return climb(monitor, now, requests);
    case Phase::locked_out:
    case Phase::running:
    case Phase::waiting: return Answer::under_way;
    case Phase::exhausted: return Answer::exhausted;
  }
  return Answer::exhausted;
}

// Why the step at which the monitor stands is passed over; empty when it can be run.
std::string Repairs::why_not(MonitorIndex monitor, const RepairState& state, Monotonic now) {
  const RepairLimits& limits = ladders_[monitor].steps[static_cast<std::size_t>(state.step)];
  RepairLock& lock = locks_[lock_of(monitor, state.step)];
  const auto last = lock.last_first_attempts.find(state.step);
  if (state.attempt == 0 && last != lock.last_first_attempts.end() &&
      now - last->second < limits.cooldown) {
    return fmt::format("it ran {} ago (cooldown: {})", human_duration(now - last->second),
                       format_duration(limits.cooldown));
  }
  auto& runs = lock.runs[state.step];
  while (!runs.empty() && now - runs.front() >= kHour) runs.pop_front();
  if (static_cast<int>(runs.size()) >= limits.per_hour)
    return fmt::format("it ran {} times in the last hour (per_hour: {})", runs.size(),
                       limits.per_hour);
  return {};
}

Repairs::Answer Repairs::climb(MonitorIndex monitor, Monotonic now, RepairRequests& requests) {
  RepairState& state = states_.at(monitor);
  const auto& steps = ladders_[monitor].steps;
  if (state.running >= 0) {
    // Of the time before it was up; nothing else is begun beside it.
    locks_[lock_of(monitor, state.running)].queue.push_back(monitor);
    state.phase = Phase::locked_out;
    return Answer::under_way;
  }
  for (; state.step < static_cast<int>(steps.size()); ++state.step, state.attempt = 0) {
    const RepairLimits& limits = steps[static_cast<std::size_t>(state.step)];
    if (state.attempt >= limits.attempts) continue;
    RepairLock& lock = locks_[lock_of(monitor, state.step)];
    if (lock.holder || orphaned(lock_of(monitor, state.step))) {
      lock.queue.push_back(monitor);
      state.phase = Phase::locked_out;
      return Answer::under_way;
    }
    if (std::string why = why_not(monitor, state, now); !why.empty()) {
      state.tried.push_back(fmt::format("repair {} was passed over: {}", state.step + 1, why));
      requests.emplace_back(RepairPassedOver{monitor, state.step, std::move(why)});
      continue;
    }
    lock.holder = monitor;
    lock.runs[state.step].push_back(now);
    changed_locks_.insert(lock_of(monitor, state.step));
    if (state.attempt == 0) lock.last_first_attempts[state.step] = now;
    ++state.attempt;
    ++state.attempts;
    state.running = state.step;
    state.began = now;
    state.phase = Phase::running;
    requests.emplace_back(RunRepair{monitor, state.step, state.attempt});
    return Answer::under_way;
  }
  state.phase = Phase::exhausted;
  return Answer::exhausted;
}

void Repairs::finished(MonitorIndex monitor, std::string words, Monotonic now,
                       RepairRequests& requests) {
  if (const auto retired = retired_.extract(monitor); !retired.empty())
    return release(retired.mapped(), now, requests);
  RepairState& state = states_.at(monitor);
  assert(state.running >= 0);
  changed_.insert(monitor);
  const int step = std::exchange(state.running, -1);
  if (state.phase == Phase::running) {
    state.tried.push_back(std::move(words));
    state.phase = Phase::waiting;
    state.until = now + ladders_[monitor].steps[static_cast<std::size_t>(step)].wait;
    waiting_.emplace(state.until, monitor);
    return;
  }
  // It was up before its repair had ended.
  if (state.phase == Phase::idle) states_.erase(monitor);
  release(lock_of(monitor, step), now, requests);
}

std::string Repairs::recovered(MonitorIndex monitor, Monotonic now, RepairRequests& requests) {
  const auto found = states_.find(monitor);
  if (found == states_.end() || found->second.phase == Phase::idle) return {};
  const RepairState state = found->second;
  changed_.insert(monitor);
  if (state.running >= 0) {
    found->second = still_running(state);
  } else {
    states_.erase(found);
  }
  const auto key = [&] { return lock_of(monitor, state.step); };
  if (state.phase == Phase::waiting) {
    waiting_.erase({state.until, monitor});
    release(key(), now, requests);
  } else if (state.phase == Phase::locked_out) {
    auto& queue = locks_.at(state.running >= 0 ? lock_of(monitor, state.running) : key()).queue;
    queue.erase(std::remove(queue.begin(), queue.end(), monitor), queue.end());
  }
  if (state.attempts == 0 || state.phase == Phase::exhausted) return {};
  return state.phase == Phase::running
             ? fmt::format("while repair attempt {} was running", state.attempts)
             : fmt::format("recovered by attempt {}", state.attempts);
}

// Whoever waited for the lock looks first whether there is anything left to repair.
void Repairs::release(const LockKey& key, Monotonic now, RepairRequests& requests) {
  RepairLock& lock = locks_.at(key);
  lock.holder.reset();
  for (const MonitorIndex waiter : std::exchange(lock.queue, {})) {
    RepairState& state = states_.at(waiter);
    changed_.insert(waiter);
    state.phase = Phase::checking;
    state.asked = now;
    requests.emplace_back(CheckNow{waiter});
  }
}

void Repairs::tick(Monotonic now, RepairRequests& requests) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const MonitorIndex monitor = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    RepairState& state = states_.at(monitor);
    changed_.insert(monitor);
    state.phase = Phase::checking;
    state.asked = now;
    requests.emplace_back(CheckNow{monitor});
    release(lock_of(monitor, state.step), now, requests);
  }
  while (!orphans_.empty() && orphans_.begin()->first <= now) {
    const LockKey key = orphans_.begin()->second;
    orphans_.erase(orphans_.begin());
    if (!locks_[key].holder && !orphaned(key)) release(key, now, requests);
  }
}

std::optional<Monotonic> Repairs::next() const {
  std::optional<Monotonic> next;
  if (!waiting_.empty()) next = waiting_.begin()->first;
  if (!orphans_.empty() && (!next || orphans_.begin()->first < *next))
    next = orphans_.begin()->first;
  return next;
}

bool Repairs::orphaned(const LockKey& key) const {
  return std::any_of(orphans_.begin(), orphans_.end(),
                     [&](const auto& orphan) { return orphan.second == key; });
}

void Repairs::touch_all() {
  for (const auto& [key, lock] : locks_) changed_locks_.insert(key);
}

const RepairLock* Repairs::lock(const RepairLockKey& key) const {
  const auto found = locks_.find(key);
  return found == locks_.end() ? nullptr : &found->second;
}

void Repairs::restore(const RepairLockKey& key, RepairLock lock, Monotonic now) {
  RepairLock kept;
  Duration longest = Duration::zero();  // cooldown that asks for it
  for (const Ladder& ladder : ladders_) {
    for (const RepairLimits& limits : ladder.steps) longest = std::max(longest, limits.cooldown);
  }
  for (const auto& [step, when] : lock.last_first_attempts) {
    if (now - when < longest) kept.last_first_attempts[step] = when;
  }
  kept.runs = std::move(lock.runs);
  for (auto& [step, runs] : kept.runs) {
    while (!runs.empty() && now - runs.front() >= kHour) runs.pop_front();
  }
  std::erase_if(kept.runs, [](const auto& one) { return one.second.empty(); });
  changed_locks_.insert(key);
  if (!kept.runs.empty() || !kept.last_first_attempts.empty()) locks_[key] = std::move(kept);
}

bool Repairs::restore(MonitorIndex monitor, RepairState state, Monotonic gone, std::string words,
                      Monotonic now) {
  changed_.insert(monitor);
  const auto steps = static_cast<int>(ladders_[monitor].steps.size());
  const bool cut_off = state.phase == Phase::running;
  // Of another ladder: what is left of this one cannot be told.
  if (state.step < 0 || state.step > steps || state.running >= steps || steps == 0) return cut_off;
  const int ran = std::exchange(state.running, -1);
  if (ran >= 0) orphans_.emplace(gone, lock_of(monitor, ran));
  switch (state.phase) {
    case Phase::idle: return false;
    case Phase::exhausted: break;
    case Phase::running:
      if (ran != state.step) return cut_off;
      state.tried.push_back(std::move(words));
      state.until = gone + ladders_[monitor].steps[static_cast<std::size_t>(ran)].wait;
      [[fallthrough]];
    case Phase::waiting: {
      if (state.step == steps) return cut_off;
      RepairLock& lock = locks_[lock_of(monitor, state.step)];
      if (lock.holder) {
        // They did not share it before; this one only looks what became of its own.
        state.phase = Phase::checking;
        state.asked = now;
        break;
      }
      state.phase = Phase::waiting;
      lock.holder = monitor;
      break;
    }
    case Phase::locked_out:
    case Phase::checking:
      state.phase = Phase::checking;
      state.asked = now;
      break;
  }
  if (state.phase == Phase::waiting) waiting_.emplace(state.until, monitor);
  states_[monitor] = std::move(state);
  return cut_off;
}

}  // namespace minitor
