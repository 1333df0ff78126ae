// The engine's part of heartbeats: what was heard becomes a check that somebody else made, and what was
// not heard in time becomes one that failed.
#include <fmt/format.h>

#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {
namespace {

std::string words_for(const Sign& sign, const Monitor& monitor) {
  switch (sign.kind) {
    case Sign::Kind::success:
    case Sign::Kind::start: return "heartbeat";
    case Sign::Kind::failure: return "heartbeat: fail";
    case Sign::Kind::code:
      return "heartbeat: " + describe(Exited{sign.code}, monitor.name, monitor.exit_codes);
  }
  return "heartbeat";
}

// It will be missed next at the first of its instants that is still to come.
void put_off(HeartbeatWatch& heartbeat, Duration interval, Monotonic now) {
  heartbeat.second_look = false;
  heartbeat.due += interval;
  if (heartbeat.due <= now) heartbeat.due += interval * ((now - heartbeat.due) / interval + 1);
}

}  // namespace

void Engine::restore_heartbeat(const SavedMonitor& saved, const Monitor& monitor,
                               MonitorState& state, const SavedClock& clock) {
  HeartbeatState& heard = state.heartbeat.emplace().state;
  heard = *saved.heartbeat;
  heard.last = clock.past(heard.last);
  if (heard.started) heard.started = clock.past(*heard.started);
  const Duration most = monitor.interval * 2 + monitor.heartbeat->grace;
  state.heartbeat->due = resumed(*monitor.heartbeat, monitor.interval, heard,
                                 clock.due(saved.due, most).monotonic, clock.now().monotonic);
}

// Its period or its grace is another one from now on, and counts from when it was last heard of. What was
// missed already is not missed once more by that.
void Engine::another_period(const Monitor& was, const Monitor& is, HeartbeatWatch& heartbeat,
                            Monotonic now) {
  if (was.interval == is.interval && was.heartbeat->grace == is.heartbeat->grace &&
      was.heartbeat->limit == is.heartbeat->limit)
    return;
  const bool missed = heartbeat.due != missed_at(*was.heartbeat, was.interval, heartbeat.state);
  heartbeat.second_look = false;
  heartbeat.due = missed_at(*is.heartbeat, is.interval, heartbeat.state);
  if (heartbeat.due > now) return;
  if (missed) {
    put_off(heartbeat, is.interval, now);
  } else {
    heartbeat.due = now;
  }
}

void Engine::on(HeartbeatReceived event, Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[event.monitor.value];
  if (phase_ != Phase::running || !monitor.heartbeat) return;
  watch_heartbeats(now, effects);
  MonitorState& state = monitors_[event.monitor.value];
  HeartbeatState& heard = state.heartbeat->state;
  heard.heard = true;
  heard.excused = false;
  heard.last = now;
  state.heartbeat->second_look = false;
  if (event.sign.kind == Sign::Kind::start) {
    heard.started = now;
    state.heartbeat->due = missed_at(*monitor.heartbeat, monitor.interval, heard);
    to_save_.push_back(event.monitor);
    return;
  }
  const auto started = std::exchange(heard.started, std::nullopt);
  state.heartbeat->due = missed_at(*monitor.heartbeat, monitor.interval, heard);
  // In a pause nobody listens; but it lives.
  if (state.overlays.paused()) return to_save_.push_back(event.monitor);

  CommandOutcome outcome;
  outcome.ending = Exited{event.sign.code};
  outcome.output_total = event.body.size() + (event.body_cut ? 1 : 0);
  outcome.output = std::move(event.body);
  if (started) outcome.elapsed = now.monotonic - started->monotonic;
  RecordCheck record;
  record.monitor = event.monitor;
  record.started = started.value_or(now).wall;
  record.elapsed = outcome.elapsed;
  record.verdict = event.sign.kind == Sign::Kind::failure
                       ? Verdict::failure
                       : judge(outcome.ending, monitor.exit_codes);
  record.counted = counts_as(record.verdict, outcome.ending);
  record.outcome = config_->redactor.redact(words_for(event.sign, monitor));
  record.output_cut = event.body_cut;
  read_figures(monitor, outcome, state, record);
  record.output = config_->redactor.redact(outcome.output);
  state.last_check = now.wall;
  state.last_took = record.elapsed;
  state.last_outcome = record.outcome;
  const Verdict counted = record.counted;
  conclude(CheckRun{event.monitor, shared(event.monitor), now}, counted, std::move(record), now,
           effects);
}

// Begins to watch those that are new, and finds those that are missing.
void Engine::watch_heartbeats(Moment now, std::vector<Effect>& effects) {
  if (heartbeats_of_ != config_.get()) {
    heartbeats_of_ = config_.get();
    heartbeats_.clear();
    for (std::uint32_t i = 0; i < config_->monitors.size(); ++i) {
      auto& heartbeat = monitors_[i].heartbeat;
      if (!config_->monitors[i].heartbeat) {
        heartbeat.reset();
        continue;
      }
      heartbeats_.push_back(MonitorId{i});
      if (heartbeat) continue;
      heartbeat.emplace().state.last = now;
      heartbeat->due = missed_at(*config_->monitors[i].heartbeat, config_->monitors[i].interval,
                                 heartbeat->state);
      to_save_.push_back(MonitorId{i});
    }
  }
  for (const MonitorId id : heartbeats_) {
    auto& heartbeat = *monitors_[id.value].heartbeat;
    if (heartbeat.due > now.monotonic) continue;
    if (monitors_[id.value].overlays.paused()) {
      put_off(heartbeat, config_->monitors[id.value].interval, now.monotonic);
      continue;
    }
    // We come late: who knocked meanwhile comes first.
    const bool late = now.monotonic - heartbeat.due > kHeartbeatSecondLook;
    if (late && !std::exchange(heartbeat.second_look, true)) {
      heartbeat.due = now.monotonic + kHeartbeatSecondLook;
      continue;
    }
    miss_heartbeat(id, now, effects);
  }
}

void Engine::miss_heartbeat(MonitorId id, Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  const Monotonic due = state.heartbeat->due;
  put_off(*state.heartbeat, monitor.interval, now.monotonic);

  RecordCheck record;
  record.monitor = id;
  record.started = now.wall;
  record.lateness = now.monotonic - due;
  record.verdict = record.counted = Verdict::failure;
  record.outcome =
      describe_missed(*monitor.heartbeat, monitor.interval, state.heartbeat->state, now.monotonic);
  // What did not reach us may have been sent all the same.
  if (const std::string why = blind_to(id); !why.empty()) {
    record.counted = Verdict::unknown;
    record.outcome += fmt::format(" (does not count: {})", why);
    if (!state.unseen) state.unseen = now;
  }
  state.last_verdict = Verdict::failure;
  state.last_check = now.wall;
  state.last_took = Duration::zero();
  state.last_outcome = record.outcome;
  const Verdict counted = record.counted;
  conclude(CheckRun{id, shared(id), now, now.monotonic - due}, counted, std::move(record), now,
           effects);
}

std::optional<Monotonic> Engine::next_heartbeat() const {
  std::optional<Monotonic> next;
  for (const MonitorId id : heartbeats_) {
    const Monotonic due = monitors_[id.value].heartbeat->due;
    if (!next || due < *next) next = due;
  }
  return next;
}

}  // namespace minitor
