#include "minitor/core/calendar.hpp"

#include <algorithm>

namespace minitor {
namespace {

// The opening at `from` and those that it runs into.
Period joined(const Window::Recurring& recurring, const TimeZone& zone, Timestamp from) {
  Period period{from, from + recurring.length};
  Timestamp last = from;
  for (int i = 0; i < kMostJoinedOpenings; ++i) {
    const auto next = recurring.opens.next(last, zone);
    if (!next || *next > period.until) break;
    last = *next;
    period.until = *next + recurring.length;
  }
  return period;
}

}  // namespace

std::optional<Period> open_at(const Window& window, Timestamp now) {
  if (const auto* once = std::get_if<Window::Once>(&window.when)) {
    if (now < once->from || now >= once->until) return std::nullopt;
    return Period{once->from, once->until};
  }
  const auto& recurring = std::get<Window::Recurring>(window.when);
  const auto opened = recurring.opens.next(now - recurring.length, window.zone);
  if (!opened || *opened > now) return std::nullopt;
  return joined(recurring, window.zone, *opened);
}

std::optional<Period> next_period(const Window& window, Timestamp after) {
  if (const auto* once = std::get_if<Window::Once>(&window.when)) {
    if (once->from <= after) return std::nullopt;
    return Period{once->from, once->until};
  }
  const auto& recurring = std::get<Window::Recurring>(window.when);
  const auto opens = recurring.opens.next(after, window.zone);
  if (!opens) return std::nullopt;
  return joined(recurring, window.zone, *opens);
}

}  // namespace minitor
