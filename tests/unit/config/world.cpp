#include "world.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "tests/zones.hpp"

namespace minitor {
namespace {

const std::map<std::string, std::string>& variables() {
  static const std::map<std::string, std::string> all{
      {"INTERVAL", "30"},    {"NAME", "web"},
      {"EMPTY", ""},         {"API_TOKEN", "s3cr3t-token"},
      {"COLON", "s: t # u"}, {"BRACES", "{last_output}"},
      {"HOME", "/home/me"},  {"FLAG", "true"},
      {"SECRETS", "secrets"}};
  return all;
}

std::string names(const std::vector<AlertId>& ids, const Config& config) {
  std::string text;
  for (const AlertId id : ids) text += (text.empty() ? "" : ", ") + config.alerts.at(id.value).name;
  return "[" + text + "]";
}

std::string pairs(const std::vector<std::pair<std::string, std::string>>& all) {
  std::string text;
  for (const auto& [name, value] : all)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  return text;
}

struct Words {
  std::string operator()(const AfterFailures& after) const {
    return fmt::format("{} failures", after.count);
  }
  std::string operator()(const AfterDuration& after) const {
    return format_duration(after.duration);
  }
  std::string operator()(const EveryBackoff&) const { return "backoff"; }
  std::string operator()(const EveryNever& every) const {
    return every.late ? "never, late" : "never";
  }
  std::string operator()(const EveryFailures& every) const {
    return fmt::format("{} failures", every.count);
  }
  std::string operator()(const EveryDuration& every) const {
    return format_duration(every.duration);
  }
  std::string operator()(const LogLine&) const { return "log line"; }
  std::string operator()(const ArgvTemplate&) const { return "argv"; }
  std::string operator()(const ShellTemplate&) const { return "shell"; }
  std::string operator()(const Argv& argv) const {
    std::string text = "argv";
    for (const std::string& item : argv.items) text += fmt::format(" <{}>", item);
    return text;
  }
  std::string operator()(const ShellText& shell) const { return "shell <" + shell.text + ">"; }
};

void line(std::string& text, std::string_view name, const std::string& value) {
  if (!value.empty()) text += fmt::format("  {}: {}\n", name, value);
}

std::string dump(const Monitor& monitor, const Config& config) {
  std::string text = fmt::format("monitor {}\n", monitor.name);
  line(text, "description", monitor.description);
  line(text, "group", monitor.group);
  if (!monitor.was.empty()) line(text, "was", monitor.was);
  line(text, "labels", pairs(monitor.labels));
  line(text, "command", std::visit(Words{}, monitor.command.program));
  line(text, "env", pairs(monitor.command.environment));
  line(text, "directory", monitor.command.directory);
  line(text, "interval", format_duration(monitor.interval));
  if (const auto& heartbeat = monitor.heartbeat)
    line(text, "heartbeat",
         fmt::format("grace {}, limit {}, token {}", format_duration(heartbeat->grace),
                     heartbeat->limit ? format_duration(*heartbeat->limit) : "none",
                     heartbeat->token));
  line(text, "timeout", format_duration(monitor.command.timeout));
  line(text, "output", std::to_string(monitor.command.output_bytes));
  if (monitor.exit_codes == ExitCodes::nagios) line(text, "exit codes", "nagios");
  line(text, "after", std::visit(Words{}, monitor.rules.after));
  line(text, "every", std::visit(Words{}, monitor.rules.every));
  line(text, "down", names(monitor.alert_down, config));
  line(text, "up", names(monitor.alert_up, config));
  if (monitor.shown.output) line(text, "shows", "output");
  if (monitor.shown.command) line(text, "shows", "command");
  return text;
}

std::string windows(const std::vector<WindowId>& ids, const Config& config) {
  std::string text;
  for (const WindowId id : ids)
    text += (text.empty() ? "" : ", ") + config.windows.at(id.value).name;
  return text;
}

// What a monitor does only when it is asked to.
std::string policy(const Monitor& monitor, const Config& config) {
  std::string text;
  if (monitor.schedule)
    line(text, "schedule",
         fmt::format("{} in {}", monitor.schedule->cron.text(), monitor.schedule->zone.name()));
  if (monitor.rules.warnings) line(text, "alert on", "warnings too");
  const std::string after = std::visit(Words{}, monitor.rules.recover_after);
  if (after != "1 failures") line(text, "recover after", after);
  if (monitor.flapping) line(text, "flapping", "told");
  if (monitor.canary) line(text, "canary", monitor.scope.empty() ? "of all" : "of its scope");
  line(text, "scope", monitor.scope);
  for (const Repair& repair : monitor.repairs) {
    const RepairLimits& limits = repair.limits;
    line(text, "repair",
         fmt::format("{} env {} in <{}> within {}, wait {}, attempts {}, cooldown {}, per hour {}, "
                     "lock <{}>",
                     std::visit(Words{}, repair.command.program), pairs(repair.command.environment),
                     repair.command.directory, format_duration(repair.command.timeout),
                     format_duration(limits.wait), limits.attempts,
                     format_duration(limits.cooldown), limits.per_hour, limits.lock));
  }
  for (const AnyOf& any : monitor.needs) {
    std::string parents;
    for (const MonitorIndex parent : any.parents)
      parents += (parents.empty() ? "" : " or ") + config.monitors.at(parent).name;
    line(text, "needs", parents);
  }
  line(text, "maintenance", windows(monitor.maintenance, config));
  line(text, "only in", windows(monitor.only_in, config));
  if (monitor.only_when) line(text, "only when", std::visit(Words{}, monitor.only_when->program));
  for (const EscalationStep& step : monitor.escalate)
    line(text, "escalate", std::visit(Words{}, step.after) + ": " + names(step.alerts, config));
  if (!monitor.alert_recovered.empty())
    line(text, "recovered", names(monitor.alert_recovered, config));
  return text;
}

std::string dump(const Window& window) {
  std::string text = fmt::format("window {} in {}\n", window.name, window.zone.name());
  line(text, "description", window.description);
  if (const auto* recurring = std::get_if<Window::Recurring>(&window.when))
    line(text, "opens",
         fmt::format("{} for {}", recurring->opens.text(), format_duration(recurring->length)));
  if (const auto* once = std::get_if<Window::Once>(&window.when))
    line(text, "open",
         fmt::format("{} to {}", format_rfc3339(once->from, window.zone),
                     format_rfc3339(once->until, window.zone)));
  return text;
}

std::string dump(const Alert& alert, const Config& config) {
  std::string text = fmt::format("alert {}\n", alert.name);
  line(text, "message", std::visit(Words{}, alert.message));
  line(text, "env", pairs(alert.environment));
  line(text, "directory", alert.directory);
  line(text, "timeout", format_duration(alert.timeout));
  line(text, "attempts",
       fmt::format("{} from {}", alert.attempts, format_duration(alert.retry_after)));
  line(text, "fallback", names(alert.fallback, config));
  if (alert.storm.group > Duration::zero()) line(text, "group", format_duration(alert.storm.group));
  if (alert.storm.rate)
    line(text, "rate",
         fmt::format("{} per {}", alert.storm.rate->count, format_duration(alert.storm.rate->per)));
  return text;
}

}  // namespace

ConfigWorld test_world() {
  ConfigWorld world;
  world.environment = variables();
  world.variable = [](const std::string& name) -> std::optional<std::string> {
    const auto found = variables().find(name);
    return found == variables().end() ? std::nullopt : std::optional(found->second);
  };
  world.find_zone = [](const std::string& name) -> std::optional<TimeZone> {
    if (name.empty()) return TimeZone{};
    if (name == "Europe/Berlin") return tests::berlin();
    if (name == "America/New_York") return tests::new_york();
    return std::nullopt;
  };
  return world;
}

ConfigWorld test_world(std::map<std::string, std::string> files) {
  ConfigWorld world = test_world();
  world.read_file = [files](const std::string& path, std::size_t) -> FileBytes {
    const auto found = files.find(path);
    return found == files.end() ? FileBytes{"", "cannot be read: No such file or directory"}
                                : FileBytes{found->second, ""};
  };
  world.matching_files = [files](const std::string&) {
    std::vector<std::string> all;
    for (const auto& [path, bytes] : files) all.push_back(path);
    return all;
  };
  return world;
}

LoadResult load(std::string_view text) {
  return load_config_text("minitor.yml", text, test_world({}));
}

std::string errors_of(const LoadResult& result) {
  const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
  if (errors == nullptr) return "it loads\n";
  std::string text;
  for (const ConfigError& error : *errors) text += error.text() + "\n";
  return text;
}

std::string errors_of(std::string_view text) { return errors_of(load(text)); }

std::string notes_of(std::string_view text) {
  const LoadResult result = load(text);
  if (result.index() != 0) return "does not load:\n" + errors_of(result);
  std::string notes;
  for (const ConfigError& note : std::get<LoadedConfig>(result).notes) notes += note.text() + "\n";
  return notes;
}

Config config_of(std::string_view text) {
  LoadResult result = load(text);
  if (result.index() != 0) throw std::runtime_error("does not load:\n" + errors_of(result));
  return std::get<LoadedConfig>(std::move(result)).config;
}

std::string dump(const LoadedConfig& loaded) {
  std::string text;
  for (const std::string& file : loaded.files) text += "file " + file + "\n";
  for (const ConfigError& note : loaded.notes) text += "note " + note.text() + "\n";
  text += fmt::format("max_concurrent {}\n", loaded.config.max_concurrent);
  if (loaded.config.control.place != ControlSettings::Place::usual)
    text += fmt::format("control \"{}\"\n", loaded.config.control.path);
  const ObserverSettings& observer = loaded.config.observer;
  if (observer.late_after != kDefaultLateAfter || observer.blind_when != BlindWhen::all)
    text +=
        fmt::format("blind when {}, late after {}, told to {}\n",
                    observer.blind_when == BlindWhen::all ? "all" : "any",
                    format_duration(observer.late_after), names(observer.alerts, loaded.config));
  const HistorySettings& history = loaded.config.history;
  if (history.place != HistorySettings::Place::usual) {
    text += fmt::format("history \"{}\", {} bytes, {}, {}, {}\n", history.path, history.max_bytes,
                        format_duration(history.checks), format_duration(history.minutes),
                        format_duration(history.hours));
  }
  if (const auto& web = loaded.config.web)
    text += fmt::format("web {} {} token {} {} {}\n", web->address, web->port, web->token,
                        web->open_to_read ? "public" : "private", web->public_url);
  for (const Window& window : loaded.config.windows) text += dump(window);
  for (const Monitor& monitor : loaded.config.monitors)
    text += dump(monitor, loaded.config) + policy(monitor, loaded.config);
  for (const Alert& alert : loaded.config.alerts) text += dump(alert, loaded.config);
  return text;
}

}  // namespace minitor
