// When each run is to be looked at next, in the order of time: one set and one timer serve
// thousands of runs.
#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "minitor/core/event.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

class Deadlines {
 public:
  // Replaces the one that the run had.
  void set(RunId run, Monotonic when);
  void clear(RunId run);

  [[nodiscard]] std::optional<Monotonic> earliest() const;

  // Takes out the earliest that is due at `now`; none: nothing is.
  [[nodiscard]] std::optional<RunId> take_due(Monotonic now);

 private:
  std::set<std::pair<Monotonic, RunId>> by_time_;
  std::unordered_map<std::uint64_t, Monotonic> by_run_;
};

}  // namespace minitor
