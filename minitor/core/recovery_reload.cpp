// The ladders through a reload: who stays on his, who leaves it, and what becomes of the locks.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "minitor/core/recovery.hpp"

namespace minitor {

using Phase = RepairState::Phase;

std::map<MonitorIndex, MonitorIndex> Repairs::reload(std::vector<Ladder> ladders,
                                                     const Numbers& numbers, Monotonic now,
                                                     RepairRequests& requests) {
  std::unordered_map<std::string, std::string> names;
  for (MonitorIndex i = 0; i < ladders_.size(); ++i) {
    const MonitorIndex number = numbers.number(i);
    if (number < ladders.size()) names[ladders_[i].name] = ladders[number].name;
  }
  // A monitor's own lock has its name.
  const auto key_now = [&](LockKey key) {
    const auto found = names.find(key.second);
    if (!key.first && found != names.end()) key.second = found->second;
    return key;
  };

  std::map<MonitorIndex, MonitorIndex> number_now;  // of all that hold or wait for something
  std::map<MonitorIndex, LockKey> retired;
  std::map<MonitorIndex, RepairState> states;
  std::vector<LockKey> free;
  for (auto& [index, lock] : retired_) {
    number_now[index] = numbers.number(index);
    retired[number_now[index]] = key_now(lock);
  }
  waiting_.clear();
  changed_.clear();
  for (auto& [index, state] : states_) {
    const MonitorIndex number = numbers.number(index);
    if (number < ladders.size()) changed_.insert(number);
    if (numbers.same(index)) {
      number_now[index] = number;
      if (state.phase == Phase::waiting) waiting_.emplace(state.until, number);
      states.emplace(number, std::move(state));
      continue;
    }
    if (state.running >= 0) {
      number_now[index] = numbers.retire();
      retired[number_now[index]] = key_now(lock_of(index, state.running));
    } else if (state.phase == Phase::waiting) {
      free.push_back(key_now(lock_of(index, state.step)));
    }
    if (state.phase == Phase::locked_out) {
      auto& queue =
          locks_.at(lock_of(index, state.running >= 0 ? state.running : state.step)).queue;
      queue.erase(std::remove(queue.begin(), queue.end(), index), queue.end());
    }
    const bool climbed = state.phase != Phase::idle && state.phase != Phase::exhausted;
    if (climbed && number < ladders.size()) requests.emplace_back(CheckNow{number});
  }

  std::map<LockKey, RepairLock> locks;
  for (auto& [key, lock] : locks_) {
    if (lock.holder) {
      const auto holder = number_now.find(*lock.holder);
      lock.holder = holder == number_now.end() ? std::nullopt : std::optional(holder->second);
    }
    for (MonitorIndex& waiter : lock.queue) waiter = number_now.at(waiter);
    if (key_now(key) != key) changed_locks_.merge(std::set<LockKey>{key, key_now(key)});
    locks.emplace(key_now(key), std::move(lock));
  }
  std::set<std::pair<Monotonic, LockKey>> orphans;
  for (const auto& [until, key] : orphans_) orphans.emplace(until, key_now(key));
  orphans_ = std::move(orphans);
  locks_ = std::move(locks);
  ladders_ = std::move(ladders);
  states_ = std::move(states);
  retired_ = std::move(retired);
  for (const LockKey& key : free) release(key, now, requests);

  // What nobody uses any more is forgotten, lest it grows with every reload.
  std::set<LockKey> used;
  for (MonitorIndex i = 0; i < ladders_.size(); ++i) {
    for (int step = 0; step < static_cast<int>(ladders_[i].steps.size()); ++step)
      used.insert(lock_of(i, step));
  }
  std::erase_if(locks_, [&](const auto& one) {
    const RepairLock& lock = one.second;
    const bool fresh = std::any_of(lock.runs.begin(), lock.runs.end(), [&](const auto& runs) {
      return !runs.second.empty() && now - runs.second.back() < kLockMemory;
    });
    const bool unused = !fresh && !lock.holder && lock.queue.empty() && !used.contains(one.first) &&
                        !orphaned(one.first);
    if (unused) changed_locks_.insert(one.first);
    return unused;
  });
  return number_now;
}

}  // namespace minitor
