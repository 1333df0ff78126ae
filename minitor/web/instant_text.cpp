// Instants as people and programs write them in a query.
#include <charconv>
#include <chrono>
#include <cstdint>

#include "minitor/web/api_table.hpp"

namespace minitor::api {
namespace {

// Takes exactly `digits` digits off the front; none when there are not so many.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+01:00", "-05:30"
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes{0};
  const bool east = take(text, '+');
  if (!east && !take(text, '-')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const std::chrono::minutes offset{*hour * 60 + *minute};
  return east ? offset : -offset;
}

// Up to nine digits behind a point.
Duration take_fraction(std::string_view& text) {
  Duration fraction{0};
  Duration unit{100'000'000};
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    fraction += unit * (text.front() - '0');
    unit /= 10;
    text.remove_prefix(1);
  }
  return fraction;
}

}  // namespace

std::optional<Timestamp> parse_instant(std::string_view text) {
  using namespace std::chrono;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc{} && end == text.data() + text.size()) {
    constexpr std::int64_t kLast = 253'402'300'799 / 30;  // what nanoseconds can hold is less
    if (count < 0 || count > kLast) return std::nullopt;
    return Timestamp{seconds{count}};
  }
  const auto y = take_number(text, 4);
  if (!y || *y < 1970 || *y > 2200 || !take(text, '-')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  Timestamp when{sys_days{date}};
  if (text.empty()) return when;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  when += hours{*hour} + minutes{*minute} + seconds{*second};
  if (take(text, '.')) when += take_fraction(text);
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return when - *offset;
}

}  // namespace minitor::api
