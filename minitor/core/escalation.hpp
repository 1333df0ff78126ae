// The ladder of an incident: who else is told when it goes on and nobody acknowledges it.
//
// It begins when the problem is told: before that nobody could have done anything about it. From then on
// its clock runs, whatever holds notices back. A step that becomes due while something does (a window, a
// parent that is down, a gate, flapping, checks that are ok again) waits, and is told at the end of that if
// the incident is still there; so do several, of which each alert then hears once. Each step is told once
// in an incident. Reminders go on to alert_down alone: who is to be reminded has a step of his own again.
// An acknowledged incident climbs no further.
//
// A monitor that flaps has one incident for all of it, and that climbs; the outages in it do not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

// Failed checks beyond this are not counted any more.
inline constexpr int kMostClimbFailures = 1'000'000'000;

struct EscalationState {
  Moment since;      // when the problem was told
  int failures = 0;  // failed checks since then
  int steps = 0;     // that were told
  friend bool operator==(const EscalationState&, const EscalationState&) = default;
};

using Ladder = std::vector<EscalationStep>;

// How many steps have become due, those that were told included.
[[nodiscard]] int steps_due(const Ladder& ladder, const EscalationState& state, Monotonic now);

// When the first step becomes due that is not due at `now`; none when there is none, or when that is
// counted in failures.
[[nodiscard]] std::optional<Monotonic> next_step(const Ladder& ladder, const EscalationState& state,
                                                 Monotonic now);

// Whom the steps `state.steps` to `due` (not included) tell: each once.
[[nodiscard]] std::vector<AlertId> told_by_steps(const Ladder& ladder, const EscalationState& state,
                                                 int due);

// "not acknowledged for 30 min (escalate, step 2: after 30m)"; `due` is at least 1.
[[nodiscard]] std::string why_escalated(const Ladder& ladder, const EscalationState& state, int due,
                                        Monotonic now);

}  // namespace minitor
