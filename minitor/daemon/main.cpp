// The program: reads the command line and the configuration, and hands over.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/config/load_config.hpp"
#include "minitor/core/clean_text.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/control_place.hpp"
#include "minitor/daemon/daemon.hpp"
#include "minitor/daemon/history_place.hpp"
#include "minitor/daemon/log.hpp"
#include "minitor/daemon/options.hpp"
#include "minitor/daemon/reloader.hpp"
#include "minitor/daemon/secret_file.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace {

using namespace minitor;

int no_config() {
  fmt::print(stderr, "minitor: no configuration: there is no");
  for (const char* file : kConfigFiles) fmt::print(stderr, " {}", file);
  fmt::print(stderr, "; write one, or name it: minitor -c FILE\n");
  return kExitFailed;
}

Log::Settings log_settings(const Options& options) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  SystemZones zones;
  Log::Settings settings;
  settings.format = options.log_format.value_or(terminal ? LogFormat::terminal : LogFormat::logfmt);
  settings.level = options.log_level;
  settings.colour = terminal && std::getenv("NO_COLOR") == nullptr;
  settings.zone = zones.local();
  return settings;
}

// The command line is asked first.
std::optional<ListenText> web_address(const RunOptions& options, const Config& config) {
  if (options.web) return options.web;
  if (config.web) return ListenText{config.web->address, config.web->port};
  return std::nullopt;
}

int run(const Options& options, const RunOptions& run_options, LoadedConfig loaded,
        const std::string& file) {
  Log log(STDERR_FILENO, log_settings(options));
  log.hide(loaded.config.redactor);
  for (const ConfigError& note : loaded.notes)
    log.write(LogLevel::warning, now().wall, note.text());
  if (const auto mistake = SystemZones{}.mistake_in_tz())
    log.write(LogLevel::warning, now().wall, *mistake);

  DaemonSettings settings;
  settings.config_file = file;
  for (const std::string& name : run_options.startup_alerts) {
    const auto& alerts = loaded.config.alerts;
    const auto alert = std::find_if(alerts.begin(), alerts.end(),
                                    [&name](const Alert& a) { return a.name == name; });
    if (alert == alerts.end()) {
      fmt::print(stderr, "minitor: --startup-alerts: no alert is named \"{}\"\n", one_line(name));
      return kExitUsage;
    }
    settings.startup_alerts.push_back(AlertId{static_cast<std::uint32_t>(alert - alerts.begin())});
  }
  if (run_options.metrics)
    settings.metrics = {run_options.metrics_address, run_options.metrics_port};
  settings.history = history_path(loaded.config.history, file);
  if (const auto path = control_path(loaded.config, file))
    settings.control = {*path, loaded.config.control.place == ControlSettings::Place::file};
  if (const auto listen = web_address(run_options, loaded.config))
    settings.web = {listen->address, listen->port};
  if (needs_heartbeat_secret(loaded.config) && settings.history) {
    auto secret = read_secret(secret_file(*settings.history), MissingSecret::make);
    if (const auto* trouble = std::get_if<SecretTrouble>(&secret)) {
      log.write(LogLevel::error, now().wall,
                trouble->reason + "; give each heartbeat a token of its own");
      return kExitFailed;
    }
    settings.heartbeat_secret = std::get<std::string>(std::move(secret));
  }
  return run_daemon(std::make_shared<const Config>(std::move(loaded.config)), settings, log);
}

std::optional<std::string> socket_of(const Options& options, const Config& config,
                                     const std::string& file) {
  return options.control.empty() ? control_path(config, file) : options.control;
}

// Commands for the daemon that runs: `config` is where to look for it, unless the command line says it.
// A configuration that is being edited, and wrong just now, is no reason not to reach the daemon.
int ask(const Options& options, const Config& config, const std::string& file) {
  const auto path = socket_of(options, config, file);
  if (!path) {
    fmt::print(stderr, "minitor: the configuration says control: off, so that nobody listens\n");
    return kExitNoDaemon;
  }
  if (const auto* overlay = std::get_if<OverlayOptions>(&options.command))
    return overlay->list ? list_overlays(*path, *overlay) : change_overlays(*path, *overlay);
  if (std::holds_alternative<ReloadOptions>(options.command)) return reload_daemon(*path);
  return test_in_daemon(*path, std::get<TestOptions>(options.command));
}

// None: no daemon runs.
std::optional<int> ask_why(const Options& options, const Config& config, const std::string& file) {
  const auto path = socket_of(options, config, file);
  if (!path) return std::nullopt;
  return why_from_daemon(*path, std::get<WhyOptions>(options.command));
}

bool is_for_the_daemon(const Options& options) {
  if (std::holds_alternative<ReloadOptions>(options.command)) return true;
  const auto* test = std::get_if<TestOptions>(&options.command);
  return (test != nullptr && test->now) || std::holds_alternative<OverlayOptions>(options.command);
}

int with_wrong_config(const Options& options, const std::vector<ConfigError>& errors,
                      const std::string& file) {
  const auto places = [&file] { return places_of(file, this_process()); };
  // The daemon says itself what is wrong.
  if (std::holds_alternative<ReloadOptions>(options.command)) return ask(options, places(), file);
  for (const ConfigError& error : errors) fmt::print(stderr, "{}\n", error.text());
  fmt::print(stderr, "minitor: {} error{} in the configuration\n", errors.size(),
             errors.size() == 1 ? "" : "s");
  if (is_for_the_daemon(options)) return ask(options, places(), file);
  if (std::holds_alternative<WhyOptions>(options.command))
    return ask_why(options, places(), file).value_or(kExitFailed);
  if (const auto* chosen = std::get_if<HistoryOptions>(&options.command))
    return show_history(history_path(places().history, file), *chosen);
  return kExitFailed;
}

int main_or_throw(int argc, char** argv) {
  const std::variant<Options, int> read = read_options(argc, argv);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const auto& options = std::get<Options>(read);
  if (std::holds_alternative<SchemaOptions>(options.command)) {
    fmt::print("{}\n", config_schema());
    return kExitOk;
  }
  if (is_for_the_daemon(options) && !options.control.empty()) return ask(options, {}, {});
  const std::optional<std::string> file = find_config(options);
  if (!file) return no_config();
  SystemZones zones;
  std::variant<LoadedConfig, std::vector<ConfigError>> loaded = load_from(*file);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded))
    return with_wrong_config(options, *errors, *file);
  auto& good = std::get<LoadedConfig>(loaded);
  if (is_for_the_daemon(options)) return ask(options, good.config, *file);
  if (const auto* chosen = std::get_if<RunOptions>(&options.command))
    return run(options, *chosen, std::move(good), *file);
  if (const auto* chosen = std::get_if<HistoryOptions>(&options.command))
    return show_history(history_path(good.config.history, *file), *chosen);
  if (std::holds_alternative<HeartbeatsOptions>(options.command))
    return print_heartbeats(good.config, history_path(good.config.history, *file));
  if (const auto* chosen = std::get_if<CheckConfigOptions>(&options.command))
    return check_config(good, *chosen);
  if (const auto* chosen = std::get_if<TestOptions>(&options.command))
    return test_monitors(good.config, *chosen);
  if (const auto* chosen = std::get_if<SimulateOptions>(&options.command))
    return simulate(std::move(good.config), *chosen, zones);
  if (const auto* chosen = std::get_if<WhyOptions>(&options.command)) {
    if (const auto code = ask_why(options, good.config, *file)) return *code;
    return why_from_history(good.config, *file, *chosen, zones);
  }
  if (const auto* chosen = std::get_if<WindowsOptions>(&options.command))
    return print_windows(good.config, *chosen);
  return send_sample(good.config, std::get<AlertOptions>(options.command));
}

// What could not be written was not said: a result that nobody sees is a failure.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  fmt::print(stderr, "minitor: standard output takes nothing more: {}\n", std::strerror(errno));
  return kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return written(main_or_throw(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "minitor: {}\n", error.what());
    return minitor::kExitFailed;
  }
}
