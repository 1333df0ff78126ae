// Lives through storms of notices, and says which seed broke what.
//   test_storm_simulation              the fixed seeds, and one from the clock
//   test_storm_simulation --seed N     that one
//   test_storm_simulation --seeds N    so many from the clock on, for a long night
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "tests/simulation/storm_world.hpp"

namespace {

using minitor::simulation::StormBroken;
using minitor::simulation::StormCounts;
using minitor::simulation::StormWorld;

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
constexpr std::uint64_t kSeeds = kSlow ? 3 : 60;
constexpr std::chrono::hours kLife{24 * (kSlow ? 2 : 10)};

bool live(std::uint64_t seed, StormCounts& counts) {
  StormWorld world(seed, kLife);
  try {
    world.live(counts);
    return true;
  } catch (const StormBroken& broken) {
    fmt::print("seed {} after {}: broken: {}\n  replay: test_storm_simulation --seed {}\n", seed,
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
  StormCounts all;
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
        (all.groups == 0 || all.digests == 0 || all.capped == 0 || all.escalations == 0 ||
         all.restarts == 0 || all.given_up == 0 || all.failed == 0)) {
      fmt::print("a life without all of it proves little\n");
      ++broken;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print(
      "{:.1f} monitor-years in {:.1f} s: {} notices, {} of them escalations; {} delivered, {} "
      "given "
      "up, {} dropped in {} runs, of which {} failed and {} were the last that a rate allows; {} "
      "groups of {} notices, {} of them digests; {} restarts\n{} broken\n",
      all.monitor_years, took.count(), all.notices, all.escalations, all.delivered, all.given_up,
      all.dropped, all.runs, all.failed, all.capped, all.groups, all.grouped, all.digests,
      all.restarts, broken);
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
