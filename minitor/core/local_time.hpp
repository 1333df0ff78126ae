// An instant taken apart as the clocks of a place show it, and its text by Go's layouts.
#pragma once

#include <string>
#include <string_view>

#include "minitor/core/time_zone.hpp"

namespace minitor {

struct LocalTime {
  int year = 1;
  unsigned month = 1, day = 1;
  unsigned weekday = 1;  // 0: Sunday
  long year_day = 1;     // 1..366
  long hour = 0, minute = 0, second = 0, nanosecond = 0;
  TimeZone::Offset offset{{}, false, "UTC"};
};

// Go's zero time, which it shows where there is none: a Monday, the first day of the year 1.
inline LocalTime zero_time() { return {}; }

// An instant as the second in which it lies and what is over, also at the ends of what Timestamp holds.
struct WholeSeconds {
  std::chrono::sys_seconds second;
  long nanosecond = 0;  // 0..999,999,999
};
[[nodiscard]] WholeSeconds whole_seconds(Timestamp when);

[[nodiscard]] LocalTime local_time(Timestamp when, const TimeZone& zone);
[[nodiscard]] std::string format_go(const LocalTime& local, std::string_view layout);

// Layouts of Go's time package by name; kGoTime is how Go prints a time unasked.
inline constexpr std::string_view kGoTime = "2006-01-02 15:04:05.999999999 -0700 MST";

}  // namespace minitor
