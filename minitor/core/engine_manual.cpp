// Checks that a person asked for ("Test now"). They run beside the schedule and change no status: what
// they find is recorded, and nothing follows from it.
#include <algorithm>
#include <string>
#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {

void Engine::on(const TestMonitor& event, Moment now, std::vector<Effect>& effects) {
  if (phase_ != Phase::running || config_->monitors[event.monitor.value].heartbeat) return;
  int running = 0;
  for (const auto& [id, run] : runs_) {
    const auto* manual = std::get_if<ManualRun>(&run);
    if (manual == nullptr) continue;
    if (manual->monitor == event.monitor) return;
    ++running;
  }
  if (running >= kMaxManualRuns) return;
  const RunId id = next_run(ManualRun{event.monitor, shared(event.monitor), now});
  effects.emplace_back(StartCommand{id, RunPurpose::test, commands_[event.monitor.value], {}});
}

void Engine::manual_finished(RunId id, const ManualRun& run, const CommandOutcome& outcome,
                             std::vector<Effect>& effects) {
  const Monitor& monitor = *run.begun_as;
  const MonitorState& state = monitors_[run.monitor.value];
  RecordCheck record;
  record.manual = true;
  record.monitor = run.monitor;
  record.run = id;
  record.started = run.started.wall;
  record.elapsed = outcome.elapsed;
  record.verdict = judge(outcome.ending, monitor.exit_codes);
  record.counted = counts_as(record.verdict, outcome.ending);
  record.outcome = config_->redactor.redact(
      describe(outcome.ending, program_name(monitor.command), monitor.exit_codes));
  record.output_cut = outcome.output_total > outcome.output.size();
  record.output = config_->redactor.redact(outcome.output);
  record.failures = state.policy.failures;
  record.stopped = std::holds_alternative<Stopped>(outcome.ending);
  effects.emplace_back(std::move(record));
}

}  // namespace minitor
