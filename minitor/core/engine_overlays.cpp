// The engine's part of overlays: they are laid over monitors, end by the clock, and what a pause means to
// checks, repairs and children. What they hold back is the business of engine_holds.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {

void Engine::on(const SetOverlay& event, Moment now, std::vector<Effect>& effects) {
  for (const MonitorId id : event.monitors) lay_over(id, event, now, effects);
}

void Engine::on(const ClearOverlay& event, Moment now, std::vector<Effect>& effects) {
  const std::string by = "by " + (event.by.empty() ? "somebody" : event.by);
  for (const MonitorId id : event.monitors)
    take_off(id, event.kind, RecordOverlay::What::cleared, by, now, effects);
}

void Engine::lay_over(MonitorId id, const SetOverlay& event, Moment now,
                      std::vector<Effect>& effects) {
  MonitorState& state = monitors_[id.value];
  const bool down = state.policy.status == Status::down;
  if (event.kind == OverlayKind::acknowledge && !down) return;
  Overlay overlay{now.wall, std::min(event.until, now.wall + kLongestOverlay), event.by,
                  event.note};
  if (overlay.until <= now.wall) return;
  if (!event.link.empty() && state.overlays.used_links.size() < kMostUsedLinks)
    state.overlays.used_links.push_back(event.link);
  const bool paused = state.overlays.paused();
  state.overlays[event.kind] = overlay;
  laid_over_.insert(id);
  to_save_.push_back(id);
  const std::string why = describe(event.kind, overlay);
  effects.emplace_back(
      RecordOverlay{id, event.kind, RecordOverlay::What::set, std::move(overlay), now.wall, why});
  if (event.kind == OverlayKind::pause && !paused) begin_pause(id, why, now, effects);
  // What is held is held until another instant, or for another reason.
  if (held_.contains(id) || quiet_until_.contains(id) || !state.held_recoveries.empty())
    quiet_until_[id] = Timestamp::min();
}

void Engine::take_off(MonitorId id, OverlayKind kind, RecordOverlay::What what,
                      const std::string& why, Moment now, std::vector<Effect>& effects) {
  MonitorState& state = monitors_[id.value];
  auto overlay = std::exchange(state.overlays[kind], std::nullopt);
  if (!overlay) return;
  if (!state.overlays.any()) laid_over_.erase(id);
  to_save_.push_back(id);
  effects.emplace_back(RecordOverlay{id, kind, what, *std::move(overlay), now.wall, why});
  if (kind == OverlayKind::pause) {
    // A problem that is owed is told only if the next check finds it still there. Those that were paused
    // together are not all checked at one instant.
    held_.erase(id);
    agenda_.resume(id, now.monotonic + kFirstRunSpacing * resumed_++);
  }
  if (held_.contains(id) || quiet_until_.contains(id) || !state.held_recoveries.empty())
    quiet_until_[id] = Timestamp::min();
}

// Whoever pauses works on the thing: nothing is run against it any more, but for a repair that was begun.
void Engine::begin_pause(MonitorId id, const std::string& why, Moment now,
                         std::vector<Effect>& effects) {
  agenda_.pause(id);
  std::vector<RunId> cut_short;
  for (auto& [number, run] : runs_) {
    auto* check = std::get_if<CheckRun>(&run);
    if (check == nullptr || check->monitor != id) continue;
    check->paused = true;
    cut_short.push_back(RunId{number});
  }
  // So are results that wait for the canaries.
  if (const auto doubts = doubts_.find(id); doubts != doubts_.end()) {
    for (Doubt& doubt : doubts->second) doubt.run.paused = true;
  }
  for (const RunId run : cut_short) effects.emplace_back(EndCommand{run});
  RepairRequests requests;
  repairs_.recovered(id.value, now.monotonic, requests);
  carry_out(requests, now, effects);
  held_.erase(id);
  MonitorState& state = monitors_[id.value];
  state.held_because.clear();
  state.policy.successes = 0;
  if (state.policy.status == Status::failing) {
    // What was not yet an outage is not counted on after a time in which nobody looked.
    state.policy.status = Status::unknown;
    state.policy.failures = 0;
    state.since = now.wall;
    effects.emplace_back(RecordTransition{id, Status::failing, Status::unknown, now.wall, why, {}});
  }
  parent_checked(id, now, effects);
}

// The end of a check that a pause cut short, or overtook: it is recorded, and says nothing.
void Engine::paused_check_finished(RunId id, const CheckRun& run, const CommandOutcome& outcome,
                                   std::vector<Effect>& effects) {
  to_save_.push_back(run.monitor);
  const Monitor& monitor = *run.begun_as;
  RecordCheck record;
  record.monitor = run.monitor;
  record.run = id;
  record.started = run.started.wall;
  record.elapsed = outcome.elapsed;
  record.lateness = run.lateness;
  record.verdict = Verdict::unknown;
  record.counted = Verdict::unknown;
  record.outcome = "ended by a pause";
  if (!std::holds_alternative<Stopped>(outcome.ending))
    record.outcome +=
        ": " + config_->redactor.redact(
                   describe(outcome.ending, program_name(monitor.command), monitor.exit_codes));
  record.output_cut = outcome.output_total > outcome.output.size();
  record.output = config_->redactor.redact(outcome.output);
  record.failures = monitors_[run.monitor.value].policy.failures;
  effects.emplace_back(std::move(record));
}

// The monitor is up: nothing is left to acknowledge, and links to this incident lead nowhere.
void Engine::incident_over(MonitorId id, Moment now, std::vector<Effect>& effects) {
  MonitorState& state = monitors_[id.value];
  state.overlays.used_links.clear();
  take_off(id, OverlayKind::acknowledge, RecordOverlay::What::ended, "it is up again", now,
           effects);
}

void Engine::end_overlays(Moment now, std::vector<Effect>& effects) {
  resumed_ = 0;
  if (laid_over_.empty()) return;
  const std::vector<MonitorId> all(laid_over_.begin(), laid_over_.end());
  for (const MonitorId id : all) {
    for (const OverlayKind kind : kOverlayKinds) {
      const auto& overlay = monitors_[id.value].overlays[kind];
      if (!overlay || !is_over(*overlay, now.wall)) continue;
      const bool set_back = now.wall < overlay->until;
      take_off(id, kind, RecordOverlay::What::ended,
               set_back ? "the clock was set back so far that it would last for too long"
                        : "its time is over",
               now, effects);
    }
  }
}

std::optional<Monotonic> Engine::next_overlay_end(Moment now) const {
  if (laid_over_.empty()) return std::nullopt;
  Duration wait = kLookAtClock;
  for (const MonitorId id : laid_over_)
    if (const auto end = monitors_[id.value].overlays.next_end())
      wait = std::min(wait, std::max(*end - now.wall, Duration::zero()));
  return now.monotonic + wait;
}

}  // namespace minitor
