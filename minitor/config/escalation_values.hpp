// The values that say who else is told and how much at once: steps of escalate, group and rate.
#pragma once

#include <functional>
#include <vector>

#include "minitor/config/cursor.hpp"
#include "minitor/config/drafts.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/config/reading.hpp"
#include "minitor/core/config.hpp"

namespace minitor::config {

inline constexpr std::size_t kMostSteps = 20;
// A notice waits no longer for others.
inline constexpr Duration kLongestGroup = std::chrono::minutes{10};
inline constexpr int kMostRuns = 10'000;

// A list of steps, or one.
[[nodiscard]] std::vector<EscalationDraft> read_escalations(Reading& reading, const Cursor& value);
void read_group(Reading& reading, const Cursor& value, AlertDraft& draft);
// "10 per 1h"
void read_rate(Reading& reading, const Cursor& value, AlertDraft& draft);

using LookUpAlerts = std::function<std::vector<AlertId>(const References&)>;
// The steps with their alerts looked up; what is no ladder is an error.
[[nodiscard]] std::vector<EscalationStep> resolve_ladder(const std::vector<EscalationDraft>& drafts,
                                                         Findings& findings,
                                                         const LookUpAlerts& look_up);

}  // namespace minitor::config
