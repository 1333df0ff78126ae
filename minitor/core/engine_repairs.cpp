// The engine's part of repairs: it starts what the ladder asks for, and tells it how that ended.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/engine.hpp"
#include "minitor/core/template_values.hpp"

namespace minitor {

void Engine::carry_out(const RepairRequests& requests, Moment now, std::vector<Effect>& effects) {
  for (const RepairRequest& request : requests) {
    if (const auto* run = std::get_if<RunRepair>(&request)) {
      run_repair(*run, now);
    } else if (const auto* check = std::get_if<CheckNow>(&request)) {
      agenda_.check_now(MonitorId{check->monitor}, now.monotonic);
    } else {
      const auto& over = std::get<RepairPassedOver>(request);
      effects.emplace_back(RecordRepair{MonitorId{over.monitor},
                                        RunId{},
                                        over.step + 1,
                                        0,
                                        now.wall,
                                        Duration{},
                                        "passed over: " + over.why,
                                        {}});
    }
  }
}

void Engine::run_repair(const RunRepair& request, Moment now) {
  const MonitorId id{request.monitor};
  const Monitor& monitor = config_->monitors[request.monitor];
  Command command = monitor.repairs[static_cast<std::size_t>(request.step)].command;
  Environment environment;
  const auto add = [&](const char* name, std::string_view value) {
    environment.emplace_back(name, variable_value(value));
  };
  add("MINITOR_MONITOR", monitor.name);
  add("MINITOR_REPAIR", fmt::format("{}", request.step + 1));
  add("MINITOR_ATTEMPT", fmt::format("{}", request.attempt));
  add("MINITOR_FAILURE_COUNT", fmt::format("{}", monitors_[id.value].policy.failures));
  add("MINITOR_FIRST_FAILURE",
      format_rfc3339(monitors_[id.value].policy.first_failure.wall, context_.local));
  if (const auto held = held_.find(id); held != held_.end()) {
    add("MINITOR_OUTCOME", held->second.outcome);
    add("MINITOR_OUTPUT", held->second.output);
  }
  environment.insert(environment.end(), command.environment.begin(), command.environment.end());
  command.environment = std::move(environment);
  const auto started = std::make_shared<const Command>(std::move(command));
  const RunId run =
      next_run(RepairRun{id, request.monitor, request.step, request.attempt, now, started});
  to_start_.push_back({run, RunPurpose::repair, started, {}});
}

void Engine::repair_finished(RunId id, const RepairRun& run, const CommandOutcome& outcome,
                             Moment now, std::vector<Effect>& effects) {
  const Command& command = *run.command;
  RecordRepair record;
  record.monitor = run.monitor;
  record.run = id;
  record.step = run.step + 1;
  record.attempt = run.attempt;
  record.started = run.started.wall;
  record.elapsed = outcome.elapsed;
  record.outcome = config_->redactor.redact(describe(outcome.ending, program_name(command)));
  record.output = config_->redactor.redact(outcome.output);
  std::string words = fmt::format("repair {}, attempt {} ({}): {}", record.step, record.attempt,
                                  config_->redactor.redact(describe(command)), record.outcome);
  if (watched(run.monitor)) effects.emplace_back(std::move(record));
  RepairRequests requests;
  repairs_.finished(run.ladder, std::move(words), now.monotonic, requests);
  carry_out(requests, now, effects);
}

void Engine::restore_repairs(const SavedState& saved, const SavedClock& clock, Moment now) {
  for (const SavedLock& one : saved.locks) {
    RepairLock lock;
    for (const auto& [step, runs] : one.runs) {
      for (const Moment& run : runs) lock.runs[step].push_back(clock.past(run).monotonic);
    }
    for (const auto& [step, when] : one.last_first_attempts)
      lock.last_first_attempts[step] = clock.past(when).monotonic;
    repairs_.restore(one.key, std::move(lock), now.monotonic);
  }
  std::unordered_map<std::string_view, const SavedRepair*> ladders;
  for (const SavedMonitor& one : saved.monitors) {
    if (one.repair) ladders.emplace(one.name, &*one.repair);
  }
  for (std::uint32_t i = 0; i < config_->monitors.size(); ++i) {
    const auto found = ladders.find(config_->monitors[i].name);
    if (found != ladders.end()) restore_repair(MonitorId{i}, *found->second, clock, now);
  }
}

void Engine::restore_repair(MonitorId id, const SavedRepair& saved, const SavedClock& clock,
                            Moment now) {
  const auto& repairs = config_->monitors[id.value].repairs;
  RepairState state;
  state.phase = saved.phase;
  state.step = saved.step;
  state.attempt = saved.attempt;
  state.attempts = saved.attempts;
  state.running = saved.running;
  state.tried = saved.tried;
  const bool known = saved.running >= 0 && saved.running < static_cast<int>(repairs.size());
  // Who died cannot end what it began: on this boot it may run as long as it was allowed to.
  Monotonic gone = now.monotonic;
  if (known && clock.same_boot()) {
    const Command& command = repairs[static_cast<std::size_t>(saved.running)].command;
    gone = std::max(gone, clock.past(saved.began).monotonic + command.timeout + command.grace);
  }
  Duration longest_wait = Duration::zero();
  for (const Repair& repair : repairs) longest_wait = std::max(longest_wait, repair.limits.wait);
  state.until = clock.due(saved.until, longest_wait).monotonic;
  const std::string how = "minitor ended while it ran, and how it ended is not known";
  if (repairs_.restore(
          id.value, std::move(state), gone,
          fmt::format("repair {}, attempt {}: {}", saved.running + 1, saved.attempt, how),
          now.monotonic)) {
    pending_.emplace_back(RecordRepair{
        id, RunId{}, saved.running + 1, saved.attempt, saved.began.wall, Duration{}, how, {}});
  }
  const RepairState* restored = repairs_.state(id.value);
  if (restored != nullptr && restored->phase == RepairState::Phase::checking)
    agenda_.check_now(id, now.monotonic);
}

std::optional<SavedRepair> Engine::saved_repair(MonitorId id, Moment now) const {
  const RepairState* state = repairs_.state(id.value);
  if (state == nullptr) return std::nullopt;
  SavedRepair saved;
  saved.phase = state->phase;
  saved.step = state->step;
  saved.attempt = state->attempt;
  saved.attempts = state->attempts;
  saved.running = state->running;
  saved.began = on_both_clocks(state->began, now);
  saved.until = on_both_clocks(state->until, now);
  saved.tried = state->tried;
  return saved;
}

std::vector<StateChange> Engine::changed_locks(Moment now) {
  std::vector<StateChange> changes;
  for (const RepairLockKey& key : repairs_.take_changed_locks()) {
    const RepairLock* lock = repairs_.lock(key);
    if (lock == nullptr) {
      changes.emplace_back(ForgetLock{key});
      continue;
    }
    SavedLock saved{key, {}, {}};
    for (const auto& [step, runs] : lock->runs) {
      for (const Monotonic run : runs) saved.runs[step].push_back(on_both_clocks(run, now));
    }
    for (const auto& [step, when] : lock->last_first_attempts)
      saved.last_first_attempts[step] = on_both_clocks(when, now);
    changes.emplace_back(std::move(saved));
  }
  return changes;
}

std::shared_ptr<const Notice> Engine::repaired_notice(MonitorId id, const std::string& by,
                                                      const PolicyState& before, const Facts& facts,
                                                      Moment now) {
  Step step;
  step.notice = NoticeKind::repaired;
  step.next = before;
  auto notice = std::make_shared<Notice>(
      make_notice(config_->monitors[id.value], monitors_[id.value], before, step, facts, now));
  notice->incident.clear();
  notice->reason = by;
  return notice;
}

}  // namespace minitor
