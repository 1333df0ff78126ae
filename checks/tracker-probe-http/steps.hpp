// What a conversation does with an address at each depth, one step after the other, and what it
// announces in each. Pure; the same for HTTP and WebSocket.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe/address_probe.hpp"

namespace tracker_probe {

/// Peer A is the one that is announced; B is the second one of a round trip.
enum class Step {
  connect,
  health,        // no tracker at all: a GET of the URL as it is
  scrape,        // the whole of depth scrape, or beside an announce
  only_stopped,  // the whole of depth stopped
  start_a,
  start_b,  // and A must be shown to it
  stop_a,
  stop_b,
  verify,  // a scrape after the stops
};

[[nodiscard]] constexpr bool is_stop(Step step) {
  return step == Step::stop_a || step == Step::stop_b;
}
[[nodiscard]] constexpr bool is_scrape(Step step) {
  return step == Step::scrape || step == Step::verify;
}
[[nodiscard]] constexpr bool is_of_b(Step step) {
  return step == Step::start_b || step == Step::stop_b;
}

[[nodiscard]] std::deque<Step> plan_of(const ProbeTask& task, const ProbeOptions& options);

/// The announce of a step that makes one. `tracker_id` is what the tracker gave us; it goes with
/// stops.
[[nodiscard]] AnnounceRequest request_for(Step step, const Identity& identity,
                                          const ProbeOptions& options,
                                          const std::optional<std::string>& tracker_id);

}  // namespace tracker_probe
