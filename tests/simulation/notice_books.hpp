// What becomes of each notice, kept from what alert commands are given and from what is recorded:
//
//   every notice that is intended reaches its alert exactly once: alone, in a group or in a digest; or it is
//   given up loudly, or dropped for a reason that a user would accept. Only what ran when the daemon died
//   may come a second time
//   held never means lost, and it is not held for longer than the rate asks
//   never more runs than the rate, nor more than half of it for reminders alone; also through restarts
//   never a recovery before its problem on an alert, nor trouble after it
//
// It knows nothing of monitors and of why something is told: that is in policy_world.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/event.hpp"
#include "tests/simulation/policy_counts.hpp"

namespace minitor::simulation {

class NoticeBooks {
 public:
  explicit NoticeBooks(PolicyCounts& counts) : counts_(counts) {}

  // One run of an alert's command, and what it tells.
  struct Run {
    std::string alert;
    std::vector<std::string> notices;
    bool gone = false;  // its alert is not in the configuration any more
  };
  [[nodiscard]] Run begins(const StartCommand& start, const Config& config, Monotonic now);
  // It ends: before the engine hears of it, and after.
  void ends(const Run& run, bool delivered, Monotonic now);
  void ended(const Run& run, bool delivered);
  // The daemon died while it ran.
  void cut_off(const Run& run, Monotonic now);

  void on(const RecordNotice& record, const std::string& alert, Monotonic now);
  void on(const RecordForgotten& record);
  // After cut_off() of all that ran.
  void restarted();
  void reloaded(const Config& before, const Config& after, Monotonic now);

  // What waits for nothing but its rate has not waited for longer.
  void nothing_is_late(const Config& config, Monotonic now) const;
  void nothing_waits() const;

  // Somebody who is not in the configuration any more was told of it.
  [[nodiscard]] bool told_elsewhere(const std::string& incident) const {
    return elsewhere_.contains(incident);
  }
  // Its end came to this alert, or was given up there, loudly; or was never meant to.
  [[nodiscard]] bool end_was_settled(const std::string& incident, const std::string& alert) const;
  // Of an incident at least one notice was given up.
  [[nodiscard]] bool gave_up(const std::string& incident) const {
    return given_up_.contains(incident);
  }

 private:
  using Key = std::pair<std::string, std::string>;  // a notice or an incident, and an alert
  struct Entry {
    NoticeKind kind{};
    std::string incident;
    Monotonic since{};
    bool open = true;
    bool running = false;
    bool delivered = false;
    bool cut_off = false;  // it ran when the daemon died
  };
  struct Begun {
    Monotonic when{};
    bool reminders = false;
  };

  void check_cap(const Alert& alert, bool reminders, Monotonic now);
  void check_member(const Key& key, Entry& entry, const std::string& kind,
                    std::set<std::string>& here);
  void end(const Key& key, Entry& entry);

  PolicyCounts& counts_;
  std::map<Key, Entry> entries_;
  std::set<Key> open_;
  std::map<Key, bool> told_;  // trouble of an incident; true: and its end
  std::set<Key> meant_;       // incidents of which an end was intended for this alert
  std::set<std::string> elsewhere_, given_up_;
  std::map<std::string, std::vector<Begun>> runs_;
  std::map<std::string, Monotonic> rules_since_;  // since when an alert has the rate that it has
  std::set<Key> ended_;                           // in this event
  Monotonic last_trouble_{};                      // with any alert
};

}  // namespace minitor::simulation
