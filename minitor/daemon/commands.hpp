// The subcommands beside `run`, one function each; every one returns the exit code.
#pragma once

#include <optional>
#include <string>

#include "minitor/config/load_config.hpp"
#include "minitor/daemon/options.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {

// Says that the configuration is fine, what was read with a grain of salt, and how every message
// will read, with sample data.
[[nodiscard]] int check_config(const LoadedConfig& loaded, const CheckConfigOptions& options);

// Runs checks once, now.
[[nodiscard]] int test_monitors(const Config& config, const TestOptions& options);

// The same by the daemon that listens at `path`: all of its monitors, or those that are named. They run
// one after the other, beside its schedule, and it records them as manual.
[[nodiscard]] int test_in_daemon(const std::string& path, const TestOptions& options);

// Pauses, silences, acknowledges, or ends that, in the daemon that listens at `path`.
[[nodiscard]] int change_overlays(const std::string& path, const OverlayOptions& options);
// What is paused, silenced and acknowledged there now.
[[nodiscard]] int list_overlays(const std::string& path, const OverlayOptions& options);

// Has the daemon that listens at `path` read its configuration again.
[[nodiscard]] int reload_daemon(const std::string& path);

// Why somebody was told of a monitor, or was not: from the daemon that listens at `path`, none when there
// is no daemon; and from the history that it left.
[[nodiscard]] std::optional<int> why_from_daemon(const std::string& path,
                                                 const WhyOptions& options);
[[nodiscard]] int why_from_history(const Config& config, const std::string& file,
                                   const WhyOptions& options, SystemZones& zones);

// What the history knows, from its file: the daemon may run or not. `path` none: it is in memory.
[[nodiscard]] int show_history(const std::optional<std::string>& path,
                               const HistoryOptions& options);

// Sends a sample notice through one alert, and through that one alone: no retry, no fallback.
[[nodiscard]] int send_sample(const Config& config, const AlertOptions& options);

// Lives through an outage that is made up, and shows what it would lead to.
[[nodiscard]] int simulate(Config config, const SimulateOptions& options, SystemZones& zones);

// The addresses of the heartbeats. `history`: the file beside which their secret stands.
[[nodiscard]] int print_heartbeats(const Config& config, const std::optional<std::string>& history);

// When the windows of the configuration open and close next.
[[nodiscard]] int print_windows(const Config& config, const WindowsOptions& options);

}  // namespace minitor
