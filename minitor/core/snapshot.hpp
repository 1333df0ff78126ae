// What can be seen of the engine at one moment: the read model for metrics, page and API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/observer.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/perfdata.hpp"
#include "minitor/core/status.hpp"

namespace minitor {

// Checks of one monitor, through restarts. "Alerting" checks are those that caused a notice.
struct CheckCounters {
  std::uint64_t ok = 0;
  std::uint64_t ok_alerting = 0;
  std::uint64_t failed = 0;
  std::uint64_t failed_alerting = 0;
  std::uint64_t unknown = 0;  // the observer's fault
  std::uint64_t missed = 0;  // runs skipped because the last one took too long or no place was free
  std::optional<Duration> last_ok_took;
  std::optional<Duration> last_failed_took;
  friend bool operator==(const CheckCounters&, const CheckCounters&) = default;
};

struct MonitorSnapshot {
  std::string name;
  Status status{};
  int failures = 0;
  int alerts = 0;
  std::optional<Timestamp> last_success;
  CheckCounters checks;
  // Of the last check that could tell; none before it. A warning is `up` with this mark.
  std::optional<Verdict> last_verdict;
  std::vector<PerfFigure> perfdata;  // of the last check that could tell
  std::string held_because;          // why a notice that is due is not told; empty when none is
  // Of this life of the daemon: none, or empty, before the first check in it.
  std::optional<Timestamp> since;       // of the status
  std::optional<Timestamp> last_check;  // its end
  std::optional<Duration> last_took;
  std::string last_outcome;  // in words
  Monotonic due{};           // of the next check, or of the one that runs
  // Of a heartbeat: when it was heard of last, and since when a run has not ended.
  std::optional<Timestamp> last_heartbeat;
  std::optional<Timestamp> running_since;
};

struct DeliverySnapshot {
  std::string monitor;
  std::string alert;
  std::uint64_t delivered = 0;
};

// Notices that wait to be delivered by one alert.
struct WaitingSnapshot {
  std::string alert;
  int notices = 0;
  std::optional<Timestamp> oldest;  // when the oldest of them was made
};

// minitor is blind.
struct BlindSnapshot {
  BlindCause cause{};
  std::string scope;  // of network; empty: of all monitors that name none
  Timestamp since;
  std::string why;
};

struct Snapshot {
  std::vector<MonitorSnapshot> monitors;
  std::vector<DeliverySnapshot> deliveries;
  std::vector<std::string> scopes;  // those that have canaries
  std::vector<BlindSnapshot> blind;
  int checks_running = 0;
  int alerts_running = 0;
  int notices_waiting = 0;               // accepted and neither delivered, dropped nor given up
  std::vector<WaitingSnapshot> waiting;  // the same by alert, each that is configured
};

}  // namespace minitor
