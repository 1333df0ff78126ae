#include "minitor/daemon/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <map>
#include <string_view>
#include <system_error>

namespace minitor {
namespace {

// The flags of Minitor's Go version are long ones with a single dash.
constexpr std::array<std::string_view, 8> kGoFlags = {
    "config", "debug", "metrics", "metrics-port", "py-compat", "startup-alerts", "version", "help"};
constexpr std::array<std::string_view, 4> kGoSwitches = {"debug", "metrics", "py-compat",
                                                         "version"};

// "-config=x" becomes "--config=x", "-metrics=true" becomes "--metrics"; all else stays as it is.
// Nothing for a switch that is switched off.
std::optional<std::string> as_long_flag(std::string_view argument) {
  const std::size_t dashes = std::min(argument.find_first_not_of('-'), argument.size());
  if (dashes == 0 || dashes > 2) return std::string{argument};
  const std::string_view name = argument.substr(dashes, argument.find('=') - dashes);
  if (std::find(kGoFlags.begin(), kGoFlags.end(), name) == kGoFlags.end())
    return std::string{argument};
  std::string_view rest = argument.substr(dashes);
  const bool is_switch =
      std::find(kGoSwitches.begin(), kGoSwitches.end(), name) != kGoSwitches.end();
  if (is_switch && rest.size() > name.size()) {
    const std::string_view value = rest.substr(name.size() + 1);
    if (value == "false" || value == "0") return std::nullopt;
    if (value == "true" || value == "1") rest = name;
  }
  return fmt::format("--{}", rest);
}

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> names;
  std::string_view rest{list};
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

class CommandLine {
 public:
  CommandLine() {
    app_.name("minitor");
    app_.set_version_flag("--version", std::string{"Minitor version: "} + MINITOR_VERSION,
                          "Print the version and exit");
    app_.footer(
        "Without a command, minitor runs: it reads minitor.yml, config.yml or\n"
        "/etc/minitor/minitor.yml and watches until it is stopped.\n"
        "Exit codes: 0 ok, 1 failed, 2 usage, 3 no minitor runs. See minitor(1).");
    app_.require_subcommand(0, 1);
    common(app_);
    run_flags(app_);
    CLI::App* run =
        app_.add_subcommand("run", "Watch: run the checks and send the alerts (the default)");
    common(*run);
    run_flags(*run);
    add_check_config();
    add_test();
    add_alert();
    add_history();
    add_overlays();
    add_simulate();
    add_windows();
    add_reload();
    add_why();
    app_.add_subcommand("schema", "Print the JSON Schema of the configuration, for editors");
  }

  std::variant<Options, int> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
      app_.parse(arguments);
    } catch (const CLI::Success& success) {  // --help, --version
      return app_.exit(success);
    } catch (const CLI::ParseError& error) {
      std::cerr << "minitor: " << error.what() << "\nTry 'minitor --help'.\n";
      return kExitUsage;
    }
    return result();
  }

 private:
  void common(CLI::App& app) {
    app.add_option("-c,--config", config_,
                   "The configuration to read (default: minitor.yml, config.yml, then "
                   "/etc/minitor/minitor.yml)")
        ->type_name("FILE");
    app.add_flag("-v,--verbose,--debug", debug_, "Log every check and every step of a notice");
    app.add_flag("-q,--quiet", quiet_, "Log warnings and errors only");
    app.add_option("--log-format", log_format_,
                   "terminal, logfmt or json (default: terminal on a terminal, else logfmt)")
        ->check(CLI::IsMember({"terminal", "logfmt", "json"}))
        ->type_name("FORMAT");
  }

  // Of the commands that talk to the daemon.
  void control_flag(CLI::App& app) {
    app.add_option("--control", control_,
                   "The control socket of the minitor that runs (default: where the configuration "
                   "says)")
        ->type_name("PATH");
  }

  void run_flags(CLI::App& app) {
    app.add_option(
           "--startup-alerts", startup_alerts_,
           "Send a test notice through these alerts at the start, to find broken ones early")
        ->type_name("A,B");
    app.add_flag("-m,--metrics", run_.metrics,
                 "Serve metrics for Prometheus at /metrics, on every address");
    app.add_option("-p,--metrics-port", run_.metrics_port, "The port for metrics")
        ->capture_default_str()
        ->type_name("PORT");
    app.add_option("--metrics-address", run_.metrics_address,
                   "Serve metrics on this address only, such as 127.0.0.1")
        ->type_name("ADDRESS");
    app.add_option(
           "--web", web_,
           "Serve the status page and the API here, whatever the configuration says (default: "
           "127.0.0.1:8080)")
        ->expected(0, 1)
        ->type_name("ADDRESS:PORT");
    app.add_flag("--py-compat", py_compat_,
                 "Accepted for Minitor's sake: both kinds of tokens are always understood")
        ->group("");
  }

  void add_check_config() {
    check_config_ = app_.add_subcommand(
        "check-config",
        "Read the configuration, print every error, or every message with sample data");
    common(*check_config_);
  }

  void add_test() {
    test_ = app_.add_subcommand("test",
                                "Run checks once, now, and exit by their result: for cron and CI");
    common(*test_);
    test_->add_option("monitor", test_options_.monitors, "Names of monitors")->type_name("NAME");
    test_->add_flag("-a,--all", test_options_.all, "All monitors");
    test_->add_flag("--now", test_options_.now,
                    "By the minitor that runs, beside its schedule; it records them as manual");
    control_flag(*test_);
    test_->add_option("-o,--output", test_format_, "human, json, junit or nagios")
        ->check(CLI::IsMember({"human", "json", "junit", "nagios"}))
        ->capture_default_str()
        ->type_name("FORMAT");
  }

  void add_alert() {
    alert_ = app_.add_subcommand("alert",
                                 "Send a sample notice through one alert and show what happened");
    common(*alert_);
    alert_->add_option("name", alert_options_.alert, "The alert")->required()->type_name("NAME");
    alert_->add_option("-k,--kind", alert_kind_, "The notice to send: test, problem or recovery")
        ->check(CLI::IsMember({"test", "problem", "recovery"}))
        ->capture_default_str()
        ->type_name("KIND");
  }

  void add_history() {
    status_ = app_.add_subcommand("status", "Show what every monitor is, from the history");
    history_ =
        app_.add_subcommand("history", "Show one monitor: uptime, checks, incidents, notices");
    incidents_ = app_.add_subcommand("incidents", "Show the latest incidents");
    for (CLI::App* app : {status_, history_, incidents_}) {
      common(*app);
      app->add_flag("--json", history_options_.json,
                    "As JSON; without it too, where the output is no terminal");
    }
    history_->add_option("name", history_options_.monitor, "The monitor")
        ->required()
        ->type_name("NAME");
    incidents_->add_option("name", history_options_.monitor, "Of this monitor only")
        ->type_name("NAME");
    for (CLI::App* app : {history_, incidents_}) {
      app->add_option("-n,--count", history_options_.count, "So many of them")
          ->check(CLI::Range(1, 1000))
          ->capture_default_str()
          ->type_name("COUNT");
    }
  }

  // Of `pause`, `silence`, `ack` and what ends them.
  CLI::App* add_overlay(const char* verb, const char* about, OverlayKind kind, bool clear) {
    CLI::App* app = app_.add_subcommand(verb, about);
    common(*app);
    control_flag(*app);
    app->add_option("monitor", overlay_.monitors,
                    "Names of monitors; * is any text, ? any character")
        ->type_name("NAME");
    app->add_option("-g,--group", overlay_.groups, "All monitors of this group")
        ->type_name("GROUP");
    app->add_flag("-a,--all", overlay_.all, "All monitors");
    app->add_option("--by", overlay_.by, "Who does it (default: the name of the user)")
        ->type_name("WHO");
    app->add_flag("--json", overlay_.json, "Print the answer as JSON");
    if (!clear) {
      app->add_option("--for", overlay_.length,
                      kind == OverlayKind::acknowledge
                          ? "How long, such as 2h (default: until it is up, at most 31 days)"
                          : "How long, such as 2h (default: 1h, at most 31 days)")
          ->type_name("DURATION");
      app->add_option("--until", overlay_.until,
                      "Until then, such as 17:00 or \"2026-12-01 17:00\"")
          ->type_name("TIME");
      app->add_option("-n,--note", overlay_.note, "Why")->type_name("TEXT");
    }
    overlay_verbs_.push_back({app, kind, clear});
    return app;
  }

  void add_overlays() {
    using Kind = OverlayKind;
    add_overlay("pause", "No checks for a while: the time counts neither as up nor as down",
                Kind::pause, false);
    add_overlay("resume", "End a pause", Kind::pause, true);
    add_overlay("silence", "Check on, but tell nobody for a while", Kind::silence, false);
    add_overlay("unsilence", "End a silence", Kind::silence, true);
    add_overlay("ack", "Somebody takes an outage on: no reminders until it is up",
                Kind::acknowledge, false);
    add_overlay("unack", "Take that back", Kind::acknowledge, true);
    overlays_ = app_.add_subcommand("overlays", "Show what is paused, silenced and acknowledged");
    common(*overlays_);
    control_flag(*overlays_);
    overlays_->add_flag("--json", overlay_.json, "As JSON");
  }

  // None: it is another command. The exit code, when it is a wrong one.
  std::optional<std::variant<OverlayOptions, int>> chosen_overlay() {
    if (app_.got_subcommand(overlays_)) {
      overlay_.list = true;
      return overlay_;
    }
    for (const OverlayVerb& verb : overlay_verbs_) {
      if (!app_.got_subcommand(verb.app)) continue;
      if ((overlay_.monitors.empty() && overlay_.groups.empty()) != overlay_.all) {
        std::cerr << "minitor: " << verb.app->get_name() << ": name monitors, or say --all\n";
        return kExitUsage;
      }
      overlay_.kind = verb.kind;
      overlay_.clear = verb.clear;
      return overlay_;
    }
    return std::nullopt;
  }

  void add_simulate() {
    simulate_ = app_.add_subcommand(
        "simulate", "Show what would happen if monitors failed: who would be told, when and why");
    common(*simulate_);
    simulate_->add_option("monitor", simulate_options_.monitors, "Names of monitors that fail")
        ->type_name("NAME");
    simulate_
        ->add_option("--fail", simulate_options_.fail,
                     "When they fail: 09:00-11:30 every day, or 10m-25m from the beginning; more "
                     "after commas (default: all the time)")
        ->type_name("WHEN");
    simulate_->add_option("--flap", simulate_options_.flap, "In it, fail and be well by turns")
        ->type_name("DURATION");
    simulate_->add_option("--for", simulate_options_.length, "How long to go on")
        ->capture_default_str()
        ->type_name("DURATION");
    simulate_
        ->add_option("--from", simulate_options_.from,
                     "Where to begin, as in \"2026-12-01 22:00\" (default: now)")
        ->type_name("TIME");
    simulate_->add_flag("--cascade", simulate_options_.cascade,
                        "What depends on them fails as well");
    simulate_->add_flag("--repairs-help", simulate_options_.repairs_help, "Repairs succeed");
    simulate_->add_option("--broken-alert", simulate_options_.broken_alerts, "An alert that fails")
        ->type_name("NAME");
    simulate_->add_flag("--checks", simulate_options_.checks, "Show every check");
    simulate_->add_option("-o,--output", simulate_format_, "table, json or svg")
        ->check(CLI::IsMember({"table", "json", "svg"}))
        ->capture_default_str()
        ->type_name("FORMAT");
  }

  void add_windows() {
    heartbeats_ = app_.add_subcommand("heartbeats", "Print the addresses of the heartbeats");
    common(*heartbeats_);
    windows_ = app_.add_subcommand("windows", "Print when the windows open and close next");
    common(*windows_);
    windows_->add_option("-n,--next", windows_options_.next, "So many openings of each")
        ->check(CLI::Range(1, kMostOpeningsShown))
        ->capture_default_str()
        ->type_name("COUNT");
  }

  void add_reload() {
    reload_ =
        app_.add_subcommand("reload", "Have the minitor that runs read its configuration again");
    common(*reload_);
    control_flag(*reload_);
  }

  void add_why() {
    why_ = app_.add_subcommand(
        "why", "Say why somebody was told of a monitor, or was not, and what would happen next");
    common(*why_);
    control_flag(*why_);
    why_->add_option("name", why_options_.monitor, "The monitor")->required()->type_name("NAME");
    why_->add_flag("--json", why_options_.json, "As JSON");
  }

  std::variant<Options, int> result() {
    Options options;
    if (!config_.empty()) options.config = config_;
    options.control = control_;
    if (log_format_ == "terminal") options.log_format = LogFormat::terminal;
    if (log_format_ == "logfmt") options.log_format = LogFormat::logfmt;
    if (log_format_ == "json") options.log_format = LogFormat::json;
    if (quiet_ > 0) options.log_level = LogLevel::warning;
    if (debug_ > 0) options.log_level = LogLevel::debug;
    if (auto overlay = chosen_overlay()) {
      if (const int* code = std::get_if<int>(&*overlay)) return *code;
      options.command = std::get<OverlayOptions>(*std::move(overlay));
    } else if (app_.got_subcommand("schema")) {
      options.command = SchemaOptions{};
    } else if (app_.got_subcommand(check_config_)) {
      options.command = CheckConfigOptions{quiet_ > 0};
    } else if (app_.got_subcommand(test_)) {
      if (test_options_.all == !test_options_.monitors.empty()) {
        std::cerr << "minitor: test: name the monitors to test, or say --all\n";
        return kExitUsage;
      }
      static const std::map<std::string, TestFormat> formats = {{"human", TestFormat::human},
                                                                {"json", TestFormat::json},
                                                                {"junit", TestFormat::junit},
                                                                {"nagios", TestFormat::nagios}};
      test_options_.format = formats.at(test_format_);
      options.command = test_options_;
    } else if (app_.got_subcommand(simulate_)) {
      if (simulate_format_ == "json") simulate_options_.format = SimulateOptions::Format::json;
      if (simulate_format_ == "svg") simulate_options_.format = SimulateOptions::Format::svg;
      options.command = simulate_options_;
    } else if (app_.got_subcommand(heartbeats_)) {
      options.command = HeartbeatsOptions{};
    } else if (app_.got_subcommand(windows_)) {
      options.command = windows_options_;
    } else if (app_.got_subcommand(why_)) {
      options.command = why_options_;
    } else if (app_.got_subcommand(reload_)) {
      options.command = ReloadOptions{};
    } else if (app_.got_subcommand(alert_)) {
      if (alert_kind_ == "problem") alert_options_.kind = SampleKind::problem;
      if (alert_kind_ == "recovery") alert_options_.kind = SampleKind::recovery;
      options.command = alert_options_;
    } else if (app_.got_subcommand(status_) || app_.got_subcommand(history_) ||
               app_.got_subcommand(incidents_)) {
      if (app_.got_subcommand(history_)) history_options_.view = HistoryView::history;
      if (app_.got_subcommand(incidents_)) history_options_.view = HistoryView::incidents;
      options.command = history_options_;
    } else {
      run_.startup_alerts = split_names(startup_alerts_);
      if (web_)
        run_.web =
            web_->empty() ? ListenText{std::string{kDefaultWebAddress}} : parse_listen(*web_);
      if (web_ && !run_.web) {
        std::cerr
            << "minitor: --web: this is no address and port; write 127.0.0.1:8080 or *:8080\n";
        return kExitUsage;
      }
      options.command = run_;
    }
    return options;
  }

  CLI::App app_{"Runs commands on a schedule, and when they fail runs others to tell someone."};
  CLI::App* check_config_ = nullptr;
  CLI::App* test_ = nullptr;
  CLI::App* alert_ = nullptr;
  CLI::App* status_ = nullptr;
  CLI::App* history_ = nullptr;
  CLI::App* incidents_ = nullptr;
  CLI::App* overlays_ = nullptr;
  struct OverlayVerb {
    CLI::App* app = nullptr;
    OverlayKind kind{};
    bool clear = false;
  };
  std::vector<OverlayVerb> overlay_verbs_;
  CLI::App* simulate_ = nullptr;
  CLI::App* windows_ = nullptr;
  CLI::App* heartbeats_ = nullptr;
  CLI::App* reload_ = nullptr;
  CLI::App* why_ = nullptr;
  WhyOptions why_options_;
  std::string config_;
  std::string control_;
  std::string log_format_;
  std::string startup_alerts_;
  std::optional<std::string> web_;
  std::string test_format_ = "human";
  std::string alert_kind_ = "test";
  int debug_ = 0;
  int quiet_ = 0;
  bool py_compat_ = false;
  RunOptions run_;
  TestOptions test_options_;
  AlertOptions alert_options_;
  HistoryOptions history_options_;
  OverlayOptions overlay_;
  SimulateOptions simulate_options_;
  WindowsOptions windows_options_;
  std::string simulate_format_ = "table";
};

}  // namespace

std::variant<Options, int> read_options(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  bool flags = true;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view{argv[i]} == "--") flags = false;
    if (auto argument = flags ? as_long_flag(argv[i]) : std::string{argv[i]})
      arguments.push_back(std::move(*argument));
  }
  return CommandLine{}.parse(std::move(arguments));
}

std::optional<std::string> find_config(const Options& options) {
  if (options.config) return options.config;
  for (const char* file : kConfigFiles) {
    std::error_code error;
    if (std::filesystem::exists(file, error)) return file;
  }
  return std::nullopt;
}

}  // namespace minitor
