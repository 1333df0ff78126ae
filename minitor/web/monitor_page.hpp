// One monitor: its latency, incidents, checks, notices and figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "minitor/core/history.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

inline constexpr int kChecksOnPage = 50;
inline constexpr int kIncidentsOnPage = 20;
inline constexpr int kNoticesOnPage = 30;  // sent, and as many that were held back
inline constexpr int kRepairsOnPage = 20;
// So many points has the graph at most, roughly.
inline constexpr int kGraphPoints = 1500;

struct MonitorPageQuery {
  std::size_t monitor = 0;
  std::string_view span = "24h";       // one of kSpans
  std::optional<std::int64_t> before;  // only checks with a smaller id
};

struct Span {
  std::string_view name;
  std::chrono::hours length;
};
inline constexpr Span kSpans[] = {{"24h", std::chrono::hours{24}},
                                  {"7d", std::chrono::hours{24 * 7}},
                                  {"30d", std::chrono::hours{24 * 30}},
                                  {"90d", std::chrono::hours{24 * 90}}};

[[nodiscard]] HttpResponse monitor_page(const Site& site, const MonitorPageQuery& query,
                                        HistoryReads& history);

}  // namespace minitor
