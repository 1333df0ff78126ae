#include "minitor/core/wall_clock.hpp"

#include <algorithm>

namespace minitor {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::chrono::hours kAround{24};  // no place is so far from UTC

seconds offset(sys_seconds when, const TimeZone& zone) { return zone.at(when).from_utc; }

// The first second in (from, to] with another offset than `from` has.
sys_seconds jump_between(sys_seconds from, sys_seconds to, const TimeZone& zone) {
  const seconds before = offset(from, zone);
  while (to - from > seconds{1}) {
    const sys_seconds middle = from + (to - from) / 2;
    (offset(middle, zone) == before ? from : to) = middle;
  }
  return to;
}

// Takes so many digits, and the character after them unless that is '\0'.
bool take(std::string_view& text, std::size_t digits, std::string_view after, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  if (after.empty()) return true;
  if (text.empty() || after.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Shown instants(WallTime shown, const TimeZone& zone) {
  const sys_seconds as_utc{shown.time_since_epoch()};
  const seconds before = offset(as_utc - kAround, zone);
  const seconds after = offset(as_utc + kAround, zone);
  const sys_seconds one = as_utc - before;
  if (before == after) return {Shown::Times::once, one, one};
  const sys_seconds other = as_utc - after;
  const bool one_is = offset(one, zone) == before;
  const bool other_is = offset(other, zone) == after;
  if (one_is && other_is) return {Shown::Times::twice, std::min(one, other), std::max(one, other)};
  if (one_is) return {Shown::Times::once, one, one};
  if (other_is) return {Shown::Times::once, other, other};
  const sys_seconds jump = jump_between(as_utc - kAround, as_utc + kAround, zone);
  return {Shown::Times::never, jump, jump};
}

WallTime wall_time(Timestamp when, const TimeZone& zone) {
  const auto second = std::chrono::floor<seconds>(when);
  return WallTime{second.time_since_epoch() + zone.at(second).from_utc};
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take(text, 4, "-", year) || !take(text, 2, "-", month) || !take(text, 2, " T", day) ||
      !take(text, 2, ":", hour)) {
    return std::nullopt;
  }
  const bool with_seconds = text.size() > 2;
  if (!take(text, 2, with_seconds ? ":" : "", minute)) return std::nullopt;
  if (with_seconds && !take(text, 2, "", second)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // Instants are counted in nanoseconds, which end in 2262.
  if (!text.empty() || !date.ok() || year < 1970 || year > 2200 || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  return std::chrono::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         seconds{second};
}

}  // namespace minitor
