#include "minitor/core/posix_zone.hpp"

namespace minitor {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::size_t kMaxAbbreviation = 16;
constexpr int kMaxOffsetHours = 24;
constexpr int kMaxRuleHours =
    167;  // an extension of TZif version 3: a change a week away from its day

// Reads from the front of a text; a take_ that fails leaves `ok` false and what follows is
// harmless.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = take(c) && ok_; }

  int number(int low, int high) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9') {
      value = value * 10 + (rest_[digits++] - '0');
    }
    rest_.remove_prefix(digits);
    if (digits == 0 || value < low || value > high) ok_ = false;
    return value;
  }

  std::string abbreviation() {
    const bool quoted = take('<');
    std::size_t end = 0;
    while (end < rest_.size() && is_name(rest_[end], quoted)) ++end;
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (quoted) expect('>');
    if (text.size() < 3 || text.size() > kMaxAbbreviation) ok_ = false;
    return text;
  }

  // [+-]hh[:mm[:ss]]
  seconds time(int max_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    int value = number(0, max_hours) * 3600;
    if (take(':')) {
      value += number(0, 59) * 60;
      if (take(':')) value += number(0, 59);
    }
    return seconds{negative ? -value : value};
  }

  PosixZone::Change change() {
    PosixZone::Change change;
    using Day = PosixZone::Change::Day;
    if (take('M')) {
      change.day = Day::month_week_day;
      change.month = static_cast<unsigned>(number(1, 12));
      expect('.');
      change.week = static_cast<unsigned>(number(1, 5));
      expect('.');
      change.weekday = static_cast<unsigned>(number(0, 6));
    } else if (take('J')) {
      change.day = Day::julian_no_leap;
      change.number = static_cast<unsigned>(number(1, 365));
    } else {
      change.number = static_cast<unsigned>(number(0, 365));
    }
    if (take('/')) change.time = time(kMaxRuleHours);
    return change;
  }

 private:
  static bool is_name(char c, bool quoted) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
  }

  std::string_view rest_;
  bool ok_ = true;
};

// The local time of a change, counted as if the place were at UTC.
sys_seconds in_year(const PosixZone::Change& change, std::chrono::year year) {
  using std::chrono::days;
  const sys_days new_year = year / std::chrono::January / 1;
  sys_days day = new_year;
  switch (change.day) {
    case PosixZone::Change::Day::julian_no_leap: {
      constexpr unsigned kDaysBeforeMarch = 31 + 28;
      const bool past_leap_day = year.is_leap() && change.number > kDaysBeforeMarch;
      day = new_year + days{change.number - 1 + (past_leap_day ? 1 : 0)};
      break;
    }
    case PosixZone::Change::Day::zero_based: day = new_year + days{change.number}; break;
    case PosixZone::Change::Day::month_week_day: {
      const std::chrono::month month{change.month};
      const std::chrono::weekday weekday{change.weekday};
      constexpr unsigned kLastWeek = 5;
      day = change.week == kLastWeek ? sys_days(year / month / weekday[std::chrono::last])
                                     : sys_days(year / month / weekday[change.week]);
      break;
    }
  }
  return day + change.time;
}

}  // namespace

std::optional<PosixZone> parse_posix_zone(std::string_view text) {
  Cursor cursor(text);
  PosixZone zone;
  zone.standard.abbreviation = cursor.abbreviation();
  zone.standard.from_utc = -cursor.time(kMaxOffsetHours);  // POSIX counts westward
  if (!cursor.ok()) return std::nullopt;
  if (cursor.done()) return zone;
  PosixZone::Half daylight;
  daylight.abbreviation = cursor.abbreviation();
  daylight.from_utc = zone.standard.from_utc + std::chrono::hours{1};
  if (!cursor.done() && cursor.peek() != ',') daylight.from_utc = -cursor.time(kMaxOffsetHours);
  cursor.expect(',');
  zone.begin = cursor.change();
  cursor.expect(',');
  zone.end = cursor.change();
  if (!cursor.ok() || !cursor.done()) return std::nullopt;
  zone.daylight = daylight;
  return zone;
}

bool is_daylight(const PosixZone& zone, sys_seconds when) {
  if (!zone.daylight) return false;
  const auto local_day = std::chrono::floor<std::chrono::days>(when + zone.standard.from_utc);
  const std::chrono::year year = std::chrono::year_month_day(local_day).year();
  // A change may lie up to a week outside its year: look at the neighbours too. Of two changes at
  // one instant the later in this order counts, so that "daylight all year" stays daylight at New
  // Year.
  bool daylight = false;
  sys_seconds latest = sys_seconds::min();
  for (int shift = -1; shift <= 1; ++shift) {
    const std::chrono::year around = year + std::chrono::years{shift};
    const sys_seconds begin = in_year(zone.begin, around) - zone.standard.from_utc;
    const sys_seconds end = in_year(zone.end, around) - zone.daylight->from_utc;
    const auto look = [&](sys_seconds at, bool on) {
      if (at <= when && at >= latest) latest = at, daylight = on;
    };
    if (begin <= end) {
      look(begin, true), look(end, false);
    } else {
      look(end, false), look(begin, true);
    }
  }
  return daylight;
}

}  // namespace minitor
