// What the history says, as a table for a terminal and as JSON for programs. Pure: rows in, text out.
#pragma once

#include <string>
#include <vector>

#include "minitor/core/history.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

struct MonitorView {
  MonitorRow row;
  Uptimes uptimes;
  std::vector<Bucket> hours;  // of the last day
};

struct HistoryLook {
  bool colour = false;
  TimeZone zone;
  Timestamp now;
};

// One line a monitor; those that are not well first.
[[nodiscard]] std::string status_table(std::vector<MonitorView> monitors, const HistoryLook& look);
[[nodiscard]] std::string checks_table(const std::vector<CheckRow>& checks,
                                       const HistoryLook& look);
[[nodiscard]] std::string incidents_table(const std::vector<IncidentRow>& incidents,
                                          const HistoryLook& look);
[[nodiscard]] std::string notices_table(const std::vector<NoticeRow>& notices,
                                        const HistoryLook& look);

// What was tried, and what was held back and why.
[[nodiscard]] std::string repairs_table(const std::vector<RepairRow>& repairs,
                                        const HistoryLook& look);
[[nodiscard]] std::string held_table(const std::vector<HeldRow>& held, const HistoryLook& look);

// Arrays of objects, with the names of docs/history.md.
[[nodiscard]] std::string status_json(const std::vector<MonitorView>& monitors);
[[nodiscard]] std::string checks_json(const std::vector<CheckRow>& checks);
[[nodiscard]] std::string incidents_json(const std::vector<IncidentRow>& incidents);
[[nodiscard]] std::string notices_json(const std::vector<NoticeRow>& notices);
[[nodiscard]] std::string repairs_json(const std::vector<RepairRow>& repairs);
[[nodiscard]] std::string held_json(const std::vector<HeldRow>& held);

// The mean durations of the last `count` hours that end at `now`: one bar each, a blank where there was
// no check, in red where one failed.
[[nodiscard]] std::string sparkline(const std::vector<Bucket>& hours, int count,
                                    const HistoryLook& look);

}  // namespace minitor
