#include "minitor/core/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::sys_days;

// A 29 February that is a Sunday ("29 2 */7") is 40 years from the next around a century without a
// leap year.
constexpr int kMostDays = 40 * 366 + 2;

struct Field {
  std::string_view name;
  int least;
  int most;
  std::string_view names;  // three letters each, in order, the first one being `least`
};

constexpr std::array<Field, 5> kFields{
    Field{"the minute", 0, 59, ""}, Field{"the hour", 0, 23, ""},
    Field{"the day of the month", 1, 31, ""},
    Field{"the month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    Field{"the day of the week", 0, 7, "sunmontuewedthufrisat"}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNicknames{
    {{"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@monthly", "0 0 1 * *"},
     {"@weekly", "0 0 * * 0"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@hourly", "0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::optional<int> number(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<int> value_of(std::string_view text, const Field& field) {
  if (const auto plain = number(text)) return plain;
  if (field.names.empty() || text.size() != 3) return std::nullopt;
  std::string low(text);
  for (char& c : low) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (std::size_t at = 0; at < field.names.size(); at += 3) {
    if (field.names.substr(at, 3) == low) return field.least + static_cast<int>(at / 3);
  }
  return std::nullopt;
}

// What is wrong with a part of a field, as a whole sentence; empty: nothing.
std::string read_part(std::string_view part, const Field& field, std::uint64_t& bits) {
  const auto wrong = [&](std::string_view advice) {
    return fmt::format("\"{}\" is no value for {}; {}", one_line(part), field.name, advice);
  };
  std::string_view range = part;
  int step = 1;
  if (const auto slash = part.find('/'); slash != std::string_view::npos) {
    const auto every = number(part.substr(slash + 1));
    if (!every || *every < 1) return wrong("a step is a number from 1, as in */10");
    step = *every;
    range = part.substr(0, slash);
  }
  int first = field.least;
  int last = field.name == kFields[4].name ? 6 : field.most;
  if (range != "*") {
    const auto dash = range.find('-');
    const auto from = value_of(range.substr(0, dash), field);
    const auto to = dash == std::string_view::npos ? from : value_of(range.substr(dash + 1), field);
    const std::string numbers =
        fmt::format("write numbers from {} to {}{}", field.least, field.most,
                    field.names.empty() ? "" : " or names such as ") +
        std::string(field.names.substr(0, 3));
    if (!from || !to || *from < field.least || *to > field.most || *from > field.most)
      return wrong(numbers);
    if (*to < *from) return wrong("a range goes upwards");
    if (dash == std::string_view::npos && step != 1)
      return wrong(fmt::format("write {}-{}/{}", *from, field.most, step));
    first = *from;
    last = *to;
  }
  for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << unsigned(value);
  return {};
}

std::string read_field(std::string_view text, const Field& field, std::uint64_t& bits) {
  const auto parts = split(text, ",");
  if (parts.empty()) return fmt::format("{} is empty", field.name);
  for (const std::string_view part : parts) {
    if (std::string wrong = read_part(part, field, bits); !wrong.empty()) return wrong;
  }
  return {};
}

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1U) != 0; }

// The first value in `bits` that is not below `from`; 64 when there is none.
unsigned first_from(std::uint64_t bits, unsigned from) {
  if (from >= 64) return 64;
  return static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

}  // namespace

std::variant<Cron, std::string> Cron::parse(std::string_view text) {
  if (text.size() > kMaxCronBytes) return fmt::format("is longer than {} bytes", kMaxCronBytes);
  Cron cron;
  cron.text_ = text;
  std::string_view meant = text;
  if (text.starts_with('@')) {
    const auto known = std::find_if(kNicknames.begin(), kNicknames.end(),
                                    [&](const auto& nickname) { return nickname.first == text; });
    if (known == kNicknames.end())
      return fmt::format(
          "\"{}\" is no cron expression; write @hourly, @daily, @weekly, @monthly or @yearly",
          one_line(text));
    meant = known->second;
  }
  const auto fields = split(meant, " \t");
  if (fields.size() != kFields.size())
    return fmt::format(
        "\"{}\" has {} field{}, not 5: minute, hour, day of the month, month, day of the week, as "
        "in \"30 3 * * mon-fri\"",
        one_line(text), fields.size(), fields.size() == 1 ? "" : "s");
  const std::array<std::uint64_t*, 5> bits{&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_,
                                           &cron.weekdays_};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (std::string wrong = read_field(fields[i], kFields[i], *bits[i]); !wrong.empty())
      return wrong;
  }
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1U;
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  cron.by_the_clock_ = fields[0].starts_with('*') || fields[1].starts_with('*');
  // 30 February and its like: refused now rather than waited for.
  constexpr std::array<unsigned, 12> kLongest{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool comes = !cron.any_weekday_;
  for (unsigned month = 1; month <= 12 && !comes; ++month)
    comes = has(cron.months_, month) && first_from(cron.days_, 1) <= kLongest.at(month - 1);
  if (!comes)
    return fmt::format("\"{}\" never comes: no such day is in that month", one_line(text));
  return cron;
}

bool Cron::on(local_days day) const {
  const std::chrono::year_month_day date{day};
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_day = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, std::chrono::weekday{day}.c_encoding());
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<Timestamp> Cron::first_on(local_days day, Timestamp after,
                                        const TimeZone& zone) const {
  const sys_days as_utc{day.time_since_epoch()};
  const auto offset = zone.at(as_utc - hours{24}).from_utc;
  if (zone.at(as_utc + hours{48}).from_utc != offset)
    return first_on_day_of_change(day, after, zone);
  const auto shown = std::chrono::floor<minutes>(after + offset).time_since_epoch() -
                     as_utc.time_since_epoch() + minutes{1};
  const auto from = std::max<std::int64_t>(shown.count(), 0);
  if (from >= 24 * 60) return std::nullopt;
  auto hour = static_cast<unsigned>(from / 60);
  unsigned minute = 64;
  if (has(hours_, hour)) minute = first_from(minutes_, static_cast<unsigned>(from % 60));
  if (minute == 64) {
    hour = first_from(hours_, hour + 1);
    minute = first_from(minutes_, 0);
  }
  if (hour >= 24) return std::nullopt;
  return as_utc + hours{hour} + minutes{minute} - offset;
}

std::optional<Timestamp> Cron::first_on_day_of_change(local_days day, Timestamp after,
                                                      const TimeZone& zone) const {
  std::optional<Timestamp> first;
  const auto consider = [&](Timestamp when) {
    if (when > after && (!first || when < *first)) first = when;
  };
  for (unsigned hour = first_from(hours_, 0); hour < 24; hour = first_from(hours_, hour + 1)) {
    for (unsigned minute = first_from(minutes_, 0); minute < 60;
         minute = first_from(minutes_, minute + 1)) {
      const Shown at = instants(day + hours{hour} + minutes{minute}, zone);
      if (at.times != Shown::Times::never || !by_the_clock_) consider(at.first);
      if (at.times == Shown::Times::twice && by_the_clock_) consider(at.second);
    }
  }
  return first;
}

std::optional<Timestamp> Cron::next(Timestamp after, const TimeZone& zone) const {
  // From the day before: where the clocks are put back over midnight, that day goes on.
  local_days day = std::chrono::floor<days>(wall_time(after, zone)) - days{1};
  constexpr local_days kEnd{days{80'000}};  // 2189: instants are counted in nanoseconds, to 2262
  for (int i = 0; i < kMostDays && day < kEnd; ++i, day += days{1}) {
    if (!on(day)) continue;
    std::optional<Timestamp> found = first_on(day, after, zone);
    if (!found) continue;
    if (const auto other = on(day + days{1}) ? first_on(day + days{1}, after, zone) : std::nullopt;
        other && *other < *found) {
      found = other;
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace minitor
