// Lives through monitor-years in seconds, and says which seed broke what.
//   test_simulation              the fixed seeds, and one from the clock
//   test_simulation --seed N     that one
//   test_simulation --seeds N    so many from the clock on, for a long night
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/simulation/simulation.hpp"

namespace {

using minitor::simulation::Broken;
using minitor::simulation::Ends;
using minitor::simulation::Lived;
using minitor::simulation::Simulation;

constexpr int kSeeds = 90;
constexpr int kChecks = 45'000;
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
constexpr double kYears = 100;

void add(Ends& all, const Ends& one) {
  all.notices += one.notices;
  all.delivered += one.delivered;
  all.failed += one.failed;
  all.given_up += one.given_up;
  all.pushed_out += one.pushed_out;
  all.superseded += one.superseded;
  all.outlived += one.outlived;
  all.refused += one.refused;
  all.postponed += one.postponed;
  all.not_told += one.not_told;
  all.handed_on += one.handed_on;
  all.stand_ins += one.stand_ins;
}

bool live(std::uint64_t seed, int checks, Lived& all) {
  Simulation simulation(seed, checks);
  try {
    const Lived one = simulation.live();
    all.monitor_years += one.monitor_years;
    all.events += one.events;
    all.checks += one.checks;
    all.missed += one.missed;
    all.restarts += one.restarts;
    all.told_again += one.told_again;
    add(all.ends, one.ends);
    return true;
  } catch (const Broken& broken) {
    fmt::print("seed {} after {}: broken: {}\n  replay: test_simulation --seed {}\n", seed,
               minitor::format_duration(simulation.age()), broken.what(), seed);
    return false;
  }
}

int run(int argc, char** argv) {
  const std::string option = argc > 1 ? argv[1] : "";
  const auto clock = static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds{1});
  const std::uint64_t number = argc > 2 ? std::stoull(argv[2]) : 0;
  const int checks = kSlow ? kChecks / 20 : kChecks;
  Lived all;
  int broken = 0;
  const auto begun = std::chrono::steady_clock::now();
  if (option == "--seed") {
    broken += live(number, kChecks, all) ? 0 : 1;
  } else if (option == "--seeds") {
    for (std::uint64_t seed = clock; seed < clock + number; ++seed)
      broken += live(seed, checks, all) ? 0 : 1;
  } else {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) broken += live(seed, checks, all) ? 0 : 1;
    if (!kSlow && broken == 0 && all.monitor_years < kYears) {
      fmt::print("fewer than {} monitor-years\n", kYears);
      ++broken;
    }
    fmt::print("seed from the clock: {}\n", clock);
    broken += live(clock, checks, all) ? 0 : 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print("{:.1f} monitor-years in {:.1f} s: {} events, {} checks, {} missed, {} notices\n",
             all.monitor_years, took.count(), all.events, all.checks, all.missed, all.ends.notices);
  fmt::print(
      "notices and alerts: {} delivered, {} attempts failed, {} given up ({} because too many "
      "waited, {} at once), {} superseded, {} reminders outlived, {} recoveries not told, {} "
      "handed "
      "to a fallback, {} stand-ins told, {} waits asked for\n",
      all.ends.delivered, all.ends.failed, all.ends.given_up, all.ends.pushed_out, all.ends.refused,
      all.ends.superseded, all.ends.outlived, all.ends.not_told, all.ends.handed_on,
      all.ends.stand_ins, all.ends.postponed);
  fmt::print("{} restarts and crashes; {} notices told again with the same id\n", all.restarts,
             all.told_again);
  fmt::print("{} broken\n", broken);
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
