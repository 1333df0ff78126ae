// The engine's part of holding notices back: calendars, monitors that it depends on, repairs, gates
// and flapping, in this order, each asked only when those before it let the notice pass.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {
namespace {

std::string named(const Config& config, const std::vector<MonitorIndex>& monitors) {
  std::string names;
  for (std::size_t i = 0; i < std::min(kMostNamed, monitors.size()); ++i)
    names += fmt::format("{}{}", i == 0 ? "" : ", ", config.monitors[monitors[i]].name);
  if (monitors.size() > kMostNamed)
    names += fmt::format(" and {} more", monitors.size() - kMostNamed);
  return names;
}

}  // namespace

// Why the problem of this monitor is not to be told now. `started`: of the check that failed.
Hold Engine::why_hold(MonitorId id, HeldProblem& held, Monotonic started, Moment now,
                      std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  if (const auto silent =
          quiet_while_down(*config_, monitor, monitors_[id.value].overlays, now.wall)) {
    quiet_until_[id] = silent->until;
    return {Hold::Kind::held, silent->why};
  }
  // What is bad all the same is told when we see again.
  if (std::string blind = blind_to(id); !blind.empty()) return {Hold::Kind::held, std::move(blind)};
  // What needs a command or a check cannot be had any more; the next life asks again.
  const bool asks = !monitor.needs.empty() || !monitor.repairs.empty() || monitor.only_when;
  if (phase_ != Phase::running && asks) return {Hold::Kind::held, "minitor is stopping"};
  // A repair that was begun is brought to its end; then they are asked.
  const bool repairing = repairs_.under_way(id.value);
  if (!repairing) {
    if (Hold hold = hold_for_parents(id, held, now); hold.kind != Hold::Kind::none) return hold;
  }
  if (monitors_[id.value].flapping.flapping)
    return {Hold::Kind::held, "it is flapping, which was told"};
  if (repairs_.can_try(id.value)) {
    RepairRequests requests;
    const auto answer = repairs_.failed(id.value, started, now.monotonic, requests);
    carry_out(requests, now, effects);
    if (answer == Repairs::Answer::under_way)
      return {Hold::Kind::repairing, "a repair is tried first"};
  }
  if (repairing) {
    if (Hold hold = hold_for_parents(id, held, now); hold.kind != Hold::Kind::none) return hold;
  }
  return hold_for_gate(id, held);
}

ParentState Engine::parent_state(MonitorIndex parent, Monotonic asked) const {
  const MonitorState& state = monitors_[parent];
  if (state.policy.status == Status::failing || state.policy.status == Status::down)
    return ParentState::bad;
  // A heartbeat cannot be asked: what it said last counts.
  if (config_->monitors[parent].heartbeat) return ParentState::well;
  // Nobody looks at it: it explains nothing, and an answer would not come.
  if (state.overlays.paused()) return ParentState::well;
  return state.checked >= asked ? ParentState::well : ParentState::old;
}

std::optional<std::string> Engine::parents_bad(MonitorId id) const {
  const ParentsSay say = ask_parents(dependencies_.needs(id.value), [&](MonitorIndex parent) {
    return parent_state(parent, Monotonic::min());
  });
  if (say.word != ParentsSay::Word::bad) return std::nullopt;
  return fmt::format("it depends on {}, which {} not up", named(*config_, say.causes),
                     say.causes.size() == 1 ? "is" : "are");
}

Hold Engine::hold_for_parents(MonitorId id, HeldProblem& held, Moment now) {
  const Needs& needs = dependencies_.needs(id.value);
  if (needs.empty()) return {};
  if (!held.asked) held.asked = now.monotonic;
  const ParentsSay say =
      ask_parents(needs, [&](MonitorIndex parent) { return parent_state(parent, *held.asked); });
  switch (say.word) {
    case ParentsSay::Word::well: held.parents = HeldProblem::Parents::well; return {};
    case ParentsSay::Word::bad: {
      held.parents = HeldProblem::Parents::bad;
      return {Hold::Kind::held,
              fmt::format("it depends on {}, which {} not up", named(*config_, say.causes),
                          say.causes.size() == 1 ? "is" : "are")};
    }
    case ParentsSay::Word::ask: break;
  }
  // Once: who was asked and has not answered yet is not asked again.
  if (std::exchange(held.parents, HeldProblem::Parents::asked) != HeldProblem::Parents::asked) {
    for (const MonitorIndex parent : say.to_check)
      agenda_.check_now(MonitorId{parent}, now.monotonic);
  }
  return {Hold::Kind::asking, fmt::format("{} is checked first", named(*config_, say.to_check))};
}

Hold Engine::hold_for_gate(MonitorId id, HeldProblem& held) {
  const Monitor& monitor = config_->monitors[id.value];
  if (!monitor.only_when) return {};
  switch (held.gate) {
    case HeldProblem::Gate::unasked: {
      held.gate = HeldProblem::Gate::asking;
      const RunId run = next_run(GateRun{id});
      to_start_.push_back({run,
                           RunPurpose::gate,
                           std::shared_ptr<const Command>(config_, &*monitor.only_when),
                           {}});
      return {Hold::Kind::held, {}};
    }
    case HeldProblem::Gate::asking: return {Hold::Kind::held, {}};
    case HeldProblem::Gate::no: return {Hold::Kind::held, std::string{kGateSaysNo}};
    case HeldProblem::Gate::yes: break;
  }
  return {};
}

// A gate that could not be asked lets pass: silence must be meant.
void Engine::gate_finished(const GateRun& run, const CommandOutcome& outcome, Moment now,
                           std::vector<Effect>& effects) {
  const auto* exited = std::get_if<Exited>(&outcome.ending);
  const bool no = exited != nullptr && exited->code != 0;
  if (run.climb) return climb_gate_finished(run.monitor, no, now, effects);
  const auto held = held_.find(run.monitor);
  if (held == held_.end()) return;
  held->second.gate = no ? HeldProblem::Gate::no : HeldProblem::Gate::yes;
  reconsider(run.monitor, now, effects);
}

void Engine::note_hold(MonitorId id, NoticeKind kind, const std::string& why, Moment now,
                       std::vector<Effect>& effects) {
  MonitorState& state = monitors_[id.value];
  if (why.empty() || state.held_because == why) return;
  state.held_because = why;
  effects.emplace_back(RecordHeld{id, kind, state.incident, now.wall, why});
}

// What becomes of the notice of a step, of which the effects follow.
Step Engine::gated(MonitorId id, Step step, const RecordCheck& record, Moment started, Moment now,
                   std::vector<Effect>& effects) {
  const MonitorState& state = monitors_[id.value];
  if (!step.notice || step.notice == NoticeKind::recovery) return step;
  if (step.notice == NoticeKind::reminder) {
    const auto silent =
        quiet_while_down(*config_, config_->monitors[id.value], state.overlays, now.wall);
    auto why = silent ? std::optional(silent->why) : parents_bad(id);
    if (const std::string blind = blind_to(id); !why && !blind.empty()) why = blind;
    if (!why && state.flapping.flapping) why = "it is flapping, which was told";
    if (!why) return step;
    note_hold(id, NoticeKind::reminder, *why, now, effects);
    return withheld(step, state.policy);
  }
  HeldProblem& held = held_[id];
  held.verdict = record.verdict;
  held.outcome = record.outcome;
  held.output = record.output;
  if (held.parents != HeldProblem::Parents::asked) held.asked.reset();
  if (held.gate != HeldProblem::Gate::asking) held.gate = HeldProblem::Gate::unasked;
  const Hold hold = why_hold(id, held, started.monotonic, now, effects);
  if (hold.kind == Hold::Kind::none) {
    held_.erase(id);
    return step;
  }
  note_hold(id, NoticeKind::problem, hold.why, now, effects);
  switch (hold.kind) {
    case Hold::Kind::repairing: return put_off(step, state.policy, ReasonCode::repairing);
    case Hold::Kind::asking: return put_off(step, state.policy, ReasonCode::asking);
    case Hold::Kind::held:
    case Hold::Kind::none: break;
  }
  return withheld(step, state.policy);
}

// Something that held a problem back may have changed.
void Engine::reconsider(MonitorId id, Moment now, std::vector<Effect>& effects) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  to_save_.push_back(id);
  const Hold hold = why_hold(id, found->second, state.checked, now, effects);
  const bool put_off = hold.kind == Hold::Kind::repairing || hold.kind == Hold::Kind::asking;
  if (put_off || (hold.kind == Hold::Kind::held && state.policy.status == Status::down))
    return note_hold(id, NoticeKind::problem, hold.why, now, effects);
  const PolicyState before = state.policy;
  Step step = told_late(before, now);
  if (hold.kind == Hold::Kind::held) step = withheld(step, before);
  state.policy = step.next;
  if (step.transition) {
    state.incident = next_id('i');
    const Facts facts{found->second.verdict, found->second.outcome, found->second.output};
    effects.emplace_back(transition_of(id, before, step, facts, now));
  }
  if (hold.kind == Hold::Kind::held)
    return note_hold(id, NoticeKind::problem, hold.why, now, effects);
  const Facts facts{found->second.verdict, found->second.outcome, found->second.output};
  tell(id, make_notice(monitor, state, before, step, facts, now), now, effects);
  held_.erase(id);
}

void Engine::tell(MonitorId id, Notice notice, Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  state.held_because.clear();
  follow_incident(id, notice, now);
  if (notice.kind == NoticeKind::recovery)
    return tell_end(id, std::make_shared<const Notice>(std::move(notice)), now, effects);
  release_ends(id, effects);
  if (notice.kind == NoticeKind::problem && !notice.flapping) {
    if (const RepairState* ladder = repairs_.state(id.value)) {
      for (const std::string& tried : ladder->tried) {
        notice.reason += (notice.repairs.empty() ? "; tried: " : "; ") + tried;
        notice.repairs += (notice.repairs.empty() ? "" : "\n") + tried;
      }
    }
    notice.takes_down = named(*config_, dependencies_.taken_down(id.value, [&](MonitorIndex other) {
      const Status status = monitors_[other].policy.status;
      return status == Status::failing || status == Status::down;
    }));
    if (!notice.takes_down.empty()) notice.reason += "; takes down " + notice.takes_down;
  }
  outbox_.accept(id, std::make_shared<const Notice>(std::move(notice)), monitor.alert_down,
                 effects);
}

void Engine::tell_end(MonitorId id, std::shared_ptr<const Notice> notice, Moment now,
                      std::vector<Effect>& effects) {
  MonitorState& state = monitors_[id.value];
  const auto silent = quiet(*config_, config_->monitors[id.value], state.overlays, now.wall);
  if (silent) {
    quiet_until_[id] = silent->until;
    effects.emplace_back(RecordHeld{id, notice->kind, notice->incident, now.wall, silent->why});
  }
  state.held_recoveries.push_back(std::move(notice));
  if (!silent) release_ends(id, effects);
}

void Engine::release_ends(MonitorId id, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  for (const auto& held : std::exchange(monitors_[id.value].held_recoveries, {})) {
    const bool repaired = held->kind == NoticeKind::repaired;
    outbox_.accept(id, held, repaired ? monitor.alert_recovered : monitor.alert_up, effects);
  }
}

// A check of a monitor that others depend on has ended.
void Engine::parent_checked(MonitorId id, Moment now, std::vector<Effect>& effects) {
  for (const MonitorIndex child : dependencies_.children(id.value)) {
    const MonitorId other{child};
    const auto held = held_.find(other);
    if (held == held_.end()) continue;
    if (held->second.parents == HeldProblem::Parents::asked) {
      reconsider(other, now, effects);
    } else if (held->second.parents == HeldProblem::Parents::bad && !parents_bad(other)) {
      // The cause is gone. Is the trouble? It is told only if it is still there.
      held->second.parents = HeldProblem::Parents::unasked;
      agenda_.check_now(other, now.monotonic);
    }
  }
}

// A calendar that held something back does so no longer.
void Engine::release_held(Moment now, std::vector<Effect>& effects) {
  std::vector<MonitorId> free;
  for (const auto& [id, until] : quiet_until_) {
    if (until <= now.wall) free.push_back(id);
  }
  for (const MonitorId id : free) {
    quiet_until_.erase(id);
    const Monitor& monitor = config_->monitors[id.value];
    MonitorState& state = monitors_[id.value];
    if (const auto silent = quiet(*config_, monitor, state.overlays, now.wall)) {
      quiet_until_[id] = silent->until;
      continue;
    }
    to_save_.push_back(id);
    state.held_because.clear();
    release_ends(id, effects);
    reconsider(id, now, effects);
    climb(id, now, effects);
  }
}

std::optional<Monotonic> Engine::next_release(Moment now) const {
  std::optional<Monotonic> next;
  for (const auto& [id, until] : quiet_until_) {
    const Monotonic when = now.monotonic + (std::max(until, now.wall) - now.wall);
    if (!next || when < *next) next = when;
  }
  return next;
}

// True when it has stopped flapping: what was held for that is to be looked at again, when it is known
// what this check makes of the monitor.
bool Engine::watch_flapping(MonitorId id, Verdict verdict, const Facts& facts, Moment now,
                            std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  if (!monitor.flapping || verdict == Verdict::unknown) return false;
  const bool failed =
      verdict == Verdict::failure || (verdict == Verdict::warning && monitor.rules.warnings);
  state.flapping = with_check(state.flapping, failed);
  const bool told = !state.flapping_incident.empty();
  const bool tell_begin =
      state.flapping.flapping && !told && !quiet(*config_, monitor, state.overlays, now.wall);
  const bool tell_end = !state.flapping.flapping && told;
  if (tell_begin || tell_end) {
    if (tell_begin) state.flapping_incident = next_id('i');
    Step step;
    step.notice = tell_begin ? NoticeKind::problem : NoticeKind::recovery;
    step.next = state.policy;
    Notice notice = make_notice(monitor, state, state.policy, step, facts, now);
    notice.incident = state.flapping_incident;
    notice.flapping = true;
    notice.reason =
        fmt::format("{} % of its last {} changes; it {}", share_of_changes(state.flapping),
                    kFlappingChecks - 1, tell_begin ? "flaps" : "has stopped flapping");
    if (tell_end) state.flapping_incident.clear();
    tell(id, std::move(notice), now, effects);
  }
  return tell_end;
}

}  // namespace minitor
