#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "minitor/core/clean_text.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/run_once.hpp"
#include "minitor/daemon/test_report.hpp"

namespace minitor {
namespace {

// The monitors that are meant, in the order of the configuration; none when a name is unknown.
std::vector<const Monitor*> chosen(const Config& config, const TestOptions& options) {
  std::vector<const Monitor*> monitors;
  const auto& names = options.monitors;
  for (const Monitor& monitor : config.monitors) {
    if (monitor.heartbeat && options.all) continue;  // nothing can be run
    if (options.all || std::find(names.begin(), names.end(), monitor.name) != names.end())
      monitors.push_back(&monitor);
  }
  bool unknown = false;
  for (const std::string& name : names) {
    if (std::any_of(monitors.begin(), monitors.end(),
                    [&name](const Monitor* m) { return m->name == name; }))
      continue;
    fmt::print(stderr, "minitor: test: no monitor is named \"{}\"\n", one_line(name));
    unknown = true;
  }
  for (const Monitor* monitor : monitors) {
    if (!monitor->heartbeat) continue;
    fmt::print(stderr, "minitor: test: \"{}\" is a heartbeat: it is told of, and runs no command\n",
               one_line(monitor->name));
    unknown = true;
  }
  if (unknown) monitors.clear();
  return monitors;
}

}  // namespace

int test_monitors(const Config& config, const TestOptions& options) {
  const std::vector<const Monitor*> monitors = chosen(config, options);
  if (monitors.empty()) return kExitUsage;
  std::vector<RunOnce> runs;
  runs.reserve(monitors.size());
  for (const Monitor* monitor : monitors)
    runs.push_back({std::make_shared<const Command>(monitor->command), {}});
  std::vector<CommandOutcome> outcomes = run_to_the_end(runs, config.max_concurrent);

  std::vector<TestResult> results;
  results.reserve(monitors.size());
  for (std::size_t i = 0; i < monitors.size(); ++i) {
    const CommandOutcome& outcome = outcomes[i];
    results.push_back(
        {monitors[i]->name, judge(outcome.ending, monitors[i]->exit_codes),
         config.redactor.redact(
             describe(outcome.ending, program_name(monitors[i]->command), monitors[i]->exit_codes)),
         config.redactor.redact(outcome.output), outcome.elapsed});
  }
  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  fmt::print("{}", test_report(results, options.format, colour));
  return test_exit_code(results, options.format);
}

}  // namespace minitor
