// What keeps a storm of notices from an alert: `group` gathers what is due within a short time into one
// message, `rate` caps how often the alert's command may run. What the cap holds back is told in one message
// (a digest) as soon as the cap allows a run. Held never means lost.
//
// A run is every start of the command, also one that tries again: the cap is a promise about runs. Runs that
// tell of reminders alone take half of the cap at most, so that there is always room for what is new; a
// reminder that is held goes along with the next message, whatever that tells. With a cap of one, reminders
// go in no other way.
#pragma once

#include <deque>
#include <optional>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

struct StormRun {
  Moment began;
  bool reminders = false;  // it told of nothing else
};

// What is remembered of one alert; `runs` and `held` through restarts.
struct StormState {
  std::deque<StormRun> runs;          // those that the cap still counts, oldest first
  bool held = false;                  // the cap holds something back
  std::optional<Monotonic> opens_at;  // what is gathered is told then
};

struct StormAnswer {
  enum class Kind : std::uint8_t {
    wait,  // nothing may be told now
    one,   // one notice
    all,   // all that there is, in one message
  };
  Kind kind = Kind::wait;
  bool reminders = true;             // a run may tell of reminders alone
  bool capped = false;               // on wait: because of the cap
  std::optional<Monotonic> again{};  // on wait: when to ask again, if time alone helps
};

// May the alert run now? `only_reminders`: nothing else waits for it. `gathers`: what waits is to wait for
// others until `opens_at`.
[[nodiscard]] StormAnswer may_run(const StormRules& rules, const StormState& state,
                                  bool only_reminders, bool gathers, Monotonic now);

// It runs: forgets what the cap does not count any more. Without a cap nothing is remembered.
void note_run(const StormRules& rules, StormState& state, Moment now, bool reminders);

}  // namespace minitor
