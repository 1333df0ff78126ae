// The snapshot as Prometheus reads it: text format 0.0.4. Pure.
//
// Minitor's four names stand here with Minitor's labels and Minitor's meaning, beside names that
// follow Prometheus's rules (base units, _total on counters and nothing else):
//   minitor_check_total           a check that caused a notice has is_alert="true"
//   minitor_alert_total           alerts whose command succeeded
//   minitor_check_milliseconds    how long the last successful and the last failed check took
//   minitor_monitor_up_count      0 while an outage has been alerted, 1 otherwise; none before the first check
#pragma once

#include <string>
#include <string_view>

#include "minitor/core/reload.hpp"
#include "minitor/core/snapshot.hpp"
#include "minitor/web/build_info.hpp"
#include "minitor/web/process_info.hpp"

namespace minitor {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Names of monitors and alerts may hold anything. What is not UTF-8 becomes U+FFFD, and when two names
// are then the same, the later becomes "name (2)": a series is never written twice.
[[nodiscard]] std::string render_metrics(const Snapshot& snapshot, const BuildInfo& build,
                                         const ProcessInfo& process);
// Of the configuration, with Prometheus's own names for it.
[[nodiscard]] std::string render_reload_metrics(const ReloadReport& report);

}  // namespace minitor
