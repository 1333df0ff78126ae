// A world in memory for the engine: virtual time, and children that end as a script says. The
// engine hears of it only through events. Nothing in it depends on chance or on a real clock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/engine.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor::scripts {

// How one run is going to end.
struct Fate {
  enum class Kind : std::uint8_t { exits, hangs, crashes, missing, no_descriptors };
  Kind kind = Kind::exits;
  int code = 0;
  bool mends = false;  // of a repair: what it repairs is well afterwards
};

// What a monitor's or an alert's command does when it is run.
struct Manner {
  Fate usual;
  std::deque<Fate> next;  // for the next runs, before the usual one
  Duration takes{};
  Duration jitter{};    // on top of `takes`, up to this, differently each time
  Duration stubborn{};  // goes on for so long after it was told to end
  std::string output;

  Fate take();
};

class World {
 public:
  // Told of each effect as it is carried out.
  using Observer = std::function<void(const Effect&)>;

  World(Config config, Observer observer);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] Moment now() const { return {now_, Timestamp{now_.time_since_epoch()} + jumped_}; }
  // Since the beginning.
  [[nodiscard]] Duration age() const { return now_ - start_; }
  [[nodiscard]] Duration age(Monotonic when) const { return when - start_; }

  // Everything that happens up to `until`, and at it.
  void advance(Duration by);
  // Goes on until so many checks of this monitor have ended, and all else of that instant.
  // False when that does not come.
  [[nodiscard]] bool run_checks(MonitorId monitor, int count);
  // Goes on until no notice waits. False when that does not come.
  [[nodiscard]] bool settle();
  void tell(Event event);
  void jump_clock(Duration by) { jumped_ += by; }
  // The daemon is not run for so long; everything else goes on.
  void freeze(Duration by) { now_ += by; }

  enum class End : std::uint8_t { crash, stop };
  enum class Boot : std::uint8_t { same, another };
  // The daemon ends, is away for so long and comes back, with this configuration. After a stop
  // everything that it said was kept; a crash loses what it said in the last event, when that
  // started no command. Children do not outlive it.
  void restart(End end, Boot boot, Duration away, Config config);

  // The configuration is this one from now on.
  void reload(Config config);

  [[nodiscard]] Manner& manner(MonitorId id) { return manners_[config().monitors[id.value].name]; }
  [[nodiscard]] Manner& manner(AlertId id) {
    return alert_manners_[config().alerts[id.value].name];
  }
  // Of repairs ("repair NAME") and of only_when ("gate NAME").
  [[nodiscard]] Manner& manner_of(const std::string& what) { return manners_["\n" + what]; }
  [[nodiscard]] std::string boot() const;
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const Config& config() const { return engine_->config(); }
  [[nodiscard]] std::optional<MonitorId> monitor(std::string_view name) const;
  [[nodiscard]] std::optional<AlertId> alert(std::string_view name) const;
  // What a run that was started is for: the monitor of a check, the alert of an alert command.
  [[nodiscard]] std::string runs_for(const StartCommand& start) const;

 private:
  struct Child {
    RunId run;
    std::string monitor;  // of a check
    Duration stubborn{};
    CommandOutcome outcome;
    std::string mends;  // the monitor that is well when this has ended
  };
  using Key = std::pair<Monotonic, std::uint64_t>;  // when it ends, and in which order it began

  void carry_out(const Effect& effect);
  void start(const StartCommand& start);
  void end(const EndCommand& end);
  // The next thing that happens; false when nothing will, or not until `limit`.
  bool step(Monotonic limit);

  void live(Config config);

  std::map<std::string, Manner, std::less<>> manners_;  // of checks, by monitor
  std::map<std::string, Manner, std::less<>> alert_manners_;
  Monotonic start_;
  Monotonic now_;
  Duration jumped_{};
  Observer observer_;
  std::map<Key, Child> children_;
  std::optional<Monotonic> wake_;
  std::uint64_t order_ = 0;
  std::uint64_t chance_ = 1;
  std::map<std::string, int, std::less<>> ended_;  // checks, by monitor
  SavedState kept_;                                // what outlives a crash
  SavedState said_;                                // with what was said in this event
  int life_ = 0;
  int boot_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace minitor::scripts
