// The format_ functions of time_zone.hpp: instants as text.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "minitor/core/local_time.hpp"

namespace minitor {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kWeekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
constexpr std::size_t kShortName = 3;

enum class Colon { no, yes };
enum class Parts { hour, minute, second };

// "+01:00", "-0330", "+00".
std::string offset_text(seconds from_utc, Parts parts, Colon colon) {
  const long total = static_cast<long>(from_utc.count());
  const long size = total < 0 ? -total : total;
  std::string text = fmt::format("{}{:02}", total < 0 ? '-' : '+', size / 3600);
  const std::string_view between = colon == Colon::yes ? ":" : "";
  if (parts != Parts::hour) text += fmt::format("{}{:02}", between, size / 60 % 60);
  if (parts == Parts::second) text += fmt::format("{}{:02}", between, size % 60);
  return text;
}

// ".123" to `digits` places; with `trim`, without its trailing zeros and empty for zero.
std::string fraction_text(long nanosecond, char point, std::size_t digits, bool trim) {
  constexpr std::size_t kNanoDigits = 9;
  std::string text = fmt::format("{:09}", nanosecond);
  text.resize(std::min(digits, kNanoDigits));
  text.append(digits - text.size(), '0');
  if (trim) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.empty()) return text;
  }
  return point + text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// One element of a layout: how many bytes of it were read and what stands for them; none read: the
// layout does not start with one.
struct Element {
  std::size_t length = 0;
  std::string text;
};

Element zone_element(std::string_view layout, const LocalTime& local) {
  struct Form {
    std::string_view layout;  // without its first character
    Parts parts;
    Colon colon;
  };
  // The longest first.
  static constexpr Form kForms[] = {{"07:00:00", Parts::second, Colon::yes},
                                    {"070000", Parts::second, Colon::no},
                                    {"07:00", Parts::minute, Colon::yes},
                                    {"0700", Parts::minute, Colon::no},
                                    {"07", Parts::hour, Colon::no}};
  for (const Form& form : kForms) {
    if (!layout.substr(1).starts_with(form.layout)) continue;
    const bool zulu = layout.front() == 'Z' && local.offset.from_utc == seconds{0};
    return {1 + form.layout.size(),
            zulu ? "Z" : offset_text(local.offset.from_utc, form.parts, form.colon)};
  }
  return {};
}

Element name_element(std::string_view layout, std::string_view full, std::string_view name) {
  if (layout.starts_with(full)) return {full.size(), std::string(name)};
  const bool is_short = layout.starts_with(full.substr(0, kShortName)) &&
                        (layout.size() == kShortName || !is_lower(layout[kShortName]));
  if (is_short) return {kShortName, std::string(name.substr(0, kShortName))};
  return {};
}

Element fraction_element(std::string_view layout, const LocalTime& local) {
  if (layout.size() < 2 || (layout[1] != '0' && layout[1] != '9')) return {};
  std::size_t end = 1;
  while (end < layout.size() && layout[end] == layout[1]) ++end;
  if (end < layout.size() && is_digit(layout[end])) return {};
  return {end, fraction_text(local.nanosecond, layout[0], end - 1, layout[1] == '9')};
}

long twelve_hours(const LocalTime& local) { return (local.hour + 11) % 12 + 1; }

Element number_element(std::string_view layout, const LocalTime& local) {
  if (layout.starts_with("2006")) return {4, fmt::format("{:04}", local.year)};
  if (layout.starts_with("002")) return {3, fmt::format("{:03}", local.year_day)};
  if (layout.starts_with("15")) return {2, fmt::format("{:02}", local.hour)};
  if (layout.front() == '0' && layout.size() > 1) {
    switch (layout[1]) {
      case '1': return {2, fmt::format("{:02}", local.month)};
      case '2': return {2, fmt::format("{:02}", local.day)};
      case '3': return {2, fmt::format("{:02}", twelve_hours(local))};
      case '4': return {2, fmt::format("{:02}", local.minute)};
      case '5': return {2, fmt::format("{:02}", local.second)};
      case '6': return {2, fmt::format("{:02}", local.year % 100)};
      default: return {};
    }
  }
  switch (layout.front()) {
    case '1': return {1, std::to_string(local.month)};
    case '2': return {1, std::to_string(local.day)};
    case '3': return {1, std::to_string(twelve_hours(local))};
    case '4': return {1, std::to_string(local.minute)};
    case '5': return {1, std::to_string(local.second)};
    default: return {};
  }
}

Element next_element(std::string_view layout, const LocalTime& local) {
  switch (layout.front()) {
    case 'J': return name_element(layout, "January", kMonths[local.month - 1]);
    case 'M':
      if (layout.starts_with("MST")) {
        const std::string& known = local.offset.abbreviation;
        return {3, known.empty() ? offset_text(local.offset.from_utc, Parts::minute, Colon::no)
                                 : known};
      }
      return name_element(layout, "Monday", kWeekdays[local.weekday]);
    case '_':
      if (layout.starts_with("_2006")) return {5, fmt::format("_{:04}", local.year)};
      if (layout.starts_with("__2")) return {3, fmt::format("{:3}", local.year_day)};
      if (layout.starts_with("_2")) return {2, fmt::format("{:2}", local.day)};
      return {};
    case 'P':
      if (layout.starts_with("PM")) return {2, local.hour >= 12 ? "PM" : "AM"};
      return {};
    case 'p':
      if (layout.starts_with("pm")) return {2, local.hour >= 12 ? "pm" : "am"};
      return {};
    case '-':
    case 'Z': return zone_element(layout, local);
    case '.':
    case ',': return fraction_element(layout, local);
    default: return is_digit(layout.front()) ? number_element(layout, local) : Element{};
  }
}

}  // namespace

WholeSeconds whole_seconds(Timestamp when) {
  constexpr std::int64_t kNanos = 1'000'000'000;
  const std::int64_t count = when.time_since_epoch().count();
  const std::int64_t rest = (count % kNanos + kNanos) % kNanos;
  const std::int64_t whole = count / kNanos - (count % kNanos < 0 ? 1 : 0);
  return {std::chrono::sys_seconds{seconds{whole}}, static_cast<long>(rest)};
}

LocalTime local_time(Timestamp when, const TimeZone& zone) {
  LocalTime local;
  local.offset = zone.at(when);
  const auto [second, nanosecond] = whole_seconds(when);
  local.nanosecond = nanosecond;
  const auto shown = second + local.offset.from_utc;
  const auto day = std::chrono::floor<days>(shown);
  const std::chrono::year_month_day date(day);
  local.year = static_cast<int>(date.year());
  local.month = static_cast<unsigned>(date.month());
  local.day = static_cast<unsigned>(date.day());
  local.weekday = std::chrono::weekday(day).c_encoding();
  local.year_day =
      static_cast<long>(
          (day - std::chrono::sys_days(date.year() / std::chrono::January / 1)).count()) +
      1;
  const auto time = static_cast<long>((shown - day).count());
  local.hour = time / 3600;
  local.minute = time / 60 % 60;
  local.second = time % 60;
  return local;
}

std::string format_rfc3339(Timestamp when, const TimeZone& zone, bool milliseconds) {
  const LocalTime it = local_time(when, zone);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", it.year, it.month, it.day,
                                 it.hour, it.minute, it.second);
  if (milliseconds) text += fraction_text(it.nanosecond, '.', 3, false);
  if (it.offset.from_utc == seconds{0}) return text + "Z";
  return text + offset_text(it.offset.from_utc, Parts::minute, Colon::yes);
}

std::string format_local(Timestamp when, const TimeZone& zone) {
  return format_go(when, zone, "2006-01-02 15:04:05");
}

std::string format_go(Timestamp when, const TimeZone& zone, std::string_view layout) {
  return format_go(local_time(when, zone), layout);
}

std::string format_go(const LocalTime& local, std::string_view layout) {
  std::string out;
  while (!layout.empty()) {
    Element element = next_element(layout, local);
    if (element.length == 0) {
      out.push_back(layout.front());
      element.length = 1;
    } else {
      out += element.text;
    }
    layout.remove_prefix(element.length);
  }
  return out;
}

}  // namespace minitor
