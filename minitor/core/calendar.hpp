// Stretches of time that come again, in the time of a place: maintenance windows and hours of
// operation. They are evaluated when somebody asks, never written out beforehand, so that a zone
// whose rules change, a clock that is set and a daylight saving that begins need no further care.
// Nothing in here is state: after a restart the same question has the same answer.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "minitor/core/cron.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// A window may not be longer: what is always open is no window.
inline constexpr Duration kLongestWindow = std::chrono::hours{24 * 31};
// So many openings that overlap or touch are counted as one; then the next one is another.
inline constexpr int kMostJoinedOpenings = 1000;

struct Window {
  // Opens at each instant of `opens` for so long, in time that passes: two hours are two hours on
  // the night when the clocks are changed as well.
  struct Recurring {
    Cron opens;
    Duration length{};  // > 0
    friend bool operator==(const Recurring&, const Recurring&) = default;
  };
  struct Once {
    Timestamp from;
    Timestamp until;  // > from
    friend bool operator==(const Once&, const Once&) = default;
  };
  std::string name;
  std::string description;
  TimeZone zone;
  std::variant<Recurring, Once> when = Once{};
};

// [from, until)
struct Period {
  Timestamp from;
  Timestamp until;
  friend bool operator==(const Period&, const Period&) = default;
};

// The period in which `now` lies, if the window is open. Openings that overlap are one period, whose
// `from` is the opening of the one that was found first.
[[nodiscard]] std::optional<Period> open_at(const Window& window, Timestamp now);
// The first period that begins after `after`.
[[nodiscard]] std::optional<Period> next_period(const Window& window, Timestamp after);

}  // namespace minitor
