// The page at the door: one sentence, then every monitor, problems first. And the list of incidents.
#pragma once

#include "minitor/core/history.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// Bars of this many days, and a line over this long.
inline constexpr int kDaysShown = 90;
inline constexpr Duration kSparklineSpan = std::chrono::hours{24};
// With more monitors, groups that are well are folded.
inline constexpr std::size_t kMostUnfolded = 60;

// "All 12 monitors are up." or what is wrong; also for a title and the head of an API answer.
[[nodiscard]] std::string summary(const Site& site);

[[nodiscard]] HttpResponse status_page(const Site& site, HistoryReads& history);

// The latest incidents of all monitors.
[[nodiscard]] HttpResponse incidents_page(const Site& site, HistoryReads& history);
void write_incidents(Html& html, const Site& site, const std::vector<IncidentRow>& incidents,
                     bool with_names);

}  // namespace minitor
