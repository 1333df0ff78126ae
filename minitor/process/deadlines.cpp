#include "minitor/process/deadlines.hpp"

namespace minitor {

void Deadlines::set(RunId run, Monotonic when) {
  const auto [known, is_new] = by_run_.try_emplace(run.value, when);
  if (!is_new) {
    if (known->second == when) return;
    by_time_.erase({known->second, run});
    known->second = when;
  }
  by_time_.emplace(when, run);
}

void Deadlines::clear(RunId run) {
  const auto known = by_run_.find(run.value);
  if (known == by_run_.end()) return;
  by_time_.erase({known->second, run});
  by_run_.erase(known);
}

std::optional<Monotonic> Deadlines::earliest() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::optional<RunId> Deadlines::take_due(Monotonic now) {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  const RunId run = by_time_.begin()->second;
  by_time_.erase(by_time_.begin());
  by_run_.erase(run.value);
  return run;
}

}  // namespace minitor
