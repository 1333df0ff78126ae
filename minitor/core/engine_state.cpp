// The engine through a restart: what is saved of a monitor, and how a life goes on from it.
#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {

void Engine::restore(const SavedState& saved, const SavedClock& clock, Moment now) {
  std::unordered_map<std::string_view, std::uint32_t> ids;
  for (std::uint32_t i = 0; i < config_->monitors.size(); ++i)
    ids.emplace(config_->monitors[i].name, i);
  for (const SavedMonitor& monitor : saved.monitors) {
    const auto found = ids.find(monitor.name);
    if (found != ids.end()) {
      restore(monitor, MonitorId{found->second}, clock, now);
      continue;
    }
    close(monitor.name, monitor.incident, now, pending_);
    to_replace_.emplace_back(ForgetMonitor{monitor.name});
  }
  for (const Outbox::Orphan& orphan : outbox_.restore(saved, clock, now, retired_, pending_)) {
    const auto found =
        std::find_if(saved.monitors.begin(), saved.monitors.end(),
                     [&](const SavedMonitor& one) { return one.name == orphan.name; });
    Past past;
    if (found != saved.monitors.end())
      past = {found->policy, found->incident, found->held_recoveries};
    tell_the_end(orphan, past, now, pending_);
  }
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) end_flapping(MonitorId{i}, now, pending_);
  restore_repairs(saved, clock, now);
  restore_observer(saved, clock, now);
}

void Engine::restore(const SavedMonitor& saved, MonitorId id, const SavedClock& clock, Moment now) {
  MonitorState& state = monitors_[id.value];
  state.policy = saved.policy;
  state.policy.first_failure = clock.past(saved.policy.first_failure);
  state.policy.last_alert = clock.past(saved.last_alert).monotonic;
  state.policy.first_success = clock.past(saved.policy.first_success);
  state.counters = saved.counters;
  state.flapping = saved.flapping;
  state.flapping_incident = saved.flapping_incident;
  state.held_recoveries = saved.held_recoveries;
  if (const Monitor& monitor = config_->monitors[id.value]; monitor.heartbeat && saved.heartbeat)
    restore_heartbeat(saved, monitor, state, clock);
  if (saved.unseen) state.unseen = clock.past(*saved.unseen);
  state.overlays = saved.overlays;
  if (state.overlays.any()) laid_over_.insert(id);
  if (state.overlays.paused()) agenda_.pause(id);
  // What was held is looked at with the first event.
  if (state.policy.owed) held_[id].outcome = "known from before the restart";
  if (state.policy.owed || !state.held_recoveries.empty()) quiet_until_[id] = Timestamp::min();
  if (saved.policy.status == Status::down)
    state.incident = saved.incident.empty() ? next_id('i') : saved.incident;
  restore_climb(saved, id, clock, now);
  to_save_.push_back(id);  // with the clocks of this life
}

void Engine::on(SaveAll, Moment, std::vector<Effect>&) {
  to_replace_.emplace_back(SavedLife{boot_, instance_});
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) to_save_.push_back(MonitorId{i});
  outbox_.touch_all();
  sight_changed_ = true;
  repairs_.touch_all();
}

void Engine::save(Moment now, std::vector<Effect>& effects) {
  for (StateChange& change : std::exchange(to_replace_, {}))
    effects.emplace_back(SaveState{std::move(change)});
  for (const MonitorIndex monitor : repairs_.take_changed()) to_save_.push_back(MonitorId{monitor});
  std::sort(to_save_.begin(), to_save_.end());
  to_save_.erase(std::unique(to_save_.begin(), to_save_.end()), to_save_.end());
  for (const MonitorId id : to_save_) effects.emplace_back(SaveState{saved(id, now)});
  to_save_.clear();
  save_sight(effects, now);
  for (StateChange& change : changed_locks(now)) effects.emplace_back(SaveState{std::move(change)});
  for (StateChange& change : outbox_.take_changes(now))
    effects.emplace_back(SaveState{std::move(change)});
}

SavedMonitor Engine::saved(MonitorId id, Moment now) const {
  const MonitorState& state = monitors_[id.value];
  SavedMonitor result;
  result.name = config_->monitors[id.value].name;
  result.policy = state.policy;
  result.last_alert = on_both_clocks(state.policy.last_alert, now);
  result.incident = state.incident;
  // The agenda knows of no instant for a heartbeat.
  const Monotonic due =
      state.heartbeat ? state.heartbeat->due : state.cut_off.value_or(agenda_.due(id));
  result.due = on_both_clocks(due, now);
  if (state.heartbeat) result.heartbeat = state.heartbeat->state;
  result.counters = state.counters;
  result.flapping = state.flapping;
  result.flapping_incident = state.flapping_incident;
  result.held_recoveries = state.held_recoveries;
  if (state.unseen) result.unseen = on_both_clocks(state.unseen->monotonic, now);
  result.repair = saved_repair(id, now);
  result.escalation = state.climb;
  result.flapping_escalation = state.flapping_climb;
  result.overlays = state.overlays;
  const auto& deliveries = outbox_.deliveries();
  for (auto one = deliveries.lower_bound(ChannelId{id, AlertId{0}});
       one != deliveries.end() && one->first.monitor == id; ++one) {
    result.delivered[config_->alerts[one->first.alert.value].name] = one->second;
  }
  return result;
}

}  // namespace minitor
