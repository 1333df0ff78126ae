// The engine's part of escalation: when a step is due, whether anything keeps it from being told, and its
// notice. What may be told is asked in one place, may_climb().
#include <fmt/format.h>

#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {

// An incident is told, and its ladder begins; or it is over.
void Engine::follow_incident(MonitorId id, const Notice& notice, Moment now) {
  MonitorState& state = monitors_[id.value];
  auto& ladder = notice.flapping ? state.flapping_climb : state.climb;
  if (notice.kind == NoticeKind::problem && !ladder) {
    ladder = EscalationState{now, 0, 0};
  } else if (notice.kind == NoticeKind::recovery) {
    ladder.reset();
  }
  plan_climb(id, now.monotonic);
}

void Engine::count_for_climb(MonitorId id, bool failed) {
  MonitorState& state = monitors_[id.value];
  if (!failed) return;
  for (auto* ladder : {&state.climb, &state.flapping_climb}) {
    if (*ladder && (*ladder)->failures < kMostClimbFailures) ++(*ladder)->failures;
  }
  if (state.climb_gate != HeldProblem::Gate::asking) state.climb_gate = HeldProblem::Gate::unasked;
}

// When the ladder is to be looked at again because time has passed; what is held is looked at when what
// holds it ends, and at each check.
void Engine::plan_climb(MonitorId id, Monotonic now) {
  const Ladder& steps = config_->monitors[id.value].escalate;
  MonitorState& state = monitors_[id.value];
  if (state.climb_at) climbs_.erase({*std::exchange(state.climb_at, std::nullopt), id});
  if (steps.empty()) return;
  for (const auto* ladder : {&state.climb, &state.flapping_climb}) {
    if (!*ladder) continue;
    const auto next = next_step(steps, **ladder, now);
    if (next && (!state.climb_at || *next < *state.climb_at)) state.climb_at = next;
  }
  if (state.climb_at) climbs_.emplace(*state.climb_at, id);
}

// Whether the next step of this incident may be told now. Not none: what keeps it from being told; in
// words, or empty while something is being asked that answers soon.
std::optional<std::string> Engine::may_climb(MonitorId id, bool flapping, Moment now) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  // Somebody has taken the outage on: nobody else is called. Flapping is nobody's to take on.
  if (const auto silent = flapping
                              ? quiet(*config_, monitor, state.overlays, now.wall)
                              : quiet_while_down(*config_, monitor, state.overlays, now.wall)) {
    quiet_until_[id] = silent->until;
    return silent->why;
  }
  if (auto why = parents_bad(id)) return why;
  if (!flapping) {
    if (state.flapping.flapping) return "it is flapping, which was told";
    if (state.policy.successes > 0)
      return "its last check was ok, and recover_after is not reached";
  }
  // Nobody is woken for what was known before a restart, or while the answer is on its way.
  if (state.checked == Monotonic::min()) {
    agenda_.check_now(id, now.monotonic);
    return std::string{};
  }
  if (agenda_.running(id) || agenda_.due(id) <= now.monotonic) return std::string{};
  if (!monitor.only_when) return std::nullopt;
  switch (state.climb_gate) {
    case HeldProblem::Gate::unasked: {
      state.climb_gate = HeldProblem::Gate::asking;
      const RunId run = next_run(GateRun{id, true});
      to_start_.push_back({run,
                           RunPurpose::gate,
                           std::shared_ptr<const Command>(config_, &*monitor.only_when),
                           {}});
      return std::string{};
    }
    case HeldProblem::Gate::asking: return std::string{};
    case HeldProblem::Gate::no: return "only_when says no";
    case HeldProblem::Gate::yes: break;
  }
  return std::nullopt;
}

void Engine::climb(MonitorId id, Moment now, std::vector<Effect>& effects) {
  if (phase_ != Phase::running || config_->monitors[id.value].escalate.empty()) return;
  climb(id, false, now, effects);
  climb(id, true, now, effects);
  plan_climb(id, now.monotonic);
}

void Engine::climb(MonitorId id, bool flapping, Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  auto& ladder = flapping ? state.flapping_climb : state.climb;
  if (!ladder) return;
  const int due = steps_due(monitor.escalate, *ladder, now.monotonic);
  if (due <= ladder->steps) return;
  if (const auto why = may_climb(id, flapping, now))
    return note_hold(id, NoticeKind::escalation, *why, now, effects);
  Step step;
  step.notice = NoticeKind::escalation;
  step.next = state.policy;
  const Facts facts{state.last_verdict.value_or(Verdict::failure), state.last_outcome,
                    state.climb_output};
  auto notice =
      std::make_shared<Notice>(make_notice(monitor, state, state.policy, step, facts, now));
  notice->flapping = flapping;
  if (flapping) notice->incident = state.flapping_incident;
  notice->reason = why_escalated(monitor.escalate, *ladder, due, now.monotonic);
  const std::vector<AlertId> to = told_by_steps(monitor.escalate, *ladder, due);
  ladder->steps = due;
  state.held_because.clear();
  to_save_.push_back(id);
  outbox_.accept(id, notice, to, effects);
}

void Engine::climb_gate_finished(MonitorId id, bool no, Moment now, std::vector<Effect>& effects) {
  monitors_[id.value].climb_gate = no ? HeldProblem::Gate::no : HeldProblem::Gate::yes;
  climb(id, now, effects);
}

// The ladder goes on where it was. An incident that was told by a version without ladders climbs from now.
void Engine::restore_climb(const SavedMonitor& saved, MonitorId id, const SavedClock& clock,
                           Moment now) {
  MonitorState& state = monitors_[id.value];
  state.climb = saved.escalation;
  state.flapping_climb = saved.flapping_escalation;
  const bool told = state.policy.status == Status::down && state.policy.alerts > 0;
  if (told && !state.climb) state.climb = EscalationState{now, 0, 0};
  if (!state.flapping_incident.empty() && !state.flapping_climb)
    state.flapping_climb = EscalationState{now, 0, 0};
  for (auto* ladder : {&state.climb, &state.flapping_climb}) {
    if (*ladder) (*ladder)->since = clock.past((*ladder)->since);
  }
  if (config_->monitors[id.value].escalate.empty() || (!state.climb && !state.flapping_climb))
    return;
  // What has become due meanwhile is looked at with the first event.
  state.climb_at = now.monotonic;
  climbs_.emplace(now.monotonic, id);
}

// Steps that have become due because time has passed.
void Engine::climb_due(Moment now, std::vector<Effect>& effects) {
  while (!climbs_.empty() && climbs_.begin()->first <= now.monotonic) {
    const MonitorId id = climbs_.begin()->second;
    climbs_.erase(climbs_.begin());
    monitors_[id.value].climb_at.reset();
    climb(id, now, effects);
  }
}

}  // namespace minitor
