// The state machine: what one check's verdict makes of a monitor, whether to tell someone, and why.
//
// Pure: the state goes in, the next one comes out. The arithmetic is Minitor's. With n failures in
// a row, the monitor is down from the failure on that satisfies alert_after; with f failures since
// then and k notices sent in this incident, a notice follows when
//   alert_every > 0: f mod alert_every == 0      a duration: so long since the last notice
//   alert_every < 0: f >= 2^k - 1                alert_every == 0: f == 0
//
// A notice that is due may be withheld for reasons that are none of this file's business (a window,
// a parent that is down …). A problem that was withheld is owed: it stays due until it is told or
// the monitor is up. Then f counts from when it was told. A reminder that was withheld is let go,
// and makes the next one no sooner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/status.hpp"

namespace minitor {

// What the policy remembers of a monitor.
struct PolicyState {
  Status status = Status::unknown;
  int failures = 0;          // failed checks in a row
  int failures_at_down = 0;  // the value of `failures` that made it down
  int alerts = 0;            // notices of this incident: its problem and its reminders
  Moment first_failure;      // of the present row; of no meaning while failures is 0
  Monotonic last_alert{};    // of no meaning while alerts is 0
  std::optional<Timestamp> last_success;
  bool owed = false;     // the problem of this incident was due and is not told yet
  int withheld = 0;      // reminders of this incident that were let go
  int successes = 0;     // in a row, of a monitor that is down and may be on its way up
  Moment first_success;  // of them; of no meaning while there are none

  friend bool operator==(const PolicyState&, const PolicyState&) = default;
};

// One check as the policy sees it. Its moment is when it was due, not when it happened to run, so
// that durations which are multiples of the interval are met exactly.
struct CheckResult {
  Verdict verdict{};
  Moment due;
};

enum class ReasonCode : std::uint8_t {
  still_up,           // ok as before
  first_success,      // the first check that could tell was ok
  not_yet,            // failed, but alert_after is not reached
  threshold_reached,  // alert_after is reached
  waiting,            // down, and no reminder is due
  reminder_due,       // down, and alert_every says so
  recovered,          // ok again after an incident
  recovered_quietly,  // ok again before anyone was told
  recovering,         // ok, but recover_after is not reached
  repairing,          // alert_after is reached, and a repair is tried first
  asking,             // alert_after is reached, and monitors that it depends on are checked first
  told_late,          // the problem was owed
  observers_fault,    // the check could not tell: nothing changes
};

// Why a step came out as it did, with the figures that decided.
struct Reason {
  ReasonCode code{};
  int failures = 0;
  int alerts = 0;
  Duration failing_for{};
};

// "failed 3 times in a row (alert_after: 3)"
[[nodiscard]] std::string describe(const Reason& reason, const AlertRules& rules);

struct Step {
  PolicyState next;
  bool transition = false;  // next.status differs from what it was
  std::optional<NoticeKind> notice;
  Reason reason;
};

[[nodiscard]] Step evaluate(const AlertRules& rules, const PolicyState& state,
                            const CheckResult& check);

// The same step when its notice is withheld; `state` is what it was made from.
[[nodiscard]] Step withheld(Step step, const PolicyState& state);
// The same step, of a problem, when something is tried or asked (`code`) before anything is said. A
// monitor that was not down goes on failing.
[[nodiscard]] Step put_off(Step step, const PolicyState& state, ReasonCode code);
// Of a monitor whose problem is owed or was put off: it is down and told now.
[[nodiscard]] Step told_late(const PolicyState& state, Moment now);

// "3", "10m": alert_after as it would be configured.
[[nodiscard]] std::string describe(const AlertAfter& after);
// "-1", "0", "5", "1h"
[[nodiscard]] std::string describe(const AlertEvery& every);

}  // namespace minitor
