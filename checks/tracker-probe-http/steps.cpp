#include "checks/tracker-probe-http/steps.hpp"

namespace tracker_probe {

std::deque<Step> plan_of(const ProbeTask& task, const ProbeOptions& options) {
  if (task.purpose == Purpose::health) return {Step::health};
  switch (task.depth) {
    case Depth::connect: return {Step::connect};
    case Depth::scrape: return {Step::scrape};
    case Depth::stopped: return {Step::only_stopped};
    case Depth::announce:
      if (options.with_scrape) return {Step::start_a, Step::scrape, Step::stop_a};
      return {Step::start_a, Step::stop_a};
    case Depth::roundtrip: break;
  }
  std::deque<Step> out = {Step::start_a, Step::start_b};
  if (options.with_scrape) out.push_back(Step::scrape);
  out.insert(out.end(), {Step::stop_a, Step::stop_b});
  if (options.verify_cleanup) out.push_back(Step::verify);
  return out;
}

AnnounceRequest request_for(Step step, const Identity& identity, const ProbeOptions& options,
                            const std::optional<std::string>& tracker_id) {
  const bool starting = step == Step::start_a || step == Step::start_b;
  AnnounceRequest out;
  out.info_hash = identity.info_hash;
  out.peer_id = is_of_b(step) ? identity.peer_b : identity.peer_a;
  out.port = is_of_b(step) ? identity.port_b : identity.port_a;
  out.key = identity.key;
  out.event = starting ? AnnounceEvent::started : AnnounceEvent::stopped;
  out.num_want = step == Step::start_b ? options.num_want_roundtrip : options.num_want;
  if (!starting) out.tracker_id = tracker_id;
  return out;
}

}  // namespace tracker_probe
