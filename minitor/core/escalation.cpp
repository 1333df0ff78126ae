#include "minitor/core/escalation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/alert_policy.hpp"

namespace minitor {
namespace {

bool is_due(const EscalationStep& step, const EscalationState& state, Monotonic now) {
  if (const auto* failures = std::get_if<AfterFailures>(&step.after))
    return state.failures >= failures->count;
  return now - state.since.monotonic >= std::get<AfterDuration>(step.after).duration;
}

}  // namespace

int steps_due(const Ladder& ladder, const EscalationState& state, Monotonic now) {
  auto due = static_cast<std::size_t>(state.steps);
  while (due < ladder.size() && is_due(ladder[due], state, now)) ++due;
  return static_cast<int>(due);
}

std::optional<Monotonic> next_step(const Ladder& ladder, const EscalationState& state,
                                   Monotonic now) {
  const auto due = static_cast<std::size_t>(steps_due(ladder, state, now));
  if (due >= ladder.size()) return std::nullopt;
  const auto* after = std::get_if<AfterDuration>(&ladder[due].after);
  if (after == nullptr) return std::nullopt;
  return state.since.monotonic + after->duration;
}

std::vector<AlertId> told_by_steps(const Ladder& ladder, const EscalationState& state, int due) {
  std::vector<AlertId> to;
  for (auto step = static_cast<std::size_t>(state.steps);
       step < std::min(static_cast<std::size_t>(due), ladder.size()); ++step) {
    for (const AlertId id : ladder[step].alerts) {
      if (std::find(to.begin(), to.end(), id) == to.end()) to.push_back(id);
    }
  }
  return to;
}

std::string why_escalated(const Ladder& ladder, const EscalationState& state, int due,
                          Monotonic now) {
  const AlertAfter& after = ladder[static_cast<std::size_t>(due - 1)].after;
  const std::string step = fmt::format("(escalate, step {}: after {})", due, describe(after));
  if (std::holds_alternative<AfterDuration>(after))
    return fmt::format("not acknowledged for {} {}", human_duration(now - state.since.monotonic),
                       step);
  return fmt::format("not acknowledged after {} more failed check{} {}", state.failures,
                     state.failures == 1 ? "" : "s", step);
}

}  // namespace minitor
