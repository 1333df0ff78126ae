// What outlives the daemon: the engine's state as plain data, by name.
//
// The engine hands out what changed with every event, as SaveState effects: after the records of the
// event and before the commands that follow from it. Whoever keeps them keeps the effects of one
// event together or not at all. Kept so, every instant is a good one to die at:
//
//   before the intention of a notice is kept    nothing was sent: the check is made again
//   after it, before its end is kept            it is sent again, with the same id
//   after its end is kept                       it is not sent again
//
// So an alert command must not start before what came before it is kept; but a keeper that is slow
// holds it up for a short while only (the daemon's `alert_gate`).
//
// What comes back: status, failures in a row, open incidents, backoff, counters, notices that were
// not delivered, who was told of what, and the phase of every monitor. A check that was under way is
// made again; what fell due meanwhile is checked soon, spread as first checks are.
//
// Time: every instant is kept from both clocks. On the same boot of the machine the monotonic one
// still counts, whatever the wall clock did; otherwise the wall clock is all there is, and what it
// says is brought within bounds: nothing that happened lies ahead, nothing that is due lies further
// ahead than it ever could.
//
// What is not in the configuration any more, after a restart as after a Reload: a monitor's incident is
// closed and what was to be told of it is dropped, with the reason; who was told of it is told that it
// is no longer watched. A notice for an alert that is gone goes to the present alerts of its monitor
// which did not have it. A monitor that says with `was` how it was called goes on as that one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "minitor/core/alert_policy.hpp"
#include "minitor/core/escalation.hpp"
#include "minitor/core/flapping.hpp"
#include "minitor/core/heartbeat.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/observer.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/recovery.hpp"
#include "minitor/core/snapshot.hpp"

namespace minitor {

// One life of the daemon: which clock its monotonic times are of.
struct SavedLife {
  std::string boot;      // the boot of the machine; empty: unknown, equal to none
  std::string instance;  // with which the ids of its notices begin
  friend bool operator==(const SavedLife&, const SavedLife&) = default;
};

// Where a monitor is on its ladder of repairs: as RepairState, on both clocks.
struct SavedRepair {
  RepairState::Phase phase = RepairState::Phase::idle;
  int step = 0;
  int attempt = 0;
  int attempts = 0;
  int running = -1;
  Moment began;
  Moment until;
  std::vector<std::string> tried;
  friend bool operator==(const SavedRepair&, const SavedRepair&) = default;
};

// What was run under a lock, by step: as RepairLock.
struct SavedLock {
  RepairLockKey key;
  std::map<int, std::vector<Moment>> runs;
  std::map<int, Moment> last_first_attempts;
  friend bool operator==(const SavedLock&, const SavedLock&) = default;
};

// minitor is blind: as Blindness.
struct SavedBlindness {
  BlindCause cause{};
  std::string scope;
  Moment since;
  std::string why;
  std::string incident;
  bool distrusted = false;
  friend bool operator==(const SavedBlindness&, const SavedBlindness&) = default;
};

struct SavedMonitor {
  std::string name;
  PolicyState policy;
  std::optional<Moment> unseen;  // nothing counted since
  Moment last_alert;             // policy.last_alert on both clocks
  std::string incident;          // while one is open
  // Of its next check, or of the one that runs; of a heartbeat, when it will be missed.
  Moment due;
  CheckCounters counters;
  std::map<std::string, std::uint64_t> delivered;  // notices, by alert
  FlappingState flapping;
  std::string flapping_incident;  // while somebody was told that it flaps
  // Recoveries that are held until a window closes.
  std::vector<std::shared_ptr<const Notice>> held_recoveries;
  std::optional<SavedRepair> repair;                   // while it is on its ladder
  std::optional<EscalationState> escalation;           // of the incident, once it was told
  std::optional<EscalationState> flapping_escalation;  // of flapping_incident
  std::optional<HeartbeatState> heartbeat;
  Overlays overlays;
  friend bool operator==(const SavedMonitor&, const SavedMonitor&) = default;
};

// A notice of an incident, and the alerts that it was given to.
struct SavedNotice {
  std::shared_ptr<const Notice> notice;
  std::vector<std::string> given;
};

// A notice on its way through an alert.
struct SavedEntry {
  std::string alert;
  std::string notice;       // the id of one of SavedIncident::notices
  std::uint64_t order = 0;  // of acceptance
  int attempts = 0;         // as in Outbox
  int tries = 0;
  std::optional<Moment> retry_at;  // while it waits for that
};

// An incident of which the outbox still has books: who was told, and what is on its way.
struct SavedIncident {
  std::string id;
  std::string monitor;
  std::vector<SavedNotice> notices;  // those that entries or the recovery need
  std::vector<SavedEntry> entries;
  // Names of alerts, as in Outbox::Ledger.
  std::vector<std::string> down;
  std::vector<std::string> by;
  std::vector<std::string> up;
  std::vector<std::string> recovered;
  std::vector<std::string> up_next;  // alert_up of the monitor: told if it is no longer watched
  std::string recovery;              // the id of its notice, once there is one
  std::uint64_t recovery_order = 0;
};

// What the rate cap of an alert must not forget.
struct SavedAlert {
  std::string name;
  struct Run {
    Moment began;
    bool reminders = false;  // it told of nothing else
    friend bool operator==(const Run&, const Run&) = default;
  };
  std::vector<Run> runs;  // as far back as the cap looks
  bool held = false;      // something waits for the cap
  friend bool operator==(const SavedAlert&, const SavedAlert&) = default;
};

// All of it, as it is read at the start.
struct SavedState {
  SavedLife life;
  std::vector<SavedMonitor> monitors;
  std::vector<SavedIncident> incidents;
  std::vector<SavedLock> locks;
  std::vector<SavedAlert> alerts;
  std::vector<SavedBlindness> blindnesses;
};

// Nothing is to be kept of it any more.
struct ForgetMonitor {
  std::string name;
  friend bool operator==(const ForgetMonitor&, const ForgetMonitor&) = default;
};
struct ForgetIncident {
  std::string id;
  friend bool operator==(const ForgetIncident&, const ForgetIncident&) = default;
};
struct ForgetLock {
  RepairLockKey key;
  friend bool operator==(const ForgetLock&, const ForgetLock&) = default;
};
struct ForgetAlert {
  std::string name;
  friend bool operator==(const ForgetAlert&, const ForgetAlert&) = default;
};

struct ForgetBlindness {
  BlindCause cause{};
  std::string scope;
  friend bool operator==(const ForgetBlindness&, const ForgetBlindness&) = default;
};

// One change. A later one of the same thing takes the place of the one before.
using StateChange =
    std::variant<SavedLife, SavedMonitor, SavedIncident, SavedLock, SavedAlert, SavedBlindness,
                 ForgetMonitor, ForgetIncident, ForgetLock, ForgetAlert, ForgetBlindness>;

// Carries a change out on a state: what a keeper does, in memory.
void apply(SavedState& state, const StateChange& change);

// The clocks of this life against those of the one that was saved.
class SavedClock {
 public:
  SavedClock(const SavedLife& saved, const std::string& boot, Moment now)
      : same_boot_(!boot.empty() && saved.boot == boot), now_(now) {}

  // What ran then may still run.
  [[nodiscard]] bool same_boot() const { return same_boot_; }

  // Something that happened: not after now. Its wall time stays as it was told then.
  [[nodiscard]] Moment past(const Moment& saved) const;
  // Something to come: not later than `most` from now; may be past.
  [[nodiscard]] Moment due(const Moment& saved, Duration most) const;
  // When the life began that reads it.
  [[nodiscard]] const Moment& now() const { return now_; }

 private:
  [[nodiscard]] Monotonic mapped(const Moment& saved) const;

  bool same_boot_;
  Moment now_;
};

// `when` on both clocks, as they stand at `now`.
[[nodiscard]] inline Moment on_both_clocks(Monotonic when, const Moment& now) {
  return later(now, when - now.monotonic);
}

}  // namespace minitor
