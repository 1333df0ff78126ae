// The POSIX form of a time zone ("CET-1CEST,M3.5.0,M10.5.0/3"), as it ends a TZif file: the rule
// for the time after the last transition that the file lists (RFC 8536, section 3.3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace minitor {

// No place on earth is further from UTC; also the limit of RFC 8536 for what readers must accept.
inline constexpr std::chrono::seconds kMaxZoneOffset = std::chrono::hours{26};

struct PosixZone {
  struct Half {
    std::string abbreviation;
    std::chrono::seconds from_utc{};
  };
  // The day of a change, and the local time on it.
  struct Change {
    enum class Day : unsigned char { julian_no_leap, zero_based, month_week_day };
    Day day = Day::zero_based;
    unsigned number = 0;  // Jn: 1..365; n: 0..365
    unsigned month = 1;   // Mm.w.d
    unsigned week = 1;    // 5: the last one
    unsigned weekday = 0;
    std::chrono::seconds time = std::chrono::hours{2};
  };

  Half standard;
  std::optional<Half> daylight;
  Change begin;  // of daylight time
  Change end;
};

// Empty when the text is not one.
[[nodiscard]] std::optional<PosixZone> parse_posix_zone(std::string_view text);

[[nodiscard]] bool is_daylight(const PosixZone& zone, std::chrono::sys_seconds when);

}  // namespace minitor
