#include "minitor/core/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <string_view>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/engine_parts.hpp"
#include "minitor/core/notice_text.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor {
namespace {

// When the monitors that were watched before are due.
Agenda::Due known(const Config& config, const SavedState& saved, const SavedClock& clock) {
  std::unordered_map<std::string_view, const SavedMonitor*> by_name;
  for (const SavedMonitor& monitor : saved.monitors) by_name[monitor.name] = &monitor;
  Agenda::Due due(config.monitors.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Monitor& monitor = config.monitors[i];
    auto found = by_name.find(monitor.name);
    if (found == by_name.end() && !monitor.was.empty()) found = by_name.find(monitor.was);
    if (found == by_name.end()) continue;
    // A calendar says by itself what is to come.
    constexpr Duration kYears = std::chrono::hours{24 * 366 * 8};
    const Duration most = monitor.schedule ? kYears : monitor.interval;
    due[i] = clock.due(found->second->due, most).monotonic;
  }
  return due;
}

// The wall clock was set when it differs by more than this from where it was to be.
constexpr Duration kClockWasSet = std::chrono::seconds{1};

}  // namespace

Engine::Engine(std::shared_ptr<const Config> config, std::string instance, MessageContext context,
               Moment now, SavedState saved, const std::string& boot)
    : config_(std::move(config)),
      instance_(std::move(instance)),
      boot_(boot),
      context_(std::move(context)),
      monitors_(config_->monitors.size()),
      timetable_(std::make_shared<Timetable>(*config_, now)),
      agenda_(intervals(*config_), config_->max_concurrent, now.monotonic,
              known(*config_, saved, SavedClock{saved.life, boot, now}), timetable_),
      outbox_(*config_),
      dependencies_(needs(*config_)),
      repairs_(ladders(*config_)),
      wall_ahead_(now.wall.time_since_epoch() - now.monotonic.time_since_epoch()) {
  commands_.reserve(config_->monitors.size());
  // The command lives as long as its configuration: the pointer shares that life and copies
  // nothing.
  for (const Monitor& monitor : config_->monitors)
    commands_.emplace_back(config_, &monitor.command);
  to_replace_.emplace_back(SavedLife{boot, instance_});
  const Renames renamed = renames(saved, *config_);
  for (const auto& names : renamed) {
    to_replace_.emplace_back(ForgetMonitor{names.first});
    to_replace_.emplace_back(ForgetLock{{false, names.first}});
  }
  rename(saved, renamed);
  restore(saved, SavedClock{saved.life, boot, now}, now);
}

std::vector<Effect> Engine::handle(Event event, Moment now) {
  std::vector<Effect> effects = std::exchange(pending_, {});
  timetable_->set(now);
  // What a reload says comes first: from then on all of it speaks of the new configuration.
  const bool another_config = std::holds_alternative<Reload>(event);
  if (!another_config) look_at_the_clock(now, effects);
  const Duration ahead = now.wall.time_since_epoch() - now.monotonic.time_since_epoch();
  if (std::chrono::abs(ahead - std::exchange(wall_ahead_, ahead)) > kClockWasSet)
    agenda_.clock_was_set(now.monotonic);
  if (!another_config) end_overlays(now, effects);
  std::visit([&](auto&& value) { on(std::forward<decltype(value)>(value), now, effects); },
             std::move(event));
  finish_turn(now, effects);
  return effects;
}

void Engine::on(Tick, Moment, std::vector<Effect>&) {
  // Whatever became due is started at the end of every turn.
}

void Engine::on(CommandFinished event, Moment now, std::vector<Effect>& effects) {
  const auto found = runs_.find(event.run.value);
  assert(found != runs_.end());
  const Run run = found->second;
  if (const auto* check = std::get_if<CheckRun>(&run)) look_at_the_clock(*check, now, effects);
  runs_.erase(found);
  if (const auto* check = std::get_if<CheckRun>(&run)) {
    check_finished(event.run, *check, std::move(event.outcome), now, effects);
  } else if (const auto* repair = std::get_if<RepairRun>(&run)) {
    repair_finished(event.run, *repair, event.outcome, now, effects);
  } else if (const auto* gate = std::get_if<GateRun>(&run)) {
    gate_finished(*gate, event.outcome, now, effects);
  } else if (const auto* manual = std::get_if<ManualRun>(&run)) {
    manual_finished(event.run, *manual, event.outcome, effects);
  } else if (const auto* alert = std::get_if<AlertRun>(&run)) {
    alert_finished(*alert, event.outcome, now, effects);
  } else if (const auto* last = std::get_if<LastAlertRun>(&run)) {
    last_alert_finished(*last, event.outcome, effects);
  }
}

void Engine::on(const TestAlerts& event, Moment now, std::vector<Effect>& effects) {
  for (const AlertId id : event.alerts) {
    const Alert& alert = config_->alerts[id.value];
    auto notice = std::make_shared<Notice>();
    notice->id = next_id('n');
    notice->kind = NoticeKind::test;
    notice->monitor = fmt::format("First Run Alert Test: {}", alert.name);
    notice->verdict = Verdict::ok;
    notice->outcome = "exit 0";
    notice->reason = "asked for: a test of this alert";
    notice->created = now.wall;
    notice->last_success = now.wall;
    outbox_.accept(std::nullopt, notice, {id}, effects);
  }
}

// Ends the runs of the kind `Kind`, in the order in which they began.
template <typename... Kind>
void Engine::end_runs(std::vector<Effect>& effects) const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, run] : runs_) {
    if ((std::holds_alternative<Kind>(run) || ...)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  for (const std::uint64_t id : ids) effects.emplace_back(EndCommand{RunId{id}});
}

// A repair that was begun may end, as an alert may: half a repair is worse than none.
void Engine::on(StopRequested, Moment, std::vector<Effect>& effects) {
  if (phase_ != Phase::running) return;
  phase_ = Phase::stopping;
  outbox_.stop();
  end_runs<CheckRun, GateRun, ManualRun>(effects);
}

void Engine::on(StopNow, Moment now, std::vector<Effect>& effects) {
  on(StopRequested{}, now, effects);
  end_runs<AlertRun, RepairRun, LastAlertRun>(effects);
  if (phase_ == Phase::stopping) phase_ = Phase::ending;
}

void Engine::check_finished(RunId id, const CheckRun& run, CommandOutcome outcome, Moment now,
                            std::vector<Effect>& effects) {
  const Monotonic due = agenda_.due(run.monitor);
  agenda_.finished(run.monitor, now.monotonic);
  count_unstartable(outcome.ending, now);
  any_check_ended_ = true;
  if (doubted(id, run, outcome, due, now, effects)) return;
  // One that was cut off is due as it was before, so that the next life makes it at once.
  if (std::holds_alternative<Stopped>(outcome.ending) && !run.paused &&
      !monitors_[run.monitor.value].cut_off)
    monitors_[run.monitor.value].cut_off = std::min(due, run.started.monotonic);
  judge_check(id, run, std::move(outcome), now, effects);
}

void Engine::judge_check(RunId id, const CheckRun& run, CommandOutcome outcome, Moment now,
                         std::vector<Effect>& effects) {
  MonitorState& state = monitors_[run.monitor.value];
  if (run.paused || state.overlays.paused())
    return paused_check_finished(id, run, outcome, effects);
  state.counters.missed += static_cast<std::uint64_t>(run.missed);

  RecordCheck record;
  record.monitor = run.monitor;
  record.run = id;
  record.started = run.started.wall;
  record.elapsed = outcome.elapsed;
  record.lateness = run.lateness;
  record.verdict = judge(outcome.ending, run.begun_as->exit_codes);
  Verdict counted = counts_as(record.verdict, outcome.ending);
  record.outcome = config_->redactor.redact(
      describe(outcome.ending, program_name(run.begun_as->command), run.begun_as->exit_codes));
  if (const std::string why = uncounted(id, run.monitor, counted); !why.empty()) {
    counted = Verdict::unknown;
    if (!state.unseen) state.unseen = now;
    record.outcome += fmt::format(" (does not count: {})", why);
  }
  record.counted = counted;
  record.output_cut = outcome.output_total > outcome.output.size();
  if (counted != Verdict::unknown) read_figures(*run.begun_as, outcome, state, record);
  record.output = config_->redactor.empty() ? std::move(outcome.output)
                                            : config_->redactor.redact(outcome.output);
  record.missed = run.missed;
  state.last_check = now.wall;
  state.last_took = record.elapsed;
  state.last_outcome = record.outcome;
  record.stopped = std::holds_alternative<Stopped>(outcome.ending);
  conclude(run, counted, std::move(record), now, effects);
}

void Engine::conclude(const CheckRun& run, Verdict counted, RecordCheck record, Moment now,
                      std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[run.monitor.value];
  MonitorState& state = monitors_[run.monitor.value];
  to_save_.push_back(run.monitor);

  const Facts facts{record.verdict, record.outcome, record.output};
  std::vector<Effect> following;
  if (!record.stopped) {
    state.checked = run.started.monotonic;
    state.could_not_tell = counted == Verdict::unknown;
    if (!state.could_not_tell) leave_out_unseen(state, now);
    witness(run.monitor, counted, run.started.monotonic, now);
  }
  const bool steady = watch_flapping(run.monitor, counted, facts, now, following);
  Step step = evaluate(monitor.rules, state.policy, {counted, later(run.started, -run.lateness)});
  step = gated(run.monitor, step, record, run.started, now, following);
  record.failures = step.next.failures;
  count(state.counters, counted, step.notice.has_value(), record.elapsed);
  const PolicyState before = std::exchange(state.policy, step.next);
  const bool up = step.next.status == Status::up;
  std::string repaired;
  const bool failed = counted != Verdict::unknown && step.next.failures > before.failures;
  if (!monitor.escalate.empty() && failed) state.climb_output = record.output;
  count_for_climb(run.monitor, failed);
  if (up) {
    state.climb.reset();
    RepairRequests requests;
    repaired = repairs_.recovered(run.monitor.value, now.monotonic, requests);
    carry_out(requests, now, following);
    held_.erase(run.monitor);
    state.held_because.clear();
  }

  if (before.status != Status::down && step.next.status == Status::down)
    state.incident = next_id('i');
  std::optional<Notice> notice;
  if (step.notice) notice = make_notice(monitor, state, before, step, facts, now);
  std::shared_ptr<const Notice> mended;
  const bool tell_repaired =
      !repaired.empty() && before.alerts == 0 && !monitor.alert_recovered.empty();
  if (tell_repaired) mended = repaired_notice(run.monitor, repaired, before, facts, now);
  const std::string incident = state.incident;
  std::optional<RecordTransition> transition;
  if (step.transition) {
    transition = transition_of(run.monitor, before, step, facts, now);
    if (!repaired.empty()) transition->reason += ", " + repaired;
  }
  effects.emplace_back(std::move(record));
  if (step.transition) state.since = now.wall;
  if (transition) effects.emplace_back(*std::move(transition));
  if (up) {
    state.incident.clear();
    incident_over(run.monitor, now, effects);
  }
  for (Effect& effect : following) {
    if (auto* held = std::get_if<RecordHeld>(&effect)) held->incident = incident;
    effects.emplace_back(std::move(effect));
  }
  if (notice) tell(run.monitor, *std::move(notice), now, effects);
  if (mended) tell_end(run.monitor, std::move(mended), now, effects);
  if (steady) reconsider(run.monitor, now, effects);
  parent_checked(run.monitor, now, effects);
  climb(run.monitor, now, effects);
  // What it is, by its own alert_after, is known by now.
  if (monitor.canary && counted != Verdict::unknown && monitor.scope != kLocalScope)
    set_canary(run.monitor, state.policy.failures > 0, run.started.monotonic);
}

RecordTransition Engine::transition_of(MonitorId id, const PolicyState& before, const Step& step,
                                       const Facts& facts, Moment now) const {
  const Monitor& monitor = config_->monitors[id.value];
  RecordTransition transition{id,
                              before.status,
                              step.next.status,
                              now.wall,
                              describe(step.reason, monitor.rules),
                              monitors_[id.value].incident};
  if (step.next.status == Status::down) {
    transition.first_failure = step.next.first_failure.wall;
    const std::string said = one_line(without_line_ends(facts.output), kAlertOutputInWords);
    transition.cause = facts.outcome;
    if (!said.empty()) transition.cause += ": " + said;
  }
  return transition;
}

void Engine::read_figures(const Monitor& monitor, const CommandOutcome& outcome,
                          MonitorState& state, RecordCheck& record) const {
  state.last_verdict = record.verdict;
  if (monitor.exit_codes != ExitCodes::nagios) return;
  // What stands about the cut in the middle is no whole figure.
  const std::string_view whole =
      record.output_cut ? whole_lines(outcome.output, outcome.output.size() / 2) : outcome.output;
  record.perfdata = perfdata_of(config_->redactor.redact(whole));
  state.perfdata = record.perfdata;
  admit(state.perfdata, state.perf_labels);
}

Notice Engine::make_notice(const Monitor& monitor, const MonitorState& state,
                           const PolicyState& before, const Step& step, const Facts& check,
                           Moment now) {
  const bool recovery = step.notice == NoticeKind::recovery || step.notice == NoticeKind::repaired;
  // A recovery tells of the outage that it ends: the counts as they stood before it.
  const PolicyState& told = recovery ? before : step.next;
  Notice notice;
  notice.id = next_id('n');
  notice.incident = state.incident;
  notice.kind = *step.notice;
  notice.monitor = monitor.name;
  notice.description = monitor.description;
  notice.group = monitor.group;
  notice.labels = monitor.labels;
  notice.verdict = check.verdict;
  notice.alert_count = told.alerts;
  notice.failure_count = told.failures;
  notice.output = check.output;
  notice.outcome = check.outcome;
  notice.reason = describe(step.reason, monitor.rules);
  notice.created = now.wall;
  notice.first_failure = told.first_failure.wall;
  notice.last_success = told.last_success;
  return notice;
}

void Engine::alert_finished(const AlertRun& run, const CommandOutcome& outcome, Moment now,
                            std::vector<Effect>& effects) {
  const Alert& alert = config_->alerts[run.alert.value];
  for (const ChannelId& channel : run.channels) {
    if (channel.monitor && watched(*channel.monitor))
      to_save_.push_back(*channel.monitor);  // what was delivered
  }
  // Secrets go first: of one that was cut or escaped, the rest would not be found any more.
  const std::string output = config_->redactor.redact(outcome.output);
  std::string words = one_line(without_line_ends(output), kAlertOutputInWords);
  if (judge(outcome.ending) != Verdict::ok) {
    const std::string how = describe(outcome.ending, fmt::format("alert \"{}\"", alert.name));
    words = config_->redactor.redact(how) + (words.empty() ? "" : ": " + words);
  }
  outbox_.finished(run.alert, run.channels, read_delivery(outcome.ending, outcome.output), words,
                   now, effects);
}

void Engine::count(CheckCounters& counters, Verdict verdict, bool alerting, Duration elapsed) {
  switch (verdict) {
    case Verdict::ok:
    case Verdict::warning:
      ++(alerting ? counters.ok_alerting : counters.ok);
      counters.last_ok_took = elapsed;
      break;
    case Verdict::failure:
      ++(alerting ? counters.failed_alerting : counters.failed);
      counters.last_failed_took = elapsed;
      break;
    case Verdict::unknown: ++counters.unknown; break;
  }
}

std::string Engine::next_id(char kind) {
  return fmt::format("{}-{}{}", instance_, kind, ++last_id_);
}

RunId Engine::next_run(const Run& run) {
  const RunId id{++last_run_};
  runs_.emplace(id.value, run);
  return id;
}

void Engine::start_checks(Moment now, std::vector<Effect>& effects) {
  for (int i = 0; i < kStartsPerTurn; ++i) {
    const auto due = agenda_.take(now.monotonic);
    if (!due) return;
    const RunId id = next_run(
        CheckRun{due->monitor, shared(due->monitor), now, due->lateness, due->missed, false});
    effects.emplace_back(StartCommand{id, RunPurpose::check, commands_[due->monitor.value], {}});
  }
}

void Engine::start_alerts(std::vector<Outbox::Attempt> attempts, std::vector<Effect>& effects) {
  for (Outbox::Attempt& attempt : attempts) {
    const Alert& alert = config_->alerts[attempt.alert.value];
    AlertCommand made = alert_command(alert, *attempt.notice, context_);
    const RunId id = next_run(AlertRun{attempt.alert, std::move(attempt.channels)});
    effects.emplace_back(StartCommand{id, RunPurpose::alert,
                                      std::make_shared<const Command>(std::move(made.command)),
                                      std::move(made.input)});
  }
}

// Alerts go first: they are why the daemon is there.
void Engine::finish_turn(Moment now, std::vector<Effect>& effects) {
  if (phase_ == Phase::running) {
    RepairRequests requests;
    repairs_.tick(now.monotonic, requests);
    carry_out(requests, now, effects);
    release_held(now, effects);
    climb_due(now, effects);
    watch_heartbeats(now, effects);
    settle_sight(now, effects);
    end_doubts(now, effects);
    settle_sight(now, effects);
  }
  // That an alert runs is saved before it does: its rate cap counts on it.
  std::vector<Outbox::Attempt> attempts;
  if (phase_ == Phase::running || phase_ == Phase::stopping) attempts = outbox_.start(now);
  save(now, effects);
  start_alerts(std::move(attempts), effects);
  for (StartCommand& start : std::exchange(to_start_, {})) effects.emplace_back(std::move(start));
  if (phase_ == Phase::running) {
    start_checks(now, effects);
    std::optional<Monotonic> wake = agenda_.next();
    for (const auto other : {outbox_.next(), repairs_.next(), next_release(now), next_climb(),
                             next_heartbeat(), next_sight(), next_overlay_end(now)}) {
      if (other && (!wake || *other < *wake)) wake = other;
    }
    asked_wake_ = wake ? std::optional{std::max(*wake, now.monotonic)} : std::nullopt;
    effects.emplace_back(WakeAt{wake});
    return;
  }
  if (phase_ != Phase::stopped && runs_.empty()) {
    phase_ = Phase::stopped;
    effects.emplace_back(AllStopped{outbox_.depth()});
  }
  effects.emplace_back(WakeAt{std::nullopt});
}

Snapshot Engine::snapshot() const {
  Snapshot result;
  result.monitors.reserve(monitors_.size());
  for (std::size_t i = 0; i < monitors_.size(); ++i) {
    const MonitorState& state = monitors_[i];
    MonitorSnapshot& one = result.monitors.emplace_back();
    one.name = config_->monitors[i].name;
    one.status = state.policy.status;
    one.failures = state.policy.failures;
    one.alerts = state.policy.alerts;
    one.last_success = state.policy.last_success;
    one.checks = state.counters;
    one.last_verdict = state.last_verdict;
    one.perfdata = state.perfdata;
    one.since = state.since;
    one.last_check = state.last_check;
    one.last_took = state.last_took;
    one.last_outcome = state.last_outcome;
    one.due = agenda_.due(MonitorId{static_cast<std::uint32_t>(i)});
    one.held_because = state.held_because;
    if (const auto& heartbeat = state.heartbeat) {
      one.due = heartbeat->due;
      if (heartbeat->state.heard) one.last_heartbeat = heartbeat->state.last.wall;
      if (heartbeat->state.started) one.running_since = heartbeat->state.started->wall;
    }
    one.overlays = state.overlays;
    one.incident = state.incident;
  }
  for (const auto& [channel, delivered] : outbox_.deliveries()) {
    const std::string monitor =
        channel.monitor ? config_->monitors[channel.monitor->value].name : std::string{};
    result.deliveries.push_back({monitor, config_->alerts[channel.alert.value].name, delivered});
  }
  for (const NetworkScope& scope : scopes_) result.scopes.push_back(scope.name);
  for (const Blindness& one : blindnesses_) {
    if (one.distrusted) continue;
    result.blind.push_back({one.cause, one.scope, one.since.wall, one.why});
  }
  result.checks_running = agenda_.running();
  result.alerts_running = outbox_.running();
  result.notices_waiting = outbox_.depth();
  result.waiting = outbox_.waiting();
  return result;
}

}  // namespace minitor
