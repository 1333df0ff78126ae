// What a life was made of: one in which no repair ran proves nothing of repairs.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace minitor::simulation {

// An invariant does not hold.
class PolicyBroken : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
  if (!holds) throw PolicyBroken(what);
}

// As above, for where words are made at every event.
inline void require(bool holds, const char* what) {
  if (!holds) throw PolicyBroken(what);
}

struct PolicyCounts {
  double monitor_years = 0;
  std::uint64_t checks = 0, problems = 0, reminders = 0, recoveries = 0, held = 0;
  std::uint64_t repairs = 0, passed_over = 0, repaired = 0, gates = 0, restarts = 0, flaps = 0;
  std::uint64_t pauses = 0, silences = 0, acknowledgements = 0;
  std::uint64_t escalations = 0, blind = 0, uncounted = 0, sleeps = 0, warnings = 0;
  std::uint64_t reloads = 0, removed = 0, renamed = 0, closed = 0, unwatched = 0;
  // Of the ways to an alert.
  std::uint64_t runs = 0, failed_runs = 0, groups = 0, grouped = 0, digests = 0, capped = 0;
  std::uint64_t given_up = 0, dropped = 0, rehoused = 0, cut_off = 0;
  // Of what waits for canaries.
  std::uint64_t doubts = 0, doubts_reloaded = 0, doubts_lost = 0;

  void add(const PolicyCounts& other);
  // "12 checks, 3 problems, ..."
  [[nodiscard]] std::string words() const;
  // The first that never happened; empty: all did.
  [[nodiscard]] std::string_view missing() const;
};

}  // namespace minitor::simulation
