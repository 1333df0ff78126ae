// A notice in the forms in which a command gets it: one sentence, the MINITOR_* environment, and a
// JSON document on stdin. The names here are the contract of alerts/README.md.
#pragma once

#include <string>
#include <string_view>

#include "minitor/core/command.hpp"
#include "minitor/core/config.hpp"
#include "minitor/core/notice.hpp"

namespace minitor {

// A test notice has a monitor that is none: this and the name of the alert that is tested.
inline constexpr std::string_view kTestMonitorPrefix = "First Run Alert Test: ";

// "NAME check has failed 3 times" / "NAME check is up again!" as Minitor says it; for a test notice
// "minitor test notice for ALERT", ALERT being what follows kTestMonitorPrefix in the monitor's
// name (or all of it). One line: the name is cleaned of control characters.
[[nodiscard]] std::string sentence(const Notice& notice);

// The MINITOR_* variables of a notice. Values are valid UTF-8 without NUL, and cut
// (kMaxVariableBytes).
//   MINITOR_NOTICE_ID MINITOR_INCIDENT_ID
//   MINITOR_KIND (problem|reminder|escalation|recovery|repaired|test|group)
//   MINITOR_STATUS (down|up) MINITOR_MONITOR MINITOR_DESCRIPTION MINITOR_GROUP MINITOR_ALERT
//   MINITOR_MESSAGE MINITOR_REASON MINITOR_VERDICT MINITOR_OUTCOME MINITOR_OUTPUT
//   MINITOR_ALERT_COUNT MINITOR_FAILURE_COUNT MINITOR_TIME MINITOR_FIRST_FAILURE
//   MINITOR_LAST_SUCCESS (RFC 3339, empty: never) MINITOR_DURATION_SECONDS (since the first
//   failure; empty: there was none) MINITOR_LABEL_<NAME> for each label: its name in capitals, what
//   is no letter or digit as _
// Of a group also MINITOR_COUNT (of its notices) MINITOR_DOWN_COUNT MINITOR_UP_COUNT (of monitors) and
// MINITOR_HELD (the rate cap that held them back, or empty).
[[nodiscard]] Environment notice_environment(const Notice& notice, const std::string& alert,
                                             const MessageContext& context);

// The same as one JSON object on one line, with the names above in lower case and without
// "minitor_":
// {"notice_id": "…", "alert_count": 2, "first_failure": null, "labels": {"site": "attic"}, …}.
// Counts and the duration are numbers, times that never were are null, and nothing is cut. A group has
// further "notices": a list of such objects, one for each, with their longer texts cut (kMostGroupText).
[[nodiscard]] std::string notice_json(const Notice& notice, const std::string& alert,
                                      const MessageContext& context);

// A command ready to run, and what it reads from stdin.
struct AlertCommand {
  Command command;
  std::string input;
};

// `alert` must not be the built-in log. The alert's own environment comes after the notice's.
[[nodiscard]] AlertCommand alert_command(const Alert& alert, const Notice& notice,
                                         const MessageContext& context);

}  // namespace minitor
