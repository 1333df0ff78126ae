#include "minitor/core/engine_parts.hpp"

namespace minitor {

std::vector<Duration> intervals(const Config& config) {
  std::vector<Duration> result;
  result.reserve(config.monitors.size());
  // A heartbeat comes by itself.
  for (const Monitor& monitor : config.monitors)
    result.push_back(monitor.heartbeat ? Duration::zero() : monitor.interval);
  return result;
}

std::vector<Needs> needs(const Config& config) {
  std::vector<Needs> result;
  result.reserve(config.monitors.size());
  for (const Monitor& monitor : config.monitors) result.push_back(monitor.needs);
  return result;
}

std::vector<Repairs::Ladder> ladders(const Config& config) {
  std::vector<Repairs::Ladder> result;
  result.reserve(config.monitors.size());
  for (const Monitor& monitor : config.monitors) {
    result.push_back({monitor.name, {}});
    for (const Repair& repair : monitor.repairs) result.back().steps.push_back(repair.limits);
  }
  return result;
}

}  // namespace minitor
