// The whole talk between brain and body: what the engine is told, and what it asks to be done. The
// daemon carries effects out in the order in which they come.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/command.hpp"
#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/perfdata.hpp"
#include "minitor/core/reload.hpp"
#include "minitor/core/saved_state.hpp"
#include "minitor/core/status.hpp"

namespace minitor {

// One child process, never used twice in the life of the daemon.
struct RunId {
  std::uint64_t value = 0;
  friend auto operator<=>(const RunId&, const RunId&) = default;
};

// ---- events: what happened -------------------------------------------------------------------

// Time has passed; sent when the wake-up that was asked for is due, and harmless at any other time.
struct Tick {};

// A run ended. Comes exactly once for each StartCommand.
struct CommandFinished {
  RunId run;
  CommandOutcome outcome;
};

// --startup-alerts: send a test notice through each of these.
struct TestAlerts {
  std::vector<AlertId> alerts;
};

// "Test now": run the check of this monitor once, beside the schedule. It becomes a RecordCheck that is
// `manual` and changes nothing else. Answered by one StartCommand; by none when the daemon stops, when
// such a run of this monitor is under way, when there are kMaxManualRuns, or when it is a heartbeat.
struct TestMonitor {
  MonitorId monitor;
};
inline constexpr int kMaxManualRuns = 8;

// A sign of life of a monitor that is a heartbeat: its end becomes a RecordCheck as if a check had said
// so, its start is remembered. `body` is what came with it, cut by whoever took it to the monitor's
// max_output.
struct HeartbeatReceived {
  MonitorId monitor;
  Sign sign;
  std::string body;
  bool body_cut = false;
};

// The machine was suspended for so long, and runs again.
struct Resumed {
  Duration away{};
};

// Somebody pauses, silences or acknowledges these: `decide` in overlay_request.hpp makes it. What stands
// already is replaced. An acknowledgement of a monitor that is not down is passed over.
struct SetOverlay {
  OverlayKind kind{};
  std::vector<MonitorId> monitors;
  Timestamp until;
  std::string by;
  std::string note;
  std::string link;  // the one-time link with which it was asked for: used from now on
};

// Somebody ends it before its time.
struct ClearOverlay {
  OverlayKind kind{};
  std::vector<MonitorId> monitors;
  std::string by;
};

// SIGTERM or SIGINT: no more checks; running ones are ended, alerts on their way get their grace.
struct StopRequested {};

// The grace is over: whatever still runs is ended too.
struct StopNow {};

// What was kept is lost: everything is to be saved again.
struct SaveAll {};

// The configuration is another one from now on. Not the first event. What follows from it, and all
// later effects, speak of the new configuration; of what is not in it, by name. While the daemon stops
// nothing is changed any more: no RecordReload follows.
struct Reload {
  std::shared_ptr<const Config> config;
};

using Event =
    std::variant<Tick, CommandFinished, TestAlerts, TestMonitor, HeartbeatReceived, Resumed,
                 SetOverlay, ClearOverlay, Reload, StopRequested, StopNow, SaveAll>;

// ---- effects: what is to be done -------------------------------------------------------------

enum class RunPurpose : std::uint8_t {
  check,
  alert,
  repair,
  gate,  // only_when
  test,  // TestMonitor
};

// Start a process. Always answered by one CommandFinished, also when it cannot start.
struct StartCommand {
  RunId run;
  RunPurpose purpose;
  std::shared_ptr<const Command> command;
  std::string input;  // for stdin; empty: /dev/null
};

// End a run early: TERM, grace, KILL. It is answered by its CommandFinished with Stopped, or with
// what it came to by itself if that was first.
struct EndCommand {
  RunId run;
};

// A repair ended, or was passed over.
struct RecordRepair {
  MonitorId monitor;
  RunId run;        // 0: it was passed over, or began in an earlier life
  int step = 1;     // its place in the list
  int attempt = 1;  // of this step; 0: it was passed over
  Timestamp started;
  Duration elapsed{};
  std::string outcome;  // how it ended, or why it was passed over
  std::string output;   // cleaned of secrets, otherwise raw
};

// A notice that was due is held back, or goes on being held back for another reason.
struct RecordHeld {
  MonitorId monitor;
  NoticeKind kind{};
  std::string incident;
  Timestamp when;
  std::string reason;
};

// An overlay began or ended. A pause is time that nobody observes: the history shows it so.
struct RecordOverlay {
  enum class What : std::uint8_t {
    set,
    cleared,  // by somebody, before its time
    ended,    // its time was over, or its incident
  };
  MonitorId monitor;
  OverlayKind kind{};
  What what{};
  Overlay overlay;
  Timestamp when;
  std::string reason;  // in words: by whom and until when it is, or why it ended
};

// A check ended: for the log and the history.
struct RecordCheck {
  MonitorId monitor;
  RunId run;
  Timestamp started;
  Duration elapsed{};
  Duration lateness{};  // start after it was due
  Verdict verdict{};
  Verdict counted{};    // what the policy makes of it
  std::string outcome;  // how it ended, in words
  std::string output;   // cleaned of secrets, otherwise raw
  bool output_cut = false;
  std::vector<PerfFigure> perfdata;  // of monitors with exit_codes: nagios
  int failures = 0;                  // in a row, this one included
  bool stopped = false;              // ended by us because the daemon stops
  bool manual = false;               // a TestMonitor: it changes no status
  int missed = 0;  // runs skipped since the last one because this monitor was not free in time
};

// A status changed.
struct RecordTransition {
  MonitorId monitor;
  Status from{};
  Status to{};
  Timestamp when;
  std::string reason;    // why, in words
  std::string incident;  // empty where there is none
  // Where `to` is down: when the outage began, and what the check said that made it one, in a line.
  Timestamp first_failure = {};
  std::string cause = {};
};

enum class NoticeStage : std::uint8_t {
  intended,   // it will be sent; comes before its first attempt starts
  delivered,  // the alert command exited 0
  failed,     // one attempt failed; another follows at `next_attempt`
  given_up,   // all attempts failed; `detail` names the fallback that takes over, or that there is
              // none
  dropped,    // not sent, and `detail` says why (the channel never delivered the problem, …)
};

[[nodiscard]] std::string_view name(NoticeStage stage);

struct RecordNotice {
  std::shared_ptr<const Notice> notice;
  AlertId alert;
  NoticeStage stage{};
  int attempt = 0;     // 1 for the first; 0 where there was none
  std::string detail;  // why, or what the command said; may be empty
  std::optional<Moment> next_attempt;
};

// The built-in `log` alert: write the notice to the daemon's log.
struct LogNotice {
  std::shared_ptr<const Notice> notice;
  AlertId alert;
};

// Something of the state changed: keep it, so that a restart goes on from here. The changes of one
// event belong together; they come before the commands that follow from it, which must not start
// before they are kept (see saved_state.hpp).
struct SaveState {
  StateChange change;
};

// A Reload was carried out; the first effect of it.
struct RecordReload {
  ReloadSummary summary;
};

// An incident is over without a recovery, because its monitor is no longer watched. Whoever was told of
// it hears of that by a notice.
struct RecordClosed {
  std::string monitor;
  std::string incident;
  Timestamp when;
  std::string reason;
};

// What became of a notice at an alert that is no longer in the configuration, or of one whose monitor
// is not.
struct RecordForgotten {
  std::shared_ptr<const Notice> notice;
  std::string alert;
  std::string reason;
  NoticeStage stage = NoticeStage::dropped;
};

// Nothing is known of a monitor from `since` on, until a check of it counts again.
struct RecordUnobserved {
  MonitorId monitor;
  Timestamp since;
  std::string reason;
};

// minitor is blind, or sees again (`over`).
struct RecordBlind {
  std::string scope;  // empty: everywhere, or in what names no scope
  Timestamp when;
  bool over = false;
  std::string why;
};

// Wake the engine with a Tick at this time; replaces the one before; none: no need to wake. The
// last effect of every handle().
struct WakeAt {
  std::optional<Monotonic> when;
};

// After StopRequested: nothing runs any more, the daemon can go. `undelivered` notices were cut
// off.
struct AllStopped {
  int undelivered = 0;
};

using Effect =
    std::variant<StartCommand, EndCommand, RecordCheck, RecordTransition, RecordNotice,
                 RecordRepair, RecordHeld, RecordOverlay, LogNotice, SaveState, RecordReload,
                 RecordClosed, RecordForgotten, RecordUnobserved, RecordBlind, WakeAt, AllStopped>;

}  // namespace minitor
