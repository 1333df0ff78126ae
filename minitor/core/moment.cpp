#include "minitor/core/moment.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>

namespace minitor {
namespace {

using Nanos =
    std::uint64_t;  // a magnitude; the sign is kept apart, so that the smallest duration fits

struct Unit {
  std::string_view text;
  Nanos size;
};

constexpr Nanos kMicro = 1'000;
constexpr Nanos kMilli = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kHour = 60 * kMinute;
constexpr Nanos kDay = 24 * kHour;
constexpr Nanos kLargest = std::numeric_limits<std::int64_t>::max();

// Longer texts first where one starts like another.
constexpr Unit kUnits[] = {{"ns", 1},      {"us", kMicro}, {"µs", kMicro},
                           {"μs", kMicro}, {"ms", kMilli}, {"s", kSecond},
                           {"m", kMinute}, {"h", kHour},   {"d", kDay}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "12.5m" from the front of `text`; takes what it read away.
std::optional<Nanos> take_part(std::string_view& text) {
  Nanos whole = 0;
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<Nanos>(text[at] - '0');
    if (whole > (kLargest - digit) / 10) return std::nullopt;
    whole = whole * 10 + digit;
  }
  std::size_t digits = at;
  std::string_view fraction;
  if (at < text.size() && text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    fraction = text.substr(start, at - start);
    digits += fraction.size();
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(at);
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.text)) continue;
    // A "1m" that is the start of "1ms" was caught above: "ms" stands before "m".
    text.remove_prefix(unit.text.size());
    if (whole > kLargest / unit.size) return std::nullopt;
    Nanos sum = whole * unit.size;
    Nanos place = unit.size;
    for (const char c : fraction) {
      place /= 10;
      const Nanos add = place * static_cast<Nanos>(c - '0');
      if (sum > kLargest - add) return std::nullopt;
      sum += add;
    }
    return sum;
  }
  return std::nullopt;
}

// 1500 in units of 1000 is "1.5".
std::string decimal(Nanos value, Nanos unit) {
  std::string text = std::to_string(value / unit);
  Nanos rest = value % unit;
  if (rest == 0) return text;
  text.push_back('.');
  for (Nanos place = unit / 10; rest != 0; place /= 10) {
    text.push_back(static_cast<char>('0' + rest / place));
    rest %= place;
  }
  return text;
}

Nanos magnitude(Duration duration) {
  const std::int64_t count = duration.count();
  return count < 0 ? Nanos{0} - static_cast<Nanos>(count) : static_cast<Nanos>(count);
}

Nanos rounded(Nanos value, Nanos unit) {
  return value / unit + (value % unit >= (unit + 1) / 2 ? 1 : 0);
}

std::string two_units(Nanos count, Nanos per, std::string_view large, std::string_view small) {
  if (count % per == 0) return fmt::format("{} {}", count / per, large);
  return fmt::format("{} {} {} {}", count / per, large, count % per, small);
}

std::string human_magnitude(Nanos value) {
  if (value == 0) return "0 s";
  if (value < kMilli) return "under 1 ms";
  if (const Nanos ms = rounded(value, kMilli); ms < 1000) return fmt::format("{} ms", ms);
  if (const Nanos tenths = rounded(value, kSecond / 10); tenths < 100) {
    return fmt::format("{} s", decimal(tenths, 10));
  }
  const Nanos seconds = rounded(value, kSecond);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return two_units(seconds, 60, "min", "s");
  if (const Nanos minutes = rounded(value, kMinute); minutes < 24 * 60) {
    return two_units(minutes, 60, "h", "min");
  }
  return two_units(rounded(value, kHour), 24, "d", "h");
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  Nanos sum = 0;
  while (!text.empty()) {
    const std::optional<Nanos> part = take_part(text);
    if (!part || *part > kLargest - sum) return std::nullopt;
    sum += *part;
  }
  const auto count = static_cast<std::int64_t>(sum);
  return Duration{negative ? -count : count};
}

std::string format_duration(Duration duration) {
  Nanos rest = magnitude(duration);
  if (rest == 0) return "0s";
  std::string text = duration.count() < 0 ? "-" : "";
  if (rest < kMicro) return text + fmt::format("{}ns", rest);
  if (rest < kMilli) return text + decimal(rest, kMicro) + "us";
  if (rest < kSecond) return text + decimal(rest, kMilli) + "ms";
  for (const Unit& unit : {Unit{"d", kDay}, Unit{"h", kHour}, Unit{"m", kMinute}}) {
    if (rest >= unit.size) text += fmt::format("{}{}", rest / unit.size, unit.text);
    rest %= unit.size;
  }
  if (rest != 0) text += decimal(rest, kSecond) + "s";
  return text;
}

std::string human_duration(Duration duration) {
  const std::string text = human_magnitude(magnitude(duration));
  return duration.count() < 0 ? "-" + text : text;
}

}  // namespace minitor
