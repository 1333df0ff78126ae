#include "checks/net/threshold.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace checks::net {

namespace {

struct Quantity {
  double number = 0;
  std::string_view unit;
};

std::optional<Quantity> split_quantity(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char* const end = text.data() + text.size();
  Quantity result;
  const auto parsed = std::from_chars(text.data(), end, result.number, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || !std::isfinite(result.number)) return std::nullopt;
  result.unit = std::string_view(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  return result;
}

std::optional<double> seconds_in(std::string_view unit) {
  static constexpr std::array<std::pair<std::string_view, double>, 8> units{{{"us", 1e-6},
                                                                             {"ms", 1e-3},
                                                                             {"s", 1},
                                                                             {"sec", 1},
                                                                             {"m", 60},
                                                                             {"min", 60},
                                                                             {"h", 3600},
                                                                             {"d", 86400}}};
  for (const auto& [name, factor] : units) {
    if (name == unit) return factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity || quantity->number < 0) return std::nullopt;
  double factor = 1;
  if (!quantity->unit.empty()) {
    const auto known = seconds_in(quantity->unit);
    if (!known) return std::nullopt;
    factor = *known;
  }
  const double micros = quantity->number * factor * 1e6;
  if (micros > 1e15) return std::nullopt;  // thirty years: a slip of the keyboard
  return std::chrono::microseconds(static_cast<std::int64_t>(std::llround(micros)));
}

std::optional<double> parse_quantity(std::string_view text) {
  const auto quantity = split_quantity(text);
  if (!quantity) return std::nullopt;
  if (quantity->unit.empty() || quantity->unit == "%") return quantity->number;
  const auto factor = seconds_in(quantity->unit);
  if (!factor) return std::nullopt;
  return quantity->number * *factor;
}

std::optional<Range> parse_range(std::string_view text) {
  Range range;
  if (!text.empty() && text.front() == '@') {
    range.inside = true;
    text.remove_prefix(1);
  }
  const auto colon = text.find(':');
  const std::string_view high = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (colon == std::string_view::npos && text.empty()) return std::nullopt;
  if (colon != std::string_view::npos) {
    const std::string_view low = text.substr(0, colon);
    if (low == "~") {
      range.low = -std::numeric_limits<double>::infinity();
    } else if (!low.empty()) {
      const auto value = parse_quantity(low);
      if (!value) return std::nullopt;
      range.low = *value;
    }
  }
  if (!high.empty()) {
    const auto value = parse_quantity(high);
    if (!value) return std::nullopt;
    range.high = *value;
  }
  if (range.low > range.high) return std::nullopt;
  if (range.inside) range.text += '@';
  if (std::isinf(range.low)) {
    range.text += "~:";
  } else if (range.low != 0 || std::isinf(range.high)) {
    range.text += number_text(range.low) + ":";
  }
  if (!std::isinf(range.high)) range.text += number_text(range.high);
  return range;
}

std::string describe(std::chrono::microseconds duration) {
  const auto us = static_cast<double>(duration.count());
  if (us < 1000) return fmt::format("{} us", duration.count());
  if (us < 9950) return fmt::format("{:.2f} ms", us / 1e3);
  if (us < 999500) return fmt::format("{:.1f} ms", us / 1e3);
  return fmt::format("{:.1f} s", us / 1e6);
}

std::string number_text(double value) {
  std::array<char, 64> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), done.ptr);
  if (text.find_first_of("en") == std::string::npos) return text;
  return fmt::format("{:.6f}", value);
}

}  // namespace checks::net
