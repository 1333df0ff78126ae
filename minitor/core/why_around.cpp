#include "minitor/core/why_around.hpp"

#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace minitor {

Around around(const Config& config, MonitorIndex monitor) {
  std::set<MonitorIndex> kept;
  std::vector<MonitorIndex> to_do{monitor};
  while (!to_do.empty()) {
    const MonitorIndex one = to_do.back();
    to_do.pop_back();
    if (!kept.insert(one).second) continue;
    for (const AnyOf& any : config.monitors[one].needs)
      to_do.insert(to_do.end(), any.parents.begin(), any.parents.end());
  }
  // What they say decides whether a failure counts.
  const std::string& scope = config.monitors[monitor].scope;
  for (MonitorIndex i = 0; i < config.monitors.size(); ++i) {
    const Monitor& one = config.monitors[i];
    if (one.canary && one.scope == scope && one.needs.empty()) kept.insert(i);
  }
  Config part;
  part.alerts = config.alerts;
  part.windows = config.windows;
  part.observer = config.observer;
  part.redactor = config.redactor;
  const auto place = [&](MonitorIndex index) {
    return static_cast<MonitorIndex>(std::distance(kept.begin(), kept.find(index)));
  };
  for (const MonitorIndex index : kept) {
    Monitor& copy = part.monitors.emplace_back(config.monitors[index]);
    for (AnyOf& any : copy.needs) {
      for (MonitorIndex& parent : any.parents) parent = place(parent);
    }
  }
  return {std::make_shared<const Config>(std::move(part)), place(monitor)};
}

SavedState state_of(const Config& part, HistoryReads& history) {
  std::set<std::string> names;
  for (const Monitor& monitor : part.monitors) names.insert(monitor.name);
  SavedState saved = history.load_of(names);
  std::erase_if(saved.incidents,
                [&](const SavedIncident& one) { return !names.contains(one.monitor); });
  return saved;
}

}  // namespace minitor
