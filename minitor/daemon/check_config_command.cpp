#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "minitor/core/alert_policy.hpp"
#include "minitor/core/clean_text.hpp"
#include "minitor/core/notice_text.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/sample_notice.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {
namespace {

// One command or message in this listing is cut to this many bytes.
constexpr std::size_t kMaxShown = 4096;

std::string names(const Config& config, const std::vector<AlertId>& ids) {
  std::string out;
  for (const AlertId id : ids)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", one_line(config.alerts[id.value].name));
  return out.empty() ? "nobody" : out;
}

std::string shown(const Config& config, const Command& command) {
  return one_line(config.redactor.redact(describe(command)), kMaxShown);
}

std::string names(const Config& config, const std::vector<WindowId>& ids) {
  std::string out;
  for (const WindowId id : ids)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", one_line(config.windows[id.value].name));
  return out;
}

// "a and b", or "a or b".
std::string describe(const Config& config, const Needs& needs) {
  std::string out;
  for (const AnyOf& need : needs) {
    std::string any;
    for (const MonitorIndex parent : need.parents)
      any += fmt::format("{}{}", any.empty() ? "" : " or ", one_line(config.monitors[parent].name));
    out += fmt::format("{}{}", out.empty() ? "" : " and ", any);
  }
  return out;
}

void show_repair(const Config& config, const Repair& repair) {
  const RepairLimits& limits = repair.limits;
  fmt::print("  repaired by   {}\n", shown(config, repair.command));
  fmt::print(
      "  {:<13} {} time{}, {} until the next check, at most {} an hour, {} between ladders\n", "",
      limits.attempts, limits.attempts == 1 ? "" : "s", format_duration(limits.wait),
      limits.per_hour, format_duration(limits.cooldown));
  if (!limits.lock.empty()) fmt::print("  {:<13} never beside {}\n", "", one_line(limits.lock));
}

// What keeps a problem from being told, in the order in which it is asked.
void show_gates(const Config& config, const Monitor& monitor) {
  if (!monitor.maintenance.empty())
    fmt::print("  silent in     {}\n", names(config, monitor.maintenance));
  if (!monitor.only_in.empty()) fmt::print("  told only in  {}\n", names(config, monitor.only_in));
  if (!monitor.needs.empty()) fmt::print("  depends on    {}\n", describe(config, monitor.needs));
  if (monitor.flapping) fmt::print("  flapping      is told once, and its end\n");
  for (const Repair& repair : monitor.repairs) show_repair(config, repair);
  if (!monitor.alert_recovered.empty())
    fmt::print("  {:<13} when it helped: {}\n", "", names(config, monitor.alert_recovered));
  if (monitor.only_when) fmt::print("  told only if  {}\n", shown(config, *monitor.only_when));
}

void show_monitor(const Config& config, const Monitor& monitor) {
  fmt::print("monitor {}\n", one_line(monitor.name));
  if (!monitor.description.empty())
    fmt::print("  is            {}\n",
               one_line(config.redactor.redact(monitor.description), kMaxShown));
  fmt::print("  runs          {}\n", shown(config, monitor.command));
  const std::string when = monitor.schedule
                               ? fmt::format("at            {} ({})", monitor.schedule->cron.text(),
                                             monitor.schedule->zone.name())
                               : fmt::format("every         {}", format_duration(monitor.interval));
  fmt::print("  {}, ended after {}\n", when, format_duration(monitor.command.timeout));
  fmt::print("  alert_after   {}, alert_every {}\n", describe(monitor.rules.after),
             describe(monitor.rules.every));
  if (monitor.rules.recover_after != AlertAfter{AfterFailures{}})
    fmt::print("  recover_after {}\n", describe(monitor.rules.recover_after));
  if (monitor.rules.warnings) fmt::print("  alert_on      warning, failure\n");
  show_gates(config, monitor);
  fmt::print("  tells         {}; of its return: {}\n", names(config, monitor.alert_down),
             names(config, monitor.alert_up));
}

// Named in an alert_up, or able to stand in for one as its fallback.
bool is_told_of_recoveries(const Config& config, const Alert& alert) {
  const auto id = static_cast<std::uint32_t>(&alert - config.alerts.data());
  const auto is_it = [id](AlertId other) { return other.value == id; };
  return std::any_of(config.monitors.begin(), config.monitors.end(),
                     [&](const Monitor& monitor) {
                       return std::any_of(monitor.alert_up.begin(), monitor.alert_up.end(), is_it);
                     }) ||
         (alert.tells_recovery &&
          std::any_of(config.alerts.begin(), config.alerts.end(), [&](const Alert& other) {
            return std::any_of(other.fallback.begin(), other.fallback.end(), is_it);
          }));
}

void show_message(const Config& config, const Alert& alert, SampleKind kind,
                  const MessageContext& context) {
  const Notice notice = sample_notice(kind, now().wall);
  const AlertCommand made = alert_command(alert, notice, context);
  const std::string command = describe(made.command);
  fmt::print("  {:<13} {}\n", name(notice.kind),
             one_line(config.redactor.redact(command), kMaxShown));
  // Shell text holds variables where its tokens stood: this is what they say.
  for (const auto& [variable, value] : made.command.environment) {
    if (command.find("${" + variable + "}") == std::string::npos) continue;
    fmt::print("  {:<13} {}={}\n", "", variable,
               one_line(shell_word(config.redactor.redact(value)), kMaxShown));
  }
}

void show_alert(const Config& config, const Alert& alert, const MessageContext& context) {
  fmt::print("alert {}\n", one_line(alert.name));
  if (!alert.description.empty())
    fmt::print("  is            {}\n",
               one_line(config.redactor.redact(alert.description), kMaxShown));
  if (std::holds_alternative<LogLine>(alert.message)) {
    fmt::print("  writes to the log of minitor\n");
    return;
  }
  show_message(config, alert, SampleKind::problem, context);
  if (is_told_of_recoveries(config, alert))
    show_message(config, alert, SampleKind::recovery, context);
  fmt::print("  ended after   {}, tried {} time{}, then {}\n", format_duration(alert.timeout),
             alert.attempts, alert.attempts == 1 ? "" : "s",
             alert.fallback.empty() ? "given up" : names(config, alert.fallback));
}

}  // namespace

int check_config(const LoadedConfig& loaded, const CheckConfigOptions& options) {
  const Config& config = loaded.config;
  for (const ConfigError& note : loaded.notes) fmt::print("{}\n", note.text());
  if (!options.quiet) {
    SystemZones zones;
    const MessageContext context{zones.local(), &zones};
    for (const Monitor& monitor : config.monitors) show_monitor(config, monitor);
    for (const Alert& alert : config.alerts) show_alert(config, alert, context);
  }
  fmt::print("{}: ok, {} monitor{}, {} alert{}\n", one_line(loaded.files.front()),
             config.monitors.size(), config.monitors.size() == 1 ? "" : "s", config.alerts.size(),
             config.alerts.size() == 1 ? "" : "s");
  return kExitOk;
}

}  // namespace minitor
