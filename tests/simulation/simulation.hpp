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
  Auditor auditor_;
  Engine engine_;
  std::map<std::uint64_t, Child> children_;
  std::priority_queue<Due> queue_;
  std::optional<Monotonic> wake_ = start_;
  Monotonic outside_;
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace minitor::simulation
