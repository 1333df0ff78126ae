// Lives through monitor-years of everything that holds notices back, and says which seed broke what.
//   test_policy_simulation              so many seeds from 1 on as make kYears, and one from the clock
//   test_policy_simulation --years N    the same with as many as make N monitor-years
//   test_policy_simulation --seed N     that one; with `aloud` behind it, it says what happens
//   test_policy_simulation --seeds N    so many from the clock on, for a long night
// MONITOR_YEARS in the environment is the N of --years where nothing is asked for. Seeds are lived in
// parallel; JOBS in the environment says how many at a time.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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
constexpr double kYears = kSlow ? 2 : 60;
// One seed more than any number of years needs.
constexpr std::uint64_t kMostSeeds = 1'000'000;
// The clock's seed is that of a life as well; both ends of each take 16 days more.
constexpr int kShortestLife = 20;
constexpr int kLongestLife = kSlow ? 30 : 200;

std::chrono::hours life_of(std::uint64_t seed) {
  minitor::simulation::Chance chance(seed ^ 0x6c696665);
  return std::chrono::hours{24 * chance.between(kShortestLife, kLongestLife)};
}

// Seeds lived side by side, until there are enough years or none is left.
class Lives {
 public:
  Lives(std::uint64_t first, std::uint64_t count, double years, bool aloud)
      : next_(first), end_(first + count), years_(years), aloud_(aloud) {}

  void run() {
    const char* jobs = std::getenv("JOBS");
    const unsigned asked = jobs != nullptr ? static_cast<unsigned>(std::atoi(jobs)) : 0;
    const unsigned most = std::max(1U, asked > 0 ? asked : std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < most; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
  }

  PolicyCounts all;
  int broken = 0;

 private:
  void work() {
    for (std::uint64_t seed = next_++; seed < end_ && !enough(); seed = next_++) live(seed);
  }

  bool enough() {
    const std::lock_guard lock(mutex_);
    return all.monitor_years >= years_;
  }

  void live(std::uint64_t seed) {
    PolicyWorld world(seed, life_of(seed), aloud_);
    PolicyCounts counts;
    std::string words;
    try {
      world.live(counts);
    } catch (const PolicyBroken& fault) {
      words =
          fmt::format("seed {} after {}: broken: {}\n  replay: test_policy_simulation --seed {}\n",
                      seed, minitor::format_duration(world.age()), fault.what(), seed);
    }
    const std::lock_guard lock(mutex_);
    all.add(counts);
    broken += words.empty() ? 0 : 1;
    fmt::print("{}", words);
  }

  std::atomic<std::uint64_t> next_;
  std::uint64_t end_;
  double years_;
  bool aloud_;
  std::mutex mutex_;
};

int run(int argc, char** argv) {
  const std::string option = argc > 1 ? argv[1] : "";
  const std::uint64_t number = argc > 2 ? std::stoull(argv[2]) : 0;
  const auto begun = std::chrono::steady_clock::now();
  const auto clock = static_cast<std::uint64_t>(
      std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds{1});
  const char* asked = std::getenv("MONITOR_YEARS");
  constexpr double kNoEnd = 1e9;
  double years = kNoEnd;
  std::uint64_t first = 1;
  std::uint64_t count = kMostSeeds;
  const bool usual = option.empty() || option == "--years";
  if (option == "--seed") {
    first = number;
    count = 1;
  } else if (option == "--seeds") {
    first = clock;
    count = number;
  } else if (usual) {
    years = option.empty() ? (asked != nullptr && !kSlow ? std::atof(asked) : kYears)
                           : static_cast<double>(number);
  } else {
    fmt::print("unknown option {}\n", option);
    return 2;
  }
  Lives lives(first, count, years, argc > 3 && std::string(argv[3]) == "aloud");
  lives.run();
  PolicyCounts& all = lives.all;
  int broken = lives.broken;
  if (usual) {
    fmt::print("seed from the clock: {}\n", clock);
    Lives one(clock, 1, kNoEnd, false);
    one.run();
    all.add(one.all);
    broken += one.broken;
    // A life without all of it proves little.
    if (!kSlow && broken == 0 && !all.missing().empty()) {
      fmt::print("never seen: {}\n", all.missing());
      ++broken;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print("{:.1f} monitor-years in {:.1f} s: {}\n{} broken\n", all.monitor_years, took.count(),
             all.words(), broken);
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
