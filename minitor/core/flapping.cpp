#include "minitor/core/flapping.hpp"

#include <algorithm>

namespace minitor {

int share_of_changes(const FlappingState& state) {
  if (state.checks < kFlappingChecks) return 0;
  constexpr int kChanges = kFlappingChecks - 1;
  // From 0.8 for the oldest change to 1.2 for the newest, in steps of 2/95: in 95ths they are 76 to
  // 114, and all of them together 1900.
  constexpr int kOldest = 76;
  constexpr int kStep = 2;
  constexpr int kAll = 1900;
  int sum = 0;
  for (int age = 0; age < kChanges; ++age) {
    const bool changed = ((state.failed >> age & 1U) != (state.failed >> (age + 1) & 1U));
    if (changed) sum += kOldest + kStep * (kChanges - 1 - age);
  }
  return sum * 100 / kAll;
}

FlappingState with_check(FlappingState state, bool failed) {
  constexpr std::uint32_t kMask = (1U << kFlappingChecks) - 1;
  state.failed = (state.failed << 1U | (failed ? 1U : 0U)) & kMask;
  state.checks = std::min(state.checks + 1, kFlappingChecks);
  const int share = share_of_changes(state);
  state.flapping = state.flapping ? share >= kFlappingBelow : share >= kFlappingFrom;
  return state;
}

}  // namespace minitor
