// What the clocks of a place show, and the instants at which they show it: one as a rule, none where
// they are put forward over it, two where they are put back over it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "minitor/core/moment.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// A date and a time of day as a clock shows them, to the second.
using WallTime = std::chrono::local_seconds;

struct Shown {
  enum class Times : std::uint8_t { once, never, twice };
  Times times = Times::once;
  Timestamp first;   // never: the instant at which the clocks jump over it
  Timestamp second;  // twice: the later one; otherwise the same as `first`
};

// Right for zones whose clocks are not changed twice within two days, which none does.
[[nodiscard]] Shown instants(WallTime shown, const TimeZone& zone);

[[nodiscard]] WallTime wall_time(Timestamp when, const TimeZone& zone);

// "2026-12-01 22:00", with "T" instead of the space or with seconds if you like. Empty when it is
// not a date that there is and a time of day.
[[nodiscard]] std::optional<WallTime> parse_wall_time(std::string_view text);

}  // namespace minitor
