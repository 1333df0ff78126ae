// What the daemon does besides checking, for Prometheus: notices by what became of them, those that wait,
// repairs, the history's queue, how late checks start. Pure.
//
// Cardinality is bounded by the configuration: by alert, by monitor with repairs or a heartbeat.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "minitor/core/snapshot.hpp"
#include "minitor/core/tally.hpp"

namespace minitor {

struct HistoryFigures {
  std::uint64_t waiting = 0;  // records
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;  // because too many waited
  bool failing = false;
  std::string trouble = {};  // why it cannot be written, in words; empty: it can
};

struct DaemonFigures {
  Tally tally;
  HistoryFigures history;
  Timestamp now;
};

// Families in the text format of render_metrics, to stand behind its own.
[[nodiscard]] std::string render_daemon_metrics(const DaemonFigures& figures,
                                                const Snapshot& snapshot);

}  // namespace minitor
