// What has to be known of others to say what becomes of one monitor: a small configuration and its state,
// so that the engine lives through a week of it in milliseconds, however many monitors there are.
#pragma once

#include <memory>

#include "minitor/core/config.hpp"
#include "minitor/core/history.hpp"

namespace minitor {

// The monitor, all that it depends on, and the canaries that say whether its failures count.
struct Around {
  std::shared_ptr<const Config> config;
  MonitorIndex monitor = 0;
};

[[nodiscard]] Around around(const Config& config, MonitorIndex monitor);

// Of all that was saved, what is known of the monitors of `part`.
[[nodiscard]] SavedState state_of(const Config& part, HistoryReads& history);

}  // namespace minitor
