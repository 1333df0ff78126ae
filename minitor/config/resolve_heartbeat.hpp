// Monitors that are told of: what their block may say, and what becomes of it.
#pragma once

#include <vector>

#include "minitor/config/drafts.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/core/config.hpp"

namespace minitor::config {

// Reports keys that the kind of this monitor cannot have, and those that it lacks.
void check_kind(const MonitorDraft& draft, Findings& findings);

// Of a draft that is a heartbeat. `monitor` has its command's timeout by then.
void make_heartbeat(const MonitorDraft& draft, Monitor& monitor);

// What can be said of all of them only. `drafts` are those of the monitors, in their order.
void check_heartbeats(const Config& config, const std::vector<MonitorDraft>& drafts,
                      Findings& findings);

}  // namespace minitor::config
