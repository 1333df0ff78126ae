#include "minitor/daemon/clock.hpp"

#include <ctime>

namespace minitor {

Moment now() {
  return {Monotonic{std::chrono::steady_clock::now().time_since_epoch()},
          std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
}

Duration suspended() {
  const auto read = [](clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) != 0) return Duration::zero();
    return Duration{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
  };
  // In this order the difference is never too long.
  const Duration all = read(CLOCK_BOOTTIME);
  return all - read(CLOCK_MONOTONIC);
}

}  // namespace minitor
