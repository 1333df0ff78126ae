// A life with everything that holds notices back, mixed at random: windows, dependencies, repairs,
// gates, flapping, recover_after, restarts, our own uplink that goes away, a machine that sleeps. Its invariants are about what people notice:
//
//   nobody is told in a window, nor while what the monitor depends on is not up
//   a recovery only after a problem, on that channel; and one for each
//   held never means lost: what stays down is told in the end
//   a repair never runs twice at once, nor more often than allowed, also through a restart
//   each step of a ladder is told once in an incident, in order, not before its time, and not much later
//   nobody is told of what the uplink takes with it, once it is known to be gone
//   all that was told has an end when all is well
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "minitor/core/engine.hpp"
#include "minitor/core/saved_state.hpp"
#include "tests/simulation/chance.hpp"

namespace minitor::simulation {

// An invariant does not hold.
class PolicyBroken : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a life was made of: one in which no repair ran proves nothing of repairs.
struct PolicyCounts {
  double monitor_years = 0;
  std::uint64_t checks = 0, problems = 0, reminders = 0, recoveries = 0, held = 0;
  std::uint64_t repairs = 0, passed_over = 0, repaired = 0, gates = 0, restarts = 0, flaps = 0;
  std::uint64_t escalations = 0, blind = 0, uncounted = 0, sleeps = 0, warnings = 0;

  void add(const PolicyCounts& other);
};

class PolicyWorld {
 public:
  explicit PolicyWorld(std::uint64_t seed, Duration length);

  // Throws PolicyBroken when an invariant is.
  void live(PolicyCounts& counts);
  [[nodiscard]] Duration age() const { return now_ - start_; }

 private:
  struct Child {
    RunId run;
    RunPurpose purpose{};
    MonitorIndex monitor = 0;
    int step = 0;         // of a repair
    bool orphan = false;  // of an earlier life
    CommandOutcome outcome;
  };
  struct Target {
    bool bad = false;
    int flaky = 0;  // per mille of checks that fail all the same
    Monotonic until{};
  };
  // What one alert was told of one incident.
  struct Told {
    MonitorIndex monitor = 0;
    bool problem = false;  // or, when too many waited and it was given up, a reminder
    bool given_up = false;
    bool recovery = false;
  };
  // How far an incident has climbed.
  struct Climb {
    Monotonic since{};  // its problem was intended
    int step = 0;
    std::string notice;  // the last step's
  };
  enum class Weather : std::uint8_t { mixed, bad, good };

  void make_config();
  Monitor make_monitor(MonitorIndex index);
  void make_ladder(Monitor& monitor);
  void climb(const RecordNotice& record);
  void no_step_is_late(MonitorIndex index) const;
  void make_canaries();
  void make_windows();
  void restart();
  void tell(Event event);
  void start(const StartCommand& start);
  void on(const RecordNotice& record);
  void on(const RecordTransition& transition);
  void check_may_tell(const RecordNotice& record) const;
  void sleep();
  [[nodiscard]] bool uplink_is_gone();
  [[nodiscard]] bool needs_the_uplink(const Monitor& monitor) const;
  void start_repair(MonitorIndex monitor, int step);
  [[nodiscard]] bool target_fails(MonitorIndex monitor);
  [[nodiscard]] bool in_a_window(const Monitor& monitor, Timestamp when) const;
  [[nodiscard]] bool could_be_told(const Monitor& monitor, Timestamp from) const;
  [[nodiscard]] bool parents_up(const Monitor& monitor) const;
  [[nodiscard]] MonitorIndex index_of(const std::string& name) const;
  // The wall clock goes on while the machine sleeps.
  [[nodiscard]] Moment now() const { return {now_, Timestamp{now_.time_since_epoch()} + asleep_}; }
  bool step(Monotonic limit);
  void until(Monotonic limit);
  void nothing_is_late() const;
  void end_badly();
  void end_well();

  Chance chance_;
  Duration length_;
  std::shared_ptr<const Config> config_;
  Config making_;
  std::unique_ptr<Engine> engine_;
  SavedState kept_;
  int life_ = 0;
  Monotonic start_{std::chrono::hours{24 * 20800}};
  Monotonic now_ = start_;
  std::optional<Monotonic> wake_;
  std::multimap<Monotonic, Child> children_;
  std::vector<Target> targets_;
  std::vector<Target> alerts_;
  Target uplink_;
  Monotonic uplink_since_{};
  Duration asleep_{};
  // Since then everything that is due was told, as far as our own sight goes.
  Monotonic clear_since_ = start_;
  Weather weather_ = Weather::mixed;
  // The books.
  std::vector<Status> status_;
  std::map<std::pair<std::string, std::string>, Told> told_;  // by incident and alert
  std::map<std::string, int> locks_;                          // repairs that run, by lock
  std::map<std::string, std::vector<Monotonic>> repairs_;     // by lock and step
  std::vector<bool> told_of_bad_;                             // in the end, by monitor
  std::map<std::string, Climb> climbs_;                       // by incident
  std::map<MonitorIndex, std::string> open_incident_;         // of what is down
  Monotonic lived_since_{};
  PolicyCounts counts_;
};

}  // namespace minitor::simulation
