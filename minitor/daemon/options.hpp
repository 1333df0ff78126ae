// The command line: the only door to CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "minitor/core/overlay.hpp"
#include "minitor/core/web_settings.hpp"
#include "minitor/daemon/log.hpp"

namespace minitor {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
// No daemon runs that could be asked.
inline constexpr int kExitNoDaemon = 3;

// Where `minitor` looks when no file is named, in this order.
inline constexpr const char* kConfigFiles[] = {"minitor.yml", "config.yml",
                                               "/etc/minitor/minitor.yml"};
// `minitor windows --next`
inline constexpr int kMostOpeningsShown = 1000;
// Minitor's own.
inline constexpr std::uint16_t kDefaultMetricsPort = 8080;

struct RunOptions {
  std::vector<std::string> startup_alerts;  // names
  bool metrics = false;
  std::string metrics_address;  // empty: every address of this machine, as Minitor does
  std::uint16_t metrics_port = kDefaultMetricsPort;
  std::optional<ListenText> web;  // none: as the configuration says
};
struct CheckConfigOptions {
  bool quiet = false;  // errors and notes only
};
enum class TestFormat : std::uint8_t { human, json, junit, nagios };
struct TestOptions {
  std::vector<std::string> monitors;  // names
  bool all = false;
  bool now = false;  // by the daemon that runs, which records it
  TestFormat format = TestFormat::human;
};
enum class SampleKind : std::uint8_t { test, problem, recovery };
struct AlertOptions {
  std::string alert;
  SampleKind kind = SampleKind::test;
};
struct OverlayOptions {
  bool list = false;  // `minitor overlays`: only kind of question that changes nothing
  OverlayKind kind{};
  bool clear = false;
  std::vector<std::string> monitors;  // names, and patterns
  std::vector<std::string> groups;
  bool all = false;
  std::string length;  // a duration; empty: the usual one
  std::string until;   // instead of that
  std::string by;      // empty: the user's name
  std::string note;
  bool json = false;
};
struct SchemaOptions {};
struct HeartbeatsOptions {};
enum class HistoryView : std::uint8_t { status, history, incidents };
struct HistoryOptions {
  HistoryView view = HistoryView::status;
  std::string monitor;  // of `history`; of `incidents`, empty: all
  int count = 20;       // of checks, or incidents
  bool json = false;
};
struct SimulateOptions {
  enum class Format : std::uint8_t { table, json, svg };
  std::vector<std::string> monitors;  // that fail
  std::string fail;                   // when; empty: all the time
  std::string flap;                   // a duration
  std::string length = "1d";
  std::string from;  // empty: now
  bool cascade = false;
  bool repairs_help = false;
  bool checks = false;
  std::vector<std::string> broken_alerts;
  Format format = Format::table;
};
struct ReloadOptions {};
struct WhyOptions {
  std::string monitor;
  bool json = false;
};
struct WindowsOptions {
  int next = 10;  // openings of each window
};

struct Options {
  std::variant<RunOptions, CheckConfigOptions, TestOptions, AlertOptions, SchemaOptions,
               SimulateOptions, WindowsOptions, HistoryOptions, HeartbeatsOptions, OverlayOptions,
               ReloadOptions, WhyOptions>
      command;
  std::string control;                  // the control socket; empty: where the configuration says
  std::optional<std::string> config;    // none: search kConfigFiles
  std::optional<LogFormat> log_format;  // none: terminal on a terminal, else logfmt
  LogLevel log_level = LogLevel::info;
};

// The options, or the exit code when there is nothing left to do (help or version was printed to
// stdout, or the usage error to stderr).
[[nodiscard]] std::variant<Options, int> read_options(int argc, const char* const* argv);

// The file to read: the one that was named, else the first of kConfigFiles that is there, else
// none.
[[nodiscard]] std::optional<std::string> find_config(const Options& options);

}  // namespace minitor
