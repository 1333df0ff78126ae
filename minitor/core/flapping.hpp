// Whether a monitor changes its mind too often to be told of each time. The arithmetic is Nagios':
// of the last 21 checks, the 20 changes from one to the next count, the newest half as much again as
// the oldest, as a share of what would be if every one of them were a change. It flaps from 50 % on,
// and no more below 25 %, so that it does not flap in flapping.
#pragma once

#include <cstdint>

namespace minitor {

inline constexpr int kFlappingChecks = 21;
inline constexpr int kFlappingFrom = 50;   // per cent
inline constexpr int kFlappingBelow = 25;  // per cent

// What is remembered of a monitor; must survive a restart: all of it.
struct FlappingState {
  std::uint32_t failed = 0;  // bit 0: the last check failed, bit 1: the one before, …
  int checks = 0;            // of which something is known, at most kFlappingChecks
  bool flapping = false;
  friend bool operator==(const FlappingState&, const FlappingState&) = default;
};

// The share of changes, in per cent from 0 to 100; 0 until kFlappingChecks checks are known.
[[nodiscard]] int share_of_changes(const FlappingState& state);

// After one more check that could tell.
[[nodiscard]] FlappingState with_check(FlappingState state, bool failed);

}  // namespace minitor
