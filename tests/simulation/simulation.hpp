// One seed's life: the engine, driven only through events, in a world made of chance.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "minitor/core/engine.hpp"
#include "tests/simulation/auditor.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/weather.hpp"

namespace minitor::simulation {

struct Lived {
  double monitor_years = 0;
  std::uint64_t events = 0;
  std::uint64_t checks = 0;
  std::uint64_t missed = 0;
  std::uint64_t restarts = 0;
  std::uint64_t told_again = 0;  // notices that a receiver got more than once
  Ends ends;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, int checks);

  // Throws Broken when an invariant is.
  Lived live();

  // How long it has lived, for whoever tells of a failure.
  [[nodiscard]] Duration age() const { return now_.time_since_epoch() - start_.time_since_epoch(); }

 private:
  struct Due {
    Monotonic when;
    std::uint64_t order;
    std::uint64_t run;
    friend bool operator<(const Due& a, const Due& b) {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };
  struct Child {
    std::uint64_t order = 0;  // the one that counts, of those in the queue
    CommandOutcome outcome;
    Duration stubborn{};
    Monotonic ends;
  };

  void tell(Event event);
  void carry_out(const Effect& effect);
  bool step(Monotonic limit);
  void live_until(Monotonic limit);
  void stop();
  void restart();
  void crash();
  void come_back();
  void keep();
  void told(RunId run, const CommandOutcome& outcome);
  void settle();
  void something_from_outside();
  [[nodiscard]] Moment moment() const {
    return {now_, Timestamp{now_.time_since_epoch()} + jumped_};
  }

  Chance chance_;
  Plan plan_;
  Weather weather_;
  Monotonic start_{std::chrono::hours{24 * 365}};
  Monotonic now_ = start_;
  Duration jumped_{};
  std::unique_ptr<Auditor> auditor_;
  std::unique_ptr<Engine> engine_;
  // Of a crash: what was said so far, what of it was kept, and the books as they stood then.
  SavedState said_;
  SavedState kept_;
  std::unique_ptr<Auditor> books_;
  bool crash_soon_ = false;  // while an alert command runs
  bool crashing_ = false;
  bool crashed_ = false;
  std::uint64_t lives_ = 1;
  std::uint64_t boots_ = 1;
  // What the receivers know, which no crash takes back: by notice and alert, how often.
  std::map<std::pair<std::string, std::uint32_t>, int> received_;
  std::map<std::uint64_t, std::string> notice_of_;  // by run
  std::uint64_t told_again_ = 0;
  std::map<std::uint64_t, Child> children_;
  std::priority_queue<Due> queue_;
  std::optional<Monotonic> wake_ = start_;
  Monotonic outside_;
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace minitor::simulation
