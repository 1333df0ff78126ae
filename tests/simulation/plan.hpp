// What one seed stands for: a configuration, and how long it is lived through.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "minitor/core/config.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/naive_policy.hpp"

namespace minitor::simulation {

struct Plan {
  std::shared_ptr<const Config> config;
  std::vector<RawRules> rules;  // by monitor
  Duration length{};
  bool flaps = false;     // every second check fails, and the checks come fast: channels fill up
  bool restarts = false;  // the daemon is stopped, killed and started again
  bool reboots = false;   // and the machine with it: then the wall clock does not jump
  bool stops = false;     // at the end; otherwise all is well at the end, until nothing waits
};

// About so many checks in all.
[[nodiscard]] Plan make_plan(Chance& chance, int checks);

}  // namespace minitor::simulation
