// Chance that is the same on every machine and with every library (splitmix64).
#pragma once

#include <cstdint>

#include "minitor/core/moment.hpp"

namespace minitor::simulation {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // From `low` to `high`, both included.
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  // True in so many of a thousand cases.
  bool permille(int cases) { return between(0, 999) < cases; }
  // Whole milliseconds, from `low` to `high`.
  Duration between(Duration low, Duration high) {
    using std::chrono::milliseconds;
    const auto span = std::chrono::duration_cast<milliseconds>(high - low).count();
    if (span <= 0) return low;
    return low +
           milliseconds{static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(span + 1))};
  }

 private:
  std::uint64_t state_;
};

}  // namespace minitor::simulation
