// The engine under another configuration. What it knows stays, under new numbers: phase, counters,
// incidents, runs and repairs under way, notices held and on their way. What has changed counts from now
// on: an interval from the last check, rules from the next one, a command when it is next run. What is
// gone is ended, with the reason.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/engine.hpp"
#include "minitor/core/engine_parts.hpp"

namespace minitor {
namespace {

constexpr const char* kGone = "the monitor is no longer in the configuration";

Needs renumbered(Needs needs, const Renumbering& to) {
  for (AnyOf& any : needs) {
    for (MonitorIndex& parent : any.parents) parent = to(MonitorId{parent}).value;
  }
  return needs;
}

}  // namespace

std::shared_ptr<const Monitor> Engine::shared(MonitorId id) const {
  return {config_, &config_->monitors[id.value]};
}

void Engine::on(Reload event, Moment now, std::vector<Effect>& effects) {
  if (phase_ != Phase::running) return;
  assert(effects.empty());
  const std::shared_ptr<const Config> before = std::exchange(config_, std::move(event.config));
  const Renumbering to(*before, *config_, retired_);
  effects.emplace_back(RecordReload{summarize(*before, *config_, now.wall)});

  commands_.clear();
  for (const Monitor& monitor : config_->monitors)
    commands_.emplace_back(config_, &monitor.command);
  std::vector<MonitorState> old = std::exchange(monitors_, {});
  monitors_.resize(config_->monitors.size());
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    const MonitorId id{i};
    const auto former = to.before(id);
    if (!former) continue;
    const Monitor& was = before->monitors[former->value];
    const Monitor& is = config_->monitors[i];
    monitors_[i] = std::move(old[former->value]);
    if (was.exit_codes != is.exit_codes) monitors_[i].perfdata.clear();
    if (was.only_when != is.only_when) monitors_[i].climb_gate = HeldProblem::Gate::unasked;
    if (auto& heartbeat = monitors_[i].heartbeat; heartbeat && was.heartbeat && is.heartbeat)
      another_period(was, is, *heartbeat, now.monotonic);
    if (was.name != is.name) to_replace_.emplace_back(ForgetMonitor{was.name});
    for (auto& held : monitors_[i].held_recoveries) {
      if (held->monitor == is.name) continue;
      auto renamed = std::make_shared<Notice>(*held);
      renamed->monitor = is.name;
      held = std::move(renamed);
    }
    if (was.name != is.name || !same(*before, was, *config_, is)) to_save_.push_back(id);
  }
  renumber_runs(*before, to, effects);
  renumber_agenda(to, now);
  renumber_held(*before, to);
  laid_over_.clear();
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    if (monitors_[i].overlays.any()) laid_over_.insert(MonitorId{i});
  }
  renumber_climbs(now);
  dependencies_ = DependencyGraph(needs(*config_));

  std::map<MonitorId, std::uint32_t> gone;  // the number now, the number before
  for (std::uint32_t i = 0; i < before->monitors.size(); ++i) {
    if (watched(to(MonitorId{i}))) continue;
    gone.emplace(to(MonitorId{i}), i);
    close(before->monitors[i].name, old[i].incident, now, effects);
    to_replace_.emplace_back(ForgetMonitor{before->monitors[i].name});
  }
  for (const Outbox::Orphan& orphan : outbox_.reload(*config_, to, now, effects)) {
    const MonitorState& past = old[gone.at(orphan.monitor)];
    tell_the_end(orphan, {past.policy, past.incident, past.held_recoveries}, now, effects);
  }
  renumber_repairs(*before, to, now, effects);
  renumber_sight(*before, to, now, effects);
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) end_flapping(MonitorId{i}, now, effects);
  look_at_the_clock(now, effects);
  end_overlays(now, effects);

  // What held a notice back may be gone.
  std::vector<MonitorId> held;
  for (const auto& [id, problem] : held_) {
    if (!quiet_until_.contains(id)) held.push_back(id);
  }
  for (const MonitorId id : held) reconsider(id, now, effects);
}

void Engine::renumber_runs(const Config& before, const Renumbering& to,
                           std::vector<Effect>& effects) {
  std::vector<RunId> ended;
  for (auto& [id, run] : runs_) {
    bool goes_on = true;
    if (auto* check = std::get_if<CheckRun>(&run)) {
      check->monitor = to(check->monitor);
      goes_on = watched(check->monitor);
    } else if (auto* manual = std::get_if<ManualRun>(&run)) {
      manual->monitor = to(manual->monitor);
      goes_on = watched(manual->monitor);
    } else if (auto* gate = std::get_if<GateRun>(&run)) {
      const auto& asked = before.monitors[gate->monitor.value].only_when;
      gate->monitor = to(gate->monitor);
      goes_on = watched(gate->monitor) && asked == config_->monitors[gate->monitor.value].only_when;
    } else if (auto* alert = std::get_if<AlertRun>(&run)) {
      if (const auto known = to(alert->alert)) {
        alert->alert = *known;
        for (ChannelId& channel : alert->channels) {
          channel.alert = *known;
          if (channel.monitor) channel.monitor = to(*channel.monitor);
        }
      } else {
        LastAlertRun last{{}, before.alerts[alert->alert.value].name};
        for (const ChannelId& channel : alert->channels) {
          for (auto& notice : outbox_.on_its_way(channel))
            last.notices.push_back(std::move(notice));
        }
        run = std::move(last);
      }
    } else if (auto* repair = std::get_if<RepairRun>(&run)) {
      repair->monitor = to(repair->monitor);  // which ladder it stands on: renumber_repairs()
    }
    if (goes_on) continue;
    overtaken_.erase(id);
    run = ForgottenRun{};
    ended.push_back(RunId{id});
  }
  std::sort(ended.begin(), ended.end());
  for (const RunId id : ended) effects.emplace_back(EndCommand{id});
}

void Engine::renumber_agenda(const Renumbering& to, Moment now) {
  timetable_ = std::make_shared<Timetable>(*config_, now);
  Agenda::Due due(config_->monitors.size());
  for (std::uint32_t i = 0; i < due.size(); ++i) {
    const Monitor& monitor = config_->monitors[i];
    if (const auto former = to.before(MonitorId{i}))
      due[i] =
          agenda_.due_by(*former, monitor.schedule.has_value(), monitor.interval, now.monotonic);
  }
  Agenda agenda(intervals(*config_), config_->max_concurrent, now.monotonic, due, timetable_);
  for (std::uint32_t i = 0; i < due.size(); ++i) {
    if (const auto former = to.before(MonitorId{i}))
      agenda.take_over(MonitorId{i}, agenda_, *former, now.monotonic);
  }
  agenda_ = std::move(agenda);
}

void Engine::renumber_held(const Config& before, const Renumbering& to) {
  for (auto& [id, problem] : std::exchange(held_, {})) {
    const MonitorId now_called = to(id);
    if (!watched(now_called)) continue;
    const Monitor& was = before.monitors[id.value];
    const Monitor& is = config_->monitors[now_called.value];
    if (renumbered(was.needs, to) != is.needs) {
      problem.asked.reset();
      problem.parents = HeldProblem::Parents::unasked;
    }
    if (was.only_when != is.only_when) problem.gate = HeldProblem::Gate::unasked;
    held_.emplace(now_called, std::move(problem));
  }
  // The windows may be others: they are looked at with this event.
  std::map<MonitorId, Timestamp> quiet_until;
  for (const auto& [id, until] : quiet_until_) {
    if (watched(to(id))) quiet_until.emplace(to(id), Timestamp::min());
  }
  quiet_until_ = std::move(quiet_until);
}

void Engine::renumber_repairs(const Config& before, const Renumbering& to, Moment now,
                              std::vector<Effect>& effects) {
  Repairs::Numbers numbers;
  numbers.number = [&](MonitorIndex index) { return to(MonitorId{index}).value; };
  numbers.retire = [&] {
    return MonitorId{static_cast<std::uint32_t>(monitors_.size()) + retired_++}.value;
  };
  numbers.same = [&](MonitorIndex index) {
    const MonitorId id = to(MonitorId{index});
    return watched(id) && index < before.monitors.size() &&
           before.monitors[index].repairs == config_->monitors[id.value].repairs;
  };
  RepairRequests requests;
  const auto numbers_now = repairs_.reload(ladders(*config_), numbers, now.monotonic, requests);
  for (auto& [id, run] : runs_) {
    if (auto* repair = std::get_if<RepairRun>(&run))
      repair->ladder = numbers_now.at(repair->ladder);
  }
  carry_out(requests, now, effects);
}

// The ladders go on where they were, step by step in their order; what has become due by other ones is
// looked at in this turn.
void Engine::renumber_climbs(Moment now) {
  climbs_.clear();
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    MonitorState& state = monitors_[i];
    state.climb_at.reset();
    if (config_->monitors[i].escalate.empty() || (!state.climb && !state.flapping_climb)) continue;
    state.climb_at = now.monotonic;
    climbs_.emplace(now.monotonic, MonitorId{i});
  }
}

// What the canaries said is kept, and what was seen while they failed; a blindness ends in this turn where
// its scope has no canaries any more.
void Engine::renumber_sight(const Config& before, const Renumbering& to, Moment now,
                            std::vector<Effect>& effects) {
  const std::vector<NetworkScope> scopes = std::exchange(scopes_, {});
  const std::vector<ScopeSight> sights = std::exchange(sights_, {});
  std::vector<std::string> scopes_before(monitors_.size());  // of the monitors that had one
  std::map<MonitorIndex, CanaryState> canaries;
  look_from_anew();
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    for (std::size_t place = 0; place < scopes[i].canaries.size(); ++place)
      canaries[to(MonitorId{scopes[i].canaries[place]}).value] = sights[i].canary(place);
  }
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    for (std::size_t place = 0; place < scopes_[i].canaries.size(); ++place) {
      const MonitorId id{scopes_[i].canaries[place]};
      const auto known = canaries.find(id.value);
      if (known == canaries.end()) {
        set_canary(id, monitors_[id.value].policy.failures > 0, Monotonic::min());
      } else {
        sights_[i].set(place, known->second);
      }
    }
    const auto covered = [&](MonitorIndex number) -> std::optional<MonitorIndex> {
      const MonitorId id = to(MonitorId{number});
      const bool here =
          watched(id) && scope_of_[id.value] == i && !config_->monitors[id.value].canary;
      return here ? std::optional(id.value) : std::nullopt;
    };
    for (std::size_t old = 0; old < scopes.size(); ++old) {
      if (scopes[old].name == scopes_[i].name) sights_[i].take_over(sights[old], covered);
    }
  }
  canary_spoke_ = true;
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    if (const auto former = to.before(MonitorId{i}))
      scopes_before[i] = before.monitors[former->value].scope;
  }
  renumber_doubts(scopes_before, to, now, effects);
}

// Results that wait for canaries go on waiting: for those that there are now, which are asked if they were
// not. Where none stands for the monitor any more, or those of another place, it is not known whether it was
// us: the check is made again at once, and that counts.
void Engine::renumber_doubts(const std::vector<std::string>& scopes_before, const Renumbering& to,
                             Moment now, std::vector<Effect>& effects) {
  for (auto& [when, id] : impatience_) id = to(id);
  std::vector<MonitorId> to_judge;
  for (auto& [id, doubts] : std::exchange(doubts_, {})) {
    const MonitorId known = to(id);
    if (!watched(known)) continue;
    for (Doubt& doubt : doubts) doubt.run.monitor = known;
    doubts_.emplace(known, std::move(doubts));
    const Monitor& monitor = config_->monitors[known.value];
    const auto scope = scope_of_[known.value];
    if (!scope || monitor.canary || monitor.scope != scopes_before[known.value]) {
      to_judge.push_back(known);
      continue;
    }
    for (const Doubt& doubt : doubts_.at(known)) {
      for (std::size_t i = 0; i < scopes_[*scope].canaries.size(); ++i) {
        if (sights_[*scope].canary(i).checked < doubt.asked)
          agenda_.check_first(MonitorId{scopes_[*scope].canaries[i]}, now.monotonic);
      }
    }
  }
  for (const MonitorId id : to_judge) {
    for (auto one = doubts_.find(id); one != doubts_.end(); one = doubts_.find(id)) {
      overtaken_.emplace(one->second.front().id.value,
                         "no canary that it waited for is its own any more");
      judge_oldest(one, now, effects);
    }
    agenda_.check_now(id, now.monotonic);
  }
}

void Engine::close(const std::string& monitor, const std::string& incident, Moment now,
                   std::vector<Effect>& effects) {
  if (!incident.empty()) effects.emplace_back(RecordClosed{monitor, incident, now.wall, kGone});
}

// Whoever was told of trouble is told its end: that it was over before, or that nobody looks any more.
void Engine::tell_the_end(const Outbox::Orphan& orphan, const Past& past, Moment now,
                          std::vector<Effect>& effects) {
  for (const auto& held : past.held_recoveries) {
    if (held->incident == orphan.incident)
      return outbox_.accept(orphan.monitor, held, orphan.up, effects);
  }
  auto notice = std::make_shared<Notice>();
  notice->id = next_id('n');
  notice->incident = orphan.incident;
  notice->kind = NoticeKind::recovery;
  notice->unwatched = true;
  notice->monitor = orphan.name;
  notice->verdict = Verdict::unknown;
  notice->outcome = "no longer watched";
  notice->reason = kGone;
  notice->created = now.wall;
  if (past.incident == orphan.incident) {
    notice->alert_count = past.policy.alerts;
    notice->failure_count = past.policy.failures;
    notice->first_failure = past.policy.first_failure.wall;
    notice->last_success = past.policy.last_success;
  }
  outbox_.accept(orphan.monitor, notice, orphan.up, effects);
}

// It is no longer to be told as flapping: what is held back because of that is free, and whoever was told
// of it is told its end.
void Engine::end_flapping(MonitorId id, Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[id.value];
  MonitorState& state = monitors_[id.value];
  if (monitor.flapping || (!state.flapping.flapping && state.flapping_incident.empty())) return;
  state.flapping = {};
  to_save_.push_back(id);
  if (state.flapping_incident.empty()) return;
  Step step;
  step.notice = NoticeKind::recovery;
  step.next = state.policy;
  Notice notice = make_notice(monitor, state, state.policy, step, {}, now);
  notice.incident = std::exchange(state.flapping_incident, {});
  notice.flapping = true;
  notice.reason = "flapping is no longer watched";
  tell(id, std::move(notice), now, effects);
}

void Engine::last_alert_finished(const LastAlertRun& run, const CommandOutcome& outcome,
                                 std::vector<Effect>& effects) {
  const bool delivered = judge(outcome.ending) == Verdict::ok;
  const std::string output = config_->redactor.redact(outcome.output);
  std::string words = one_line(without_line_ends(output), kAlertOutputInWords);
  if (!delivered) {
    words =
        config_->redactor.redact(describe(outcome.ending, fmt::format("alert \"{}\"", run.alert)));
    words += "; the alert is no longer in the configuration";
  }
  for (const auto& notice : run.notices) {
    if (delivered) outbox_.was_told_elsewhere(*notice);
    effects.emplace_back(RecordForgotten{
        notice, run.alert, words, delivered ? NoticeStage::delivered : NoticeStage::dropped});
  }
}

}  // namespace minitor
