// A life with everything that holds notices back, mixed at random: windows, dependencies, repairs,
// gates, flapping, recover_after, restarts, our own uplink that goes away, a machine that sleeps. Its invariants are about what people notice:
//
//   nobody is told in a window, nor while what the monitor depends on is not up
//   a recovery only after a problem, on that channel; and one for each
//   held never means lost: what stays down is told in the end
//   what people lay over monitors: nothing is run in a pause, nobody is told in a pause or a silence, nor
//   reminded of what was acknowledged; and every overlay ends when it is to end
//   a repair never runs twice at once, nor more often than allowed, also through a restart
//   each step of a ladder is told once in an incident, in order, not before its time, and not much later
//   what the uplink takes with it, once it is known to be gone, is no failure, and nobody is told
//   what was not seen is checked at once when we see again
//   all that was told has an end when all is well, or when nobody looks any more
//
// Now and then the configuration is changed, while it runs or before it comes back: monitors are added,
// removed, renamed and changed, and everything changes places. A monitor is known by its number, which
// its names begin with: m3, m3v1, m3v2.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "minitor/core/engine.hpp"
#include "minitor/core/saved_state.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/notice_books.hpp"
#include "tests/simulation/policy_counts.hpp"

namespace minitor::simulation {

class PolicyWorld {
 public:
  // `aloud`: says what happens.
  PolicyWorld(std::uint64_t seed, Duration length, bool aloud);

  // Throws PolicyBroken when an invariant is.
  void live(PolicyCounts& counts);
  [[nodiscard]] Duration age() const { return now_ - start_; }

 private:
  struct Child {
    RunId run;
    RunPurpose purpose{};
    MonitorIndex monitor = 0;  // its number
    std::string lock;          // of a repair
    bool orphan = false;       // of an earlier life
    bool left = false;         // of a ladder that is no longer configured
    CommandOutcome outcome;
    NoticeBooks::Run told;  // of an alert
    Monotonic begun{};
    bool cut_off = false;  // of a check: our uplink is gone
  };
  struct Target {
    bool bad = false;
    int flaky = 0;  // per mille of checks that fail all the same
    Monotonic until{};
  };
  // What one alert was told of one incident.
  struct Told {
    MonitorIndex monitor = 0;
    bool problem = false;  // or, when that was given up, a reminder
    bool itself = false;   // the problem, not a step of the ladder
    bool given_up = false;
    bool recovery = false;
    bool left = false;  // the monitor does not tell this alert any more
  };
  // A check that ended and was not judged yet.
  struct Unjudged {
    MonitorIndex monitor = 0;
    Monotonic begun{}, ended{};
    bool cut_off = false;
    bool waits = false;  // for the canaries
  };
  // How far an incident has climbed.
  struct Climb {
    Monotonic since{};  // its problem was intended
    int step = 0;
    std::string notice;      // the last step's
    bool laid_over = false;  // somebody meddled with it: its steps come when that ends
    bool changed = false;    // other alerts or another ladder since it began
  };
  enum class Weather : std::uint8_t { mixed, bad, good };

  // policy_making.cpp
  void make_config();
  [[nodiscard]] Alert make_alert();
  [[nodiscard]] StormRules make_storm();
  Monitor make_monitor(MonitorIndex number, MonitorIndex index);
  void make_ladder(Monitor& monitor);
  void climb(const RecordNotice& record);
  void no_step_is_late(const Monitor& monitor) const;
  void make_canaries();
  void make_windows();
  Window make_window(const std::string& name);
  void restart();
  // policy_changes.cpp
  [[nodiscard]] std::shared_ptr<const Config> another_config();
  void add_or_remove(Config& config);
  void change_alert(Config& config);
  void change_one(Config& config);
  void shuffle(Config& config);
  void follow(const Config& before, const Config& after);
  void reload();
  void come_back();
  void tell(Event event);
  void start(const StartCommand& start);
  void on(const RecordNotice& record);
  void on(const RecordTransition& transition);
  void on(const RecordCheck& check);
  void on(const RecordBlind& blind);
  void finished(Child child);
  void end_unjudged() const;
  [[nodiscard]] bool known_to_be_gone() const;
  [[nodiscard]] bool gone_since(Monotonic when) const;
  void check_may_tell(const RecordNotice& record) const;
  void sleep();
  [[nodiscard]] bool uplink_is_gone();
  [[nodiscard]] bool needs_the_uplink(const Monitor& monitor) const;
  std::string start_repair(MonitorIndex number, int step);
  [[nodiscard]] bool target_fails(MonitorIndex number);
  [[nodiscard]] bool in_a_window(const Monitor& monitor, Timestamp when) const;
  [[nodiscard]] bool could_be_told(const Monitor& monitor, Timestamp from) const;
  [[nodiscard]] bool parents_up(const Monitor& monitor) const;
  // The number that a name begins with, after a letter.
  [[nodiscard]] static MonitorIndex number_of(const std::string& name);
  [[nodiscard]] MonitorIndex number_of(MonitorId id) const {
    return number_of(config_->monitors[id.value].name);
  }
  // Null: it is gone.
  [[nodiscard]] const Monitor* monitor(MonitorIndex number) const;
  // The wall clock goes on while the machine sleeps.
  [[nodiscard]] Moment now() const { return {now_, Timestamp{now_.time_since_epoch()} + asleep_}; }
  [[nodiscard]] bool storm_is_on();
  [[nodiscard]] bool alert_fails(const std::string& alert);
  bool step(Monotonic limit);
  void until(Monotonic limit);
  // policy_overlays.cpp
  void meddle();
  void take_everything_off();
  void on(const RecordOverlay& record);
  void cut_short(RunId run);
  [[nodiscard]] const Overlays& laid_over(MonitorIndex number) const;
  void check_overlays(const RecordNotice& record) const;
  void check_start(const StartCommand& start, MonitorIndex monitor) const;
  void no_overlay_outlives_its_time() const;
  void nothing_is_late() const;
  void end_badly();
  void end_well();

  void say(const std::string& what) const;

  Chance chance_;
  Duration length_;
  bool aloud_;
  // What kind of life it is.
  bool stormy_ = false;    // many monitors, checked often
  bool gives_up_ = false;  // alerts give up and have fallbacks
  bool restless_ = false;  // restarted all the time
  std::shared_ptr<const Config> config_;
  Config making_;
  std::unique_ptr<Engine> engine_;
  SavedState kept_;
  int life_ = 0;
  Monotonic start_{std::chrono::hours{24 * 20800}};
  Monotonic now_ = start_;
  std::optional<Monotonic> wake_;
  std::multimap<Monotonic, Child> children_;
  std::map<MonitorIndex, Target> targets_;
  std::map<MonitorIndex, Target> alerts_;
  Target uplink_, storm_;
  Monotonic uplink_since_{};
  Duration asleep_{};
  // What was not seen, and until when it is to be checked once we see again.
  std::map<MonitorIndex, Monotonic> unseen_;
  std::map<std::uint64_t, Unjudged> unjudged_;    // by run
  std::map<MonitorIndex, Monotonic> made_again_;  // what waited when it died: until when
  std::set<MonitorIndex> proven_;                 // canaries that were well once
  std::optional<Monotonic> restart_at_, reload_at_;
  // Since then everything that is due was told, as far as our own sight goes.
  Monotonic clear_since_ = start_;
  MonitorIndex next_number_ = 0;
  int version_ = 0;
  int next_alert_ = 0;
  Weather weather_ = Weather::mixed;
  // The books.
  std::map<MonitorIndex, Status> status_;
  std::set<MonitorIndex> realerted_;                          // other alerts were ever told of it
  std::set<MonitorIndex> to_close_;                           // removed while an incident was open
  std::map<std::pair<std::string, std::string>, Told> told_;  // by incident and alert
  std::map<std::string, int> locks_;                          // repairs that run, by lock
  std::map<std::string, std::vector<Monotonic>> repairs_;     // by lock and step
  std::set<MonitorIndex> told_of_bad_;                        // in the end
  std::map<std::string, Monotonic> intended_;                 // by notice
  std::map<std::string, Climb> climbs_;                       // by incident
  std::map<MonitorIndex, std::string> open_incident_;         // of what is down
  Monotonic lived_since_{};
  std::set<MonitorIndex> was_paused_;      // and not checked since
  std::map<MonitorIndex, Overlays> laid_;  // as RecordOverlay told
  PolicyCounts counts_;
  NoticeBooks notices_{counts_};
};

}  // namespace minitor::simulation
