// The engine's part of repairs: it starts what the ladder asks for, and tells it how that ended.
#include <fmt/format.h>

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
