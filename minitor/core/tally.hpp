// What the engine asked to be done, counted: for metrics. Since the start of this life; who wants sums
// over restarts has a database for that.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "minitor/core/config.hpp"
#include "minitor/core/event.hpp"

namespace minitor {

// Upper bounds of how late checks started after they were due; the last is none.
inline constexpr std::array kLatenessBounds{
    std::chrono::milliseconds{1},    std::chrono::milliseconds{10},
    std::chrono::milliseconds{100},  std::chrono::milliseconds{1000},
    std::chrono::milliseconds{5000}, std::chrono::milliseconds{30'000}};

struct Tally {
  struct Notices {
    std::uint64_t intended = 0;
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;  // attempts
    std::uint64_t given_up = 0;
    std::uint64_t dropped = 0;
  };
  struct Repairs {
    std::uint64_t ran = 0;
    std::uint64_t passed_over = 0;
  };
  std::map<std::string, Notices> notices;                            // by alert
  std::map<std::string, Repairs> repairs;                            // by monitor
  std::map<std::string, std::uint64_t> held;                         // by kind of notice
  std::array<std::uint64_t, kLatenessBounds.size() + 1> lateness{};  // regular checks, by bound
  Duration lateness_total{};
};

// A tally to begin with: what is configured is there with its zeros, so that a first event is an increase.
[[nodiscard]] Tally tally_of(const Config& config);

// Counts what is to be counted of `effect`, one of `config`.
void count(Tally& tally, const Effect& effect, const Config& config);

}  // namespace minitor
