// Results as text: for people, Nagios, JSON readers, Prometheus, and readers of Torrust's checker.
// Pure; everything that a tracker sent is cleaned here or never printed.
#pragma once

#include <string>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/verdict.hpp"

namespace tracker_probe {

enum class Format { human, nagios, json, jsonl, prom, tracker_checker, quiet };

struct ReportOptions {
  Depth depth = Depth::announce;
  std::vector<Threshold> thresholds;  // for perfdata
  bool colour = false;
  Microseconds timeout{10000000};
};

/// The verdict over several targets.
[[nodiscard]] State overall(const std::vector<TargetResult>& results);

/// One line an address and, when there is more than one or none, a line for the target. With the
/// trailing newline.
[[nodiscard]] std::string human_text(const TargetResult& result, const ReportOptions& options);
/// A bulk line: "OK    udp://…  31.2 ms" or with what is wrong.
[[nodiscard]] std::string short_text(const TargetResult& result, const ReportOptions& options);
[[nodiscard]] std::string loss_text(const TargetResult& result);

/// Status line and performance data, at most 4 KiB.
[[nodiscard]] std::string nagios_text(const std::vector<TargetResult>& results,
                                      const ReportOptions& options);

/// One JSON object on one line, without the newline.
[[nodiscard]] std::string json_text(const TargetResult& result, const ReportOptions& options);
[[nodiscard]] std::string json_summary(const std::vector<TargetResult>& results, State state);

[[nodiscard]] std::string prometheus_text(const std::vector<TargetResult>& results);
/// The array that Torrust's tracker_checker prints.
[[nodiscard]] std::string tracker_checker_text(const std::vector<TargetResult>& results);

}  // namespace tracker_probe
