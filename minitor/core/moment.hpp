// Time as plain values. The core has no clock: every instant in it was handed in by the caller, so
// that a test or a simulation can live through a year in a second.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace minitor {

using Duration = std::chrono::nanoseconds;

// Wall-clock time, UTC. May jump in both directions; only ever shown, stored and compared with
// other wall times, never used to decide when something is due.
using Timestamp = std::chrono::sys_time<Duration>;

// A clock type without now(): the one place that reads the clock is the daemon.
struct MonotonicClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

// Time that never jumps (CLOCK_MONOTONIC). Schedules, timeouts and backoff are made of this.
using Monotonic = MonotonicClock::time_point;

// One instant, read from both clocks at once.
struct Moment {
  Monotonic monotonic{};
  Timestamp wall{};

  friend bool operator==(const Moment&, const Moment&) = default;
};

// The moment `by` later on both clocks.
[[nodiscard]] inline Moment later(const Moment& moment, Duration by) {
  return {moment.monotonic + by, moment.wall + by};
}

// Reads a duration as Go writes it: "1h30m", "1.5s", "250ms", "-5s", "0". Units: ns, us, µs, ms, s,
// m, h, and d for 24 hours. A bare number other than 0 has no unit and is refused here; whether it
// means seconds is for the caller to say. Empty when the text is not a duration or does not fit.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

// The shortest exact way to write a duration that parse_duration reads back: "1h30m", "1.5s",
// "250ms", "0s".
[[nodiscard]] std::string format_duration(Duration duration);

// A duration for a person: rounded to what matters, at most two units: "2 h 5 min", "41 s", "320
// ms".
[[nodiscard]] std::string human_duration(Duration duration);

}  // namespace minitor
