#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/notice_text.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/run_once.hpp"
#include "minitor/daemon/sample_notice.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {

int send_sample(const Config& config, const AlertOptions& options) {
  const auto alert = std::find_if(config.alerts.begin(), config.alerts.end(),
                                  [&options](const Alert& a) { return a.name == options.alert; });
  if (alert == config.alerts.end()) {
    std::string known;
    for (const Alert& a : config.alerts)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", one_line(a.name));
    fmt::print(stderr, "minitor: alert: no alert is named \"{}\"; there are: {}\n",
               one_line(options.alert), known);
    return kExitUsage;
  }
  const Notice notice = sample_notice(options.kind, now().wall);
  if (std::holds_alternative<LogLine>(alert->message)) {
    fmt::print("alert \"{}\" writes to the log: {}\n", one_line(alert->name), sentence(notice));
    return kExitOk;
  }
  SystemZones zones;
  AlertCommand made = alert_command(*alert, notice, {zones.local(), &zones});
  const auto command = std::make_shared<const Command>(std::move(made.command));
  fmt::print("alert \"{}\" runs: {}\n", one_line(alert->name),
             one_line(config.redactor.redact(describe(*command)), 4096));
  std::fflush(stdout);
  const CommandOutcome outcome = run_to_the_end({{command, std::move(made.input)}}, 1).front();

  const std::string output = printable(config.redactor.redact(outcome.output));
  if (!output.empty()) fmt::print("{}{}", output, output.back() == '\n' ? "" : "\n");
  const bool delivered = judge(outcome.ending) == Verdict::ok;
  fmt::print("{}: {} after {}\n", delivered ? "delivered" : "NOT delivered",
             config.redactor.redact(describe(outcome.ending, "the command")),
             human_duration(outcome.elapsed));
  return delivered ? kExitOk : kExitFailed;
}

}  // namespace minitor
