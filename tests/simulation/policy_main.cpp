// Lives through monitor-years of everything that holds notices back, and says which seed broke what.
//   test_policy_simulation              the fixed seeds, and one from the clock
//   test_policy_simulation --seed N     that one
//   test_policy_simulation --seeds N    so many from the clock on, for a long night
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "tests/simulation/policy_world.hpp"

namespace {

using minitor::simulation::PolicyBroken;
using minitor::simulation::PolicyCounts;
using minitor::simulation::PolicyWorld;

// A sanitizer makes it ten times slower; it looks for other things than the years do.
#if defined(__SANITIZE_ADDRESS__)
#define MINITOR_SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINITOR_SLOW_BUILD 1
#endif
#endif
#ifdef MINITOR_SLOW_BUILD
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif
constexpr std::uint64_t kSeeds = kSlow ? 3 : 40;
constexpr std::chrono::hours kLife{24 * (kSlow ? 3 : 40)};

bool live(std::uint64_t seed, PolicyCounts& counts) {
  PolicyWorld world(seed, kLife);
  try {
    world.live(counts);
    return true;
  } catch (const PolicyBroken& broken) {
    fmt::print("seed {} after {}: broken: {}\n  replay: test_policy_simulation --seed {}\n", seed,
               minitor::format_duration(world.age()), broken.what(), seed);
    return false;
  }
}

int run(int argc, char** argv) {
  const std::string option = argc > 1 ? argv[1] : "";
  const std::uint64_t number = argc > 2 ? std::stoull(argv[2]) : 0;
  const auto begun = std::chrono::steady_clock::now();
  const auto clock = static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds{1});
  PolicyCounts all;
  int broken = 0;
  if (option == "--seed") {
    broken += live(number, all) ? 0 : 1;
  } else if (option == "--seeds") {
    for (std::uint64_t seed = clock; seed < clock + number; ++seed)
      broken += live(seed, all) ? 0 : 1;
  } else {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) broken += live(seed, all) ? 0 : 1;
    fmt::print("seed from the clock: {}\n", clock);
    broken += live(clock, all) ? 0 : 1;
    if (!kSlow && broken == 0 &&
        (all.repairs == 0 || all.held == 0 || all.repaired == 0 || all.flaps == 0 ||
         all.gates == 0 || all.restarts == 0 || all.passed_over == 0 || all.reloads == 0 ||
         all.renamed == 0 || all.closed == 0 || all.unwatched == 0)) {
      fmt::print("a life without all of it proves little\n");
      ++broken;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print(
      "{:.1f} monitor-years in {:.1f} s: {} checks, {} problems, {} reminders, {} recoveries, {} "
      "times held, {} repairs, {} passed over, {} repaired, {} gates, {} flapping, {} restarts\n"
      "{} reloads: {} monitors removed, {} renamed, {} incidents closed, {} told of that\n{} "
      "broken\n",
      all.monitor_years, took.count(), all.checks, all.problems, all.reminders, all.recoveries,
      all.held, all.repairs, all.passed_over, all.repaired, all.gates, all.flaps, all.restarts,
      all.reloads, all.removed, all.renamed, all.closed, all.unwatched, broken);
  return broken == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 2;
  }
}
