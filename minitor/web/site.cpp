#include "minitor/web/site.hpp"

#include <algorithm>

namespace minitor {

std::optional<std::size_t> Site::find(std::string_view name) const {
  for (std::size_t i = 0; i < size(); ++i)
    if (monitor(i).name == name) return i;
  return std::nullopt;
}

MonitorNow monitor_now(const MonitorSnapshot& state, const MonitorRow* row) {
  MonitorNow now;
  now.status = state.status;
  now.warning = state.status == Status::up && state.last_verdict == Verdict::warning;
  now.since = state.since;
  now.last_check = state.last_check;
  now.last_success = state.last_success;
  now.last_took = state.last_took;
  now.last_outcome = state.last_outcome;
  if (row == nullptr) return now;
  // The history is written a moment later: it speaks only where the engine has nothing to say.
  if (!now.since && row->status == state.status && state.status != Status::unknown)
    now.since = row->since;
  if (!now.last_check && row->last_check) {
    now.last_check = row->last_check;
    now.last_took = row->last_took;
    now.last_outcome = row->last_outcome;
  }
  if (!now.last_success) now.last_success = row->last_success;
  return now;
}

Duration overdue(const Monitor& monitor, const MonitorSnapshot& state, Moment now) {
  if (state.overlays.paused()) return Duration::zero();
  const Duration allowed =
      monitor.interval + monitor.command.timeout + monitor.command.grace + kOverdueGrace;
  return std::max(now.monotonic - state.due - allowed, Duration::zero());
}

}  // namespace minitor
