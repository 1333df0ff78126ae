// The body: builds the rooms, feeds the engine with what happens and carries out what it asks for.
// It decides nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/daemon/log.hpp"

namespace minitor {

// On a signal to stop, alerts on their way have this long to arrive.
inline constexpr Duration kStopGrace = std::chrono::seconds{10};
// How often a log whose reader is slow is tried again.
inline constexpr Duration kLogRetry = std::chrono::milliseconds{200};
// When the engine is not woken for so long after it asked to be, we no longer call ourselves alive.
inline constexpr Duration kLatestWake = std::chrono::seconds{10};

// The machine was suspended when the clocks say so by more than this.
inline constexpr Duration kShortestSuspension = std::chrono::seconds{1};

struct DaemonSettings {
  std::string config_file;  // the one that was read, and is read again at a reload
  std::vector<AlertId> startup_alerts;
  // Where /metrics alone is served, as Minitor does, and where the page is; none: nowhere.
  struct Listen {
    std::string address;
    std::uint16_t port = 0;
  };
  std::optional<Listen> metrics;
  // The file of the history; none: in memory.
  std::optional<std::string> history;
  std::optional<Listen> web;
  // The control socket; none: no one.
  struct Control {
    std::string path;
    bool asked_for =
        false;  // named in the configuration: a daemon without it is not what was meant
  };
  std::optional<Control> control;
  std::string heartbeat_secret;  // from which addresses of heartbeats are derived
};

// Runs until one of the stop signals; returns the exit code. A second one ends it at once.
[[nodiscard]] int run_daemon(std::shared_ptr<const Config> config, const DaemonSettings& settings,
                             Log& log);

}  // namespace minitor
