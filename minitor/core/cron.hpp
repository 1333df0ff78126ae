// Cron expressions: five fields (minute, hour, day of the month, month, day of the week) or one of
// @hourly @daily @midnight @weekly @monthly @yearly @annually.
//
//   *  every    5  that one    1-5  a range    */10 or 8-18/2  every so many    1,15  a list
//   months and days of the week also by their first three letters; 0 and 7 are Sunday
//
// Where both days are restricted (neither begins with *), either of them suffices, as in crontab(5).
//
// When the clocks are changed, an expression that names its hour and its minute happens once a day:
// at the jump when its time is jumped over, at the first of two when its time comes twice. One whose
// hour or minute begins with * goes by what the clocks show: nothing in a gap, twice what comes
// twice. So a daily job is neither lost nor doubled, and an hourly one stays hourly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "minitor/core/moment.hpp"
#include "minitor/core/time_zone.hpp"
#include "minitor/core/wall_clock.hpp"

namespace minitor {

// An expression longer than this is not one.
inline constexpr std::size_t kMaxCronBytes = 1024;

class Cron {
 public:
  // The expression, or what is wrong with it and what to write, for the user.
  [[nodiscard]] static std::variant<Cron, std::string> parse(std::string_view text);

  // The first instant after `after`; none when there is none within forty years, which only the
  // end of the calendar that Timestamp holds can bring about.
  [[nodiscard]] std::optional<Timestamp> next(Timestamp after, const TimeZone& zone) const;

  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const Cron& a, const Cron& b) { return a.text_ == b.text_; }

 private:
  Cron() = default;
  [[nodiscard]] bool on(std::chrono::local_days day) const;
  [[nodiscard]] std::optional<Timestamp> first_on(std::chrono::local_days day, Timestamp after,
                                                  const TimeZone& zone) const;
  [[nodiscard]] std::optional<Timestamp> first_on_day_of_change(std::chrono::local_days day,
                                                                Timestamp after,
                                                                const TimeZone& zone) const;

  std::string text_;
  std::uint64_t minutes_ = 0;  // bit n: the value n is meant
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool any_day_ = false;       // the field begins with *
  bool any_weekday_ = false;   // the field begins with *
  bool by_the_clock_ = false;  // the hour or the minute begins with *
};

}  // namespace minitor
