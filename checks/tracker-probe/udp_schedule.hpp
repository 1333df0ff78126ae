// When a UDP probe sends again and when it gives up, scaled to the deadline. BEP 15's own schedule
// (15·2^n seconds) is for clients that can wait an hour; a monitor has ten seconds. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

class UdpSchedule {
 public:
  /// `budget`: from the start of this address's probe to its deadline.
  UdpSchedule(std::chrono::microseconds budget, unsigned sends_per_stage);

  /// After the n-th send (0-based) of a connect: the wait for an answer before the next one.
  [[nodiscard]] Microseconds connect_gap(unsigned n) const;
  /// How long a connect may take in all, so that a slow announce can still be told from it.
  [[nodiscard]] Microseconds connect_limit() const;
  /// The same for every later stage, from the connect's round trip.
  [[nodiscard]] Microseconds later_gap(unsigned n, Microseconds round_trip) const;
  /// After ICMP said that the port is closed: the one more try comes this soon.
  [[nodiscard]] Microseconds gap_after_icmp() const;
  [[nodiscard]] unsigned sends() const { return sends_; }

 private:
  double scale_;  // 1 at ten seconds
  Microseconds budget_;
  unsigned sends_;
};

}  // namespace tracker_probe
