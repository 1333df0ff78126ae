// A life of storms: many monitors that fail together, alerts with random `group`, `rate`, fallbacks and
// ladders, which fail and hang, and a daemon that dies. Its books are kept from what alert commands are given:
//
//   every notice that is due reaches its channel, alone, in a group or in a digest, or is given up loudly
//   never a recovery before its problem on a channel, nor without it
//   never more runs than the rate, nor more than half of it for reminders alone; also through restarts
//   nothing is told twice, but for what was under way when the daemon died
//   when all is well nothing waits
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "minitor/core/engine.hpp"
#include "minitor/core/saved_state.hpp"
#include "tests/simulation/chance.hpp"

namespace minitor::simulation {

// An invariant does not hold.
class StormBroken : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct StormCounts {
  double monitor_years = 0;
  std::uint64_t notices = 0, delivered = 0, given_up = 0, dropped = 0, runs = 0, failed = 0;
  std::uint64_t groups = 0, digests = 0, grouped = 0, escalations = 0, restarts = 0, capped = 0;
};

class StormWorld {
 public:
  StormWorld(std::uint64_t seed, Duration length);

  // Throws StormBroken when an invariant is.
  void live(StormCounts& counts);
  [[nodiscard]] Duration age() const { return now_ - start_; }

 private:
  using Key = std::pair<std::string, std::string>;  // a notice or an incident, and an alert
  struct Entry {
    NoticeKind kind{};
    std::string incident;
    bool open = true;
    bool running = false;
    bool delivered = false;
    bool cut_off = false;  // it ran when the daemon died
  };
  struct Child {
    RunId run;
    std::optional<MonitorIndex> monitor;
    std::string alert;
    std::vector<std::string> notices;
    CommandOutcome outcome;
  };
  struct Run {
    Monotonic began;
    bool reminders = false;
  };

  void make_config();
  void restart();
  void tell(Event event);
  void start(const StartCommand& start);
  void start_alert(const StartCommand& start, Child& child);
  void check_cap(const Alert& alert, bool reminders);
  void on(const RecordNotice& record);
  void finished(Child child);
  [[nodiscard]] bool fails(MonitorIndex monitor);
  [[nodiscard]] const Alert& alert(const std::string& name) const;
  [[nodiscard]] Moment now() const { return {now_, Timestamp{now_.time_since_epoch()}}; }
  bool step(Monotonic limit);
  void until(Monotonic limit);
  void end_well();

  Chance chance_;
  Duration length_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<Engine> engine_;
  SavedState kept_;
  int life_ = 0;
  Monotonic start_{std::chrono::hours{24 * 20800}};
  Monotonic now_ = start_;
  std::optional<Monotonic> wake_;
  std::multimap<Monotonic, Child> children_;
  bool good_ = false;  // at the end all is well
  // What all fail by, and each by itself.
  Monotonic storm_until_{};
  bool storm_ = false;
  std::map<MonitorIndex, Monotonic> bad_until_;
  std::map<std::string, Monotonic> alert_bad_until_;
  // The books.
  std::map<Key, Entry> entries_;
  std::map<Key, bool> told_;  // trouble of an incident; true: and its end
  std::map<std::string, std::vector<Run>> runs_;
  std::set<Key> ended_;  // in this event
  StormCounts counts_;
};

}  // namespace minitor::simulation
