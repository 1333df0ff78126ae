// What the world does to the commands that are run in it: targets go down and come back, alerts
// break and hang, the machine runs short of descriptors.
#pragma once

#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/outcome.hpp"
#include "tests/simulation/chance.hpp"

namespace minitor::simulation {

// How one run is going to end if nobody ends it before.
struct Fate {
  CommandOutcome outcome;
  Verdict verdict{};  // what a check that ended so says of its target
};

class Weather {
 public:
  Weather(const Config& config, bool flaps, Chance& chance);

  [[nodiscard]] Fate of_check(MonitorId monitor, Monotonic now);
  [[nodiscard]] Fate of_alert(AlertId alert, Monotonic now);
  // From now on everything works.
  void clear() { clear_ = true; }

 private:
  // A stretch of time in which a thing is in one mood, until `until`.
  struct Mood {
    enum class Kind { well, bad, slow } kind = Kind::well;
    Monotonic until{};
    int bad_permille = 1000;  // of the runs in a bad stretch
  };
  void age(Mood& mood, Monotonic now, Duration well, Duration bad);
  Ending bad_ending(const Command& command, Duration& takes);
  [[nodiscard]] bool short_of_descriptors(Monotonic now);

  const Config& config_;
  bool flaps_;
  Chance& chance_;
  std::vector<Mood> targets_;
  std::vector<Mood> alerts_;
  Mood machine_;
  Duration alert_well_;
  Duration alert_bad_;
  bool clear_ = false;
};

}  // namespace minitor::simulation
