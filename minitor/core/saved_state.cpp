#include "minitor/core/saved_state.hpp"

#include <algorithm>

namespace minitor {
namespace {

template <typename T, typename Key>
void put(std::vector<T>& all, const T& one, Key key) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& other) { return other.*key == one.*key; });
  if (found == all.end()) {
    all.push_back(one);
  } else {
    *found = one;
  }
}

struct Apply {
  SavedState& state;

  void operator()(const SavedLife& life) const { state.life = life; }
  void operator()(const SavedMonitor& monitor) const {
    put(state.monitors, monitor, &SavedMonitor::name);
  }
  void operator()(const SavedIncident& incident) const {
    put(state.incidents, incident, &SavedIncident::id);
  }
  void operator()(const SavedLock& lock) const { put(state.locks, lock, &SavedLock::key); }
  void operator()(const ForgetLock& gone) const {
    std::erase_if(state.locks, [&](const SavedLock& one) { return one.key == gone.key; });
  }
  void operator()(const ForgetMonitor& gone) const {
    std::erase_if(state.monitors, [&](const SavedMonitor& one) { return one.name == gone.name; });
  }
  void operator()(const ForgetIncident& gone) const {
    std::erase_if(state.incidents, [&](const SavedIncident& one) { return one.id == gone.id; });
  }
};

}  // namespace

void apply(SavedState& state, const StateChange& change) { std::visit(Apply{state}, change); }

Monotonic SavedClock::mapped(const Moment& saved) const {
  if (same_boot_) return saved.monotonic;
  // A wall clock that is off by centuries must not overflow what is computed from it.
  constexpr Duration kMost = std::chrono::hours{24 * 365 * 100};
  constexpr Timestamp kEarliest{-kMost};
  constexpr Timestamp kLatest{kMost};
  const Timestamp wall = std::clamp(saved.wall, kEarliest, kLatest);
  const Timestamp now = std::clamp(now_.wall, kEarliest, kLatest);
  return now_.monotonic + (wall - now);
}

Moment SavedClock::past(const Moment& saved) const {
  return {std::min(mapped(saved), now_.monotonic), saved.wall};
}

Moment SavedClock::due(const Moment& saved, Duration most) const {
  return on_both_clocks(std::min(mapped(saved), now_.monotonic + most), now_);
}

}  // namespace minitor
