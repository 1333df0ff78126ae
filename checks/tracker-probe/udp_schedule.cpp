#include "checks/tracker-probe/udp_schedule.hpp"

#include <algorithm>
#include <array>

namespace tracker_probe {

namespace {

using namespace std::chrono_literals;

constexpr Microseconds full_budget = 10s;
constexpr Microseconds least_gap = 200ms;
constexpr Microseconds least_later_gap = 250ms;
constexpr Microseconds most_later_gap = 1s;

}  // namespace

UdpSchedule::UdpSchedule(std::chrono::microseconds budget, unsigned sends_per_stage)
    : scale_(static_cast<double>(budget.count()) / static_cast<double>(full_budget.count())),
      budget_(budget),
      sends_(std::max(sends_per_stage, 1U)) {}

Microseconds UdpSchedule::connect_gap(unsigned n) const {
  static constexpr std::array<Microseconds, 4> gaps{1s, 1500ms, 2s, 2s};
  const Microseconds gap = gaps[std::min<std::size_t>(n, gaps.size() - 1)];
  const auto scaled = static_cast<double>(gap.count()) * scale_;
  return std::max(least_gap, Microseconds(static_cast<std::int64_t>(scaled)));
}

Microseconds UdpSchedule::connect_limit() const {
  return Microseconds(static_cast<std::int64_t>(static_cast<double>(budget_.count()) * 0.65));
}

Microseconds UdpSchedule::later_gap(unsigned n, Microseconds round_trip) const {
  const Microseconds first = std::clamp(4 * round_trip + 50ms, least_later_gap, most_later_gap);
  return first * (1 << std::min(n, 10U));
}

Microseconds UdpSchedule::gap_after_icmp() const {
  const auto scaled = 500000.0 * scale_;
  return std::max(least_gap, Microseconds(static_cast<std::int64_t>(scaled)));
}

}  // namespace tracker_probe
