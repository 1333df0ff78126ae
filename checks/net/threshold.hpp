// Durations, numbers and ranges as monitoring people write them (Nagios plugin guidelines: `10`,
// `10:`, `~:10`, `10:20`, `@10:20`). Pure.
#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace checks::net {

/// Alerts when a value is outside [low, high], or inside for `@`; both ends belong to the range.
struct Range {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  bool inside = false;
  std::string text;  // as written, for perfdata, in the metric's base unit

  [[nodiscard]] bool alerts(double value) const {
    const bool within = value >= low && value <= high;
    return inside ? within : !within;
  }
};

/// "250ms", "1.5s", "2m", "1h", "300us"; a bare number is seconds. Never negative.
[[nodiscard]] std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

/// A number with an optional unit: a duration (in seconds), "%" (as is) or a plain number.
[[nodiscard]] std::optional<double> parse_quantity(std::string_view text);

[[nodiscard]] std::optional<Range> parse_range(std::string_view text);

/// "31.2 ms", "1.50 s", "850 us".
[[nodiscard]] std::string describe(std::chrono::microseconds duration);

/// Shortest decimal text, C locale.
[[nodiscard]] std::string number_text(double value);

}  // namespace checks::net
