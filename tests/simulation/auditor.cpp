#include "tests/simulation/auditor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace minitor::simulation {
namespace {

Verdict naive_verdict(const Ending& ending) {
  if (const auto* exited = std::get_if<Exited>(&ending))
    return exited->code == 0 ? Verdict::ok : Verdict::failure;
  if (std::holds_alternative<Stopped>(ending)) return Verdict::unknown;
  if (const auto* not_started = std::get_if<NotStarted>(&ending)) {
    const int error = not_started->error;
    if (error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM)
      return Verdict::unknown;
  }
  return Verdict::failure;
}

// A record before what follows from it, what follows before commands, the wake-up last.
struct Rank {
  int operator()(const RecordCheck&) const { return 0; }
  int operator()(const RecordTransition&) const { return 1; }
  int operator()(const RecordNotice&) const { return 2; }
  int operator()(const RecordRepair&) const { return 0; }
  int operator()(const RecordHeld&) const { return 2; }
  int operator()(const RecordOverlay&) const { return 0; }
  int operator()(const LogNotice&) const { return 2; }
  int operator()(const EndCommand&) const { return 2; }
  int operator()(const RecordReload&) const { return 0; }
  int operator()(const RecordClosed&) const { return 0; }
  int operator()(const RecordForgotten&) const { return 0; }
  int operator()(const RecordUnobserved&) const { return 0; }
  int operator()(const RecordBlind&) const { return 2; }
  int operator()(const SaveState&) const { return 3; }
  int operator()(const StartCommand&) const { return 4; }
  int operator()(const AllStopped&) const { return 5; }
  int operator()(const WakeAt&) const { return 6; }
};

}  // namespace

Auditor::Auditor(const Plan& plan, Monotonic start)
    : config_(*plan.config), incidents_(*plan.config) {
  std::map<Duration, int> sharing;
  for (const Monitor& monitor : config_.monitors) ++sharing[monitor.interval];
  std::map<Duration, int> before;
  for (std::size_t i = 0; i < config_.monitors.size(); ++i) {
    const Duration interval = config_.monitors[i].interval;
    const Duration apart =
        std::min<Duration>(interval / sharing[interval], std::chrono::milliseconds{50});
    const Monotonic first = start + apart * before[interval]++;
    Check check;
    check.first = first;
    check.interval = interval;
    check.next = first;
    check.policy = NaivePolicy{plan.rules[i]};
    checks_.push_back(std::move(check));
  }
}

void Auditor::restarted(Moment now) {
  now_ = now;
  runs_.clear();
  running_ = 0;
  last_run_ = 0;
  phase_ = Phase::running;
  all_stopped_ = false;
  incidents_.restarted(now.monotonic);
  const auto waits = [&](const Check& check) { return check.known && check.due > now.monotonic; };
  std::map<Duration, int> sharing;
  for (const Check& check : checks_) sharing[check.interval] += waits(check) ? 0 : 1;
  std::map<Duration, int> before;
  for (Check& check : checks_) {
    check.running = false;
    check.next = check.due;
    if (!waits(check)) {
      const Duration apart = std::min<Duration>(check.interval / sharing[check.interval],
                                                std::chrono::milliseconds{50});
      check.next = now.monotonic + apart * before[check.interval]++;
    }
    if (!check.known) check.first = check.next;
    // What is overdue counts as the last multiple of its interval that is not past.
    check.last = (check.next - check.first) / check.interval - 1;
    check.not_there = check.last + 1 - static_cast<std::int64_t>(check.done + check.missed);
  }
}

void Auditor::handled(const Event& event, const std::vector<Effect>& effects, Moment now) {
  now_ = now;
  Turn turn;
  open_turn(event, turn);
  require(!effects.empty() && std::holds_alternative<WakeAt>(effects.back()),
          "WakeAt is the last effect of every event");
  for (const Effect& effect : effects) {
    const int rank = std::visit(Rank{}, effect);
    require(rank >= turn.rank, "effects come in their order");
    turn.rank = rank;
    std::visit([&](const auto& value) { on(value, turn); }, effect);
    if (rank == 6) turn.rank = 7;  // and only one of it
  }
  close_turn(turn);
}

void Auditor::open_turn(const Event& event, Turn& turn) {
  std::optional<NoticeKind> expected;
  std::set<std::uint32_t> tests;
  int monitor = -1;
  to_be_ended_.clear();
  if (const auto* finished = std::get_if<CommandFinished>(&event)) {
    turn.finished = finished->run;
    turn.run = runs_.at(finished->run.value);
    runs_.erase(finished->run.value);
    monitor = turn.run->monitor;
    if (monitor >= 0) {
      Check& check = checks_[static_cast<std::size_t>(monitor)];
      check.running = false;
      --running_;
      const Monotonic due = check.first + check.interval * check.last;
      turn.before = check.policy.status();
      turn.verdict = naive_verdict(finished->outcome.ending);
      expected = check.policy.check(*turn.verdict, due);
      check.next = due + check.interval;
      while (check.next < now_.monotonic) check.next += check.interval;
      check.known = true;
      check.due = std::holds_alternative<Stopped>(finished->outcome.ending) ? due : check.next;
    }
  } else if (const auto* test = std::get_if<TestAlerts>(&event)) {
    for (const AlertId id : test->alerts) tests.insert(id.value);
  }
  const bool stop_now = std::holds_alternative<StopNow>(event);
  const bool stop = std::holds_alternative<StopRequested>(event) || stop_now;
  if (stop) {
    for (const auto& [id, run] : runs_) {
      const bool check = run.monitor >= 0;
      if ((check && phase_ == Phase::running) || (!check && stop_now)) to_be_ended_.push_back(id);
    }
    if (phase_ == Phase::running) phase_ = Phase::stopping;
    if (stop_now) phase_ = Phase::ending;
  }
  incidents_.begin(now_, expected, monitor, tests);
  if (turn.run && monitor < 0)
    incidents_.alert_ended(turn.run->channel, std::get<CommandFinished>(event).outcome);
}

void Auditor::on(const StartCommand& start, Turn&) {
  require(start.run.value > last_run_, "a run id is used once");
  last_run_ = start.run.value;
  if (start.purpose == RunPurpose::check) {
    require(phase_ == Phase::running, "no check starts while the daemon stops");
    start_check(start);
    return;
  }
  require(phase_ != Phase::ending, "nothing starts any more once the grace is over");
  Run run;
  run.started = now_;
  run.channel = incidents_.started(start, phase_ != Phase::running);
  runs_[start.run.value] = run;
}

void Auditor::start_check(const StartCommand& start) {
  const auto found =
      std::find_if(config_.monitors.begin(), config_.monitors.end(),
                   [&](const Monitor& monitor) { return &monitor.command == start.command.get(); });
  require(found != config_.monitors.end(), "a check is a monitor's command");
  Run run;
  run.monitor = static_cast<int>(found - config_.monitors.begin());
  run.started = now_;
  Check& check = checks_[static_cast<std::size_t>(run.monitor)];
  require(!check.running, "never two runs of one monitor");
  require(now_.monotonic >= check.next, "no check before it is due");
  run.turn = (now_.monotonic - check.first) / check.interval;
  require(run.turn > check.last, "each multiple of the interval has one run at most");
  run.missed = static_cast<int>(run.turn - check.last - 1);
  check.last = run.turn;
  check.running = true;
  require(++running_ <= config_.max_concurrent, "the cap of running checks");
  runs_[start.run.value] = run;
}

void Auditor::on(const EndCommand& end, Turn&) {
  const auto found = std::find(to_be_ended_.begin(), to_be_ended_.end(), end.run.value);
  require(found != to_be_ended_.end(), "only what is to be ended is ended");
  to_be_ended_.erase(found);
}

void Auditor::on(const RecordCheck& record, Turn& turn) {
  require(turn.run && turn.run->monitor >= 0 && !turn.recorded, "one record for each check");
  turn.recorded = true;
  Check& check = checks_[static_cast<std::size_t>(turn.run->monitor)];
  const Duration late = turn.run->started.monotonic - (check.first + check.interval * check.last);
  require(record.run == *turn.finished, "the record names the run");
  require(static_cast<int>(record.monitor.value) == turn.run->monitor, "the record's monitor");
  require(record.verdict == *turn.verdict, "the verdict");
  require(record.failures == check.policy.failures(), "the failures in a row");
  require(record.started == turn.run->started.wall, "the start is wall-clock time");
  require(record.missed == turn.run->missed, "what was missed is counted");
  require(record.lateness == late && late >= Duration::zero() && late < check.interval,
          "the lateness");
  ++check.done;
  check.missed += static_cast<std::uint64_t>(record.missed);
  ++checks_done_;
  missed_ += static_cast<std::uint64_t>(record.missed);
}

void Auditor::on(const RecordTransition& record, Turn& turn) {
  require(turn.recorded && !turn.transition, "a transition follows from its check");
  turn.transition = true;
  Check& check = checks_[record.monitor.value];
  require(static_cast<int>(record.monitor.value) == turn.run->monitor, "the transition's monitor");
  require(record.from == turn.before && record.to == check.policy.status(), "the naive transition");
  require(!record.reason.empty(), "a transition has a reason");
  require((record.to == Status::down || record.from == Status::down) == !record.incident.empty(),
          "an incident is named where there is one");
  if (record.to == Status::down) check.incident = record.incident;
  if (record.from == Status::down) {
    require(record.incident == check.incident, "an incident ends as it began");
    check.incident.clear();
    incidents_.incident_ended(record.incident);
  }
}

void Auditor::on(const WakeAt& wake, Turn&) {
  std::optional<Monotonic> expected;
  if (phase_ == Phase::running) {
    if (running_ < config_.max_concurrent) {
      for (const Check& check : checks_) {
        if (!check.running && (!expected || check.next < *expected)) expected = check.next;
      }
    }
    const auto attempt = incidents_.next_attempt();
    if (attempt && (!expected || *attempt < *expected)) expected = attempt;
  }
  require(!expected || *expected > now_.monotonic, "what is due has started");
  require(wake.when == expected, "the wake-up is for the next thing that is due");
}

void Auditor::on(const AllStopped& stopped, Turn&) {
  require(phase_ != Phase::running && !all_stopped_, "all is stopped once");
  require(runs_.empty(), "all is stopped when nothing runs");
  require(stopped.undelivered == incidents_.open(), "what was cut off is counted");
  all_stopped_ = true;
}

void Auditor::close_turn(const Turn& turn) {
  if (turn.run && turn.run->monitor >= 0) {
    require(turn.recorded, "each check is recorded");
    const Check& check = checks_[static_cast<std::size_t>(turn.run->monitor)];
    require(turn.transition == (turn.before != check.policy.status()),
            "each transition is recorded");
  }
  require(to_be_ended_.empty(), "everything that is to be ended is ended");
  require(phase_ == Phase::running || !runs_.empty() || all_stopped_, "the end is told");
  incidents_.end(phase_ == Phase::running);
}

void Auditor::compare(const Snapshot& snapshot) const {
  require(snapshot.notices_waiting == incidents_.open(), "the depth of the outbox");
  require(snapshot.alerts_running == incidents_.running(), "the alerts running");
  require(snapshot.checks_running == running_, "the checks running");
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    const MonitorSnapshot& seen = snapshot.monitors[i];
    const Check& check = checks_[i];
    const CheckCounters& counters = seen.checks;
    require(seen.status == check.policy.status(), "the status");
    require(seen.failures == check.policy.failures() && seen.alerts == check.policy.alerts(),
            "failures and alerts");
    require((seen.failures == 0) == (seen.status == Status::up || seen.status == Status::unknown),
            "status and failures fit");
    require(counters.ok + counters.ok_alerting + counters.failed + counters.failed_alerting +
                    counters.unknown ==
                check.done,
            "each check is counted once");
    require(counters.missed == check.missed, "each missed run is counted");
    require(check.not_there + static_cast<std::int64_t>(check.done + check.missed) +
                    (check.running ? check.last + 1 - check.not_there -
                                         static_cast<std::int64_t>(check.done + check.missed)
                                   : 0) ==
                check.last + 1,
            "no check is lost");
  }
}

}  // namespace minitor::simulation
