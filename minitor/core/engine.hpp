// The brain: events in, effects out. Everything that decides is in here or below; nothing in here
// reads a clock, starts a process or writes a line.
//
// Order of the effects of one event is part of the contract: a check is recorded before the
// transition that it causes, a transition before the notices that follow from it, the intention of
// a notice before its command starts; what changed of the state after all records and before the
// commands; WakeAt comes last, always.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/core/agenda.hpp"
#include "minitor/core/alert_policy.hpp"
#include "minitor/core/config.hpp"
#include "minitor/core/dependencies.hpp"
#include "minitor/core/escalation.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/flapping.hpp"
#include "minitor/core/heartbeat.hpp"
#include "minitor/core/hold.hpp"
#include "minitor/core/message_template.hpp"
#include "minitor/core/observer.hpp"
#include "minitor/core/outbox.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/perfdata.hpp"
#include "minitor/core/recovery.hpp"
#include "minitor/core/saved_state.hpp"
#include "minitor/core/snapshot.hpp"

namespace minitor {

// So much of what a failed alert command wrote is quoted in the reason, in bytes.
inline constexpr std::size_t kAlertOutputInWords = 200;

// Checks started in answer to one event. More that are due follow at once, in turns of their own:
// starting hundreds takes a good part of a second, in which no alert could go out and no end be seen.
inline constexpr int kStartsPerTurn = 8;

// How the engine waits for a heartbeat.
struct HeartbeatWatch {
  HeartbeatState state;
  Monotonic due;             // when it is missed
  bool second_look = false;  // we were late to see that
};

class Engine {
 public:
  // `instance` tells this life of the daemon from every other: notice and incident ids begin with
  // it. The first checks are due from `now` on; the first Tick starts them. `saved`: what the life
  // before left, in which all that is still configured goes on; what that leads to are the first
  // effects of the first event. `boot` tells this boot of the machine from every other.
  Engine(std::shared_ptr<const Config> config, std::string instance, MessageContext context,
         Moment now, SavedState saved = {}, const std::string& boot = {});

  // What is to be done about `event`, in this order.
  [[nodiscard]] std::vector<Effect> handle(Event event, Moment now);

  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] const Config& config() const { return *config_; }

 private:
  struct MonitorState {
    PolicyState policy;
    std::string incident;  // while one is open
    CheckCounters counters;
    Monotonic checked{Monotonic::min()};  // start of the last check that ended
    FlappingState flapping;
    std::string flapping_incident;  // while somebody was told that it flaps
    std::string held_because;       // the reason that was recorded last
    // Recoveries of what was told before a window opened, until it closes.
    std::vector<std::shared_ptr<const Notice>> held_recoveries;
    std::optional<EscalationState> climb;           // of `incident`, once it was told
    std::optional<EscalationState> flapping_climb;  // of `flapping_incident`
    std::optional<Monotonic> climb_at;              // its place in climbs_
    HeldProblem::Gate climb_gate = HeldProblem::Gate::unasked;
    std::string climb_output;  // of the last failed check; empty without a ladder
    Overlays overlays;
    std::optional<Verdict> last_verdict;
    std::vector<PerfFigure> perfdata;
    std::optional<Timestamp> since;
    std::optional<Timestamp> last_check;
    std::optional<Duration> last_took;
    std::string last_outcome;
    std::vector<std::string> perf_labels;     // those that the metrics have seen
    std::optional<Monotonic> cut_off;         // when the check was due that a stop cut off
    std::optional<HeartbeatWatch> heartbeat;  // of a monitor that is one
    std::optional<Moment> unseen;             // we are blind to it since
    bool could_not_tell = false;              // the last check said nothing
  };
  // What a run is for.
  struct CheckRun {
    MonitorId monitor;
    std::shared_ptr<const Monitor> begun_as;  // a reload may have changed it since
    Moment started;
    Duration lateness{};
    int missed = 0;
    bool paused = false;  // a pause cut it short: what it says does not count
  };
  struct AlertRun {
    AlertId alert;
    std::vector<ChannelId> channels;  // whose notices it tells
  };
  struct RepairRun {
    MonitorId monitor;
    MonitorIndex ladder = 0;  // for whom it runs; after a reload that may be nobody
    int step = 0;
    int attempt = 1;
    Moment started;
    std::shared_ptr<const Command> command;
  };
  struct GateRun {
    MonitorId monitor;
    bool climb = false;  // for a step of its ladder
  };
  struct ManualRun {
    MonitorId monitor;
    std::shared_ptr<const Monitor> begun_as;
    Moment started;
  };
  // After a reload: an alert that is gone is on its way, or nobody asks for the end any more.
  struct LastAlertRun {
    std::vector<std::shared_ptr<const Notice>> notices;
    std::string alert;
  };
  struct ForgottenRun {};
  using Run =
      std::variant<CheckRun, AlertRun, RepairRun, GateRun, ManualRun, LastAlertRun, ForgottenRun>;
  // A result that waits for the canaries.
  struct Doubt {
    RunId id;
    CheckRun run;
    CommandOutcome outcome;
    Monotonic asked{};
    Monotonic until{};
  };
  // A check as notices tell of it; what it points to must outlive it.
  struct Facts {
    Verdict verdict{};
    std::string_view outcome;
    std::string_view output;
  };

  void on(Tick event, Moment now, std::vector<Effect>& effects);
  void on(CommandFinished event, Moment now, std::vector<Effect>& effects);
  void on(const TestAlerts& event, Moment now, std::vector<Effect>& effects);
  void on(const TestMonitor& event, Moment now, std::vector<Effect>& effects);
  void on(HeartbeatReceived event, Moment now, std::vector<Effect>& effects);
  void on(const Resumed& event, Moment now, std::vector<Effect>& effects);
  void on(const SetOverlay& event, Moment now, std::vector<Effect>& effects);
  void on(const ClearOverlay& event, Moment now, std::vector<Effect>& effects);
  void on(Reload event, Moment now, std::vector<Effect>& effects);
  void on(StopRequested event, Moment now, std::vector<Effect>& effects);
  void on(StopNow event, Moment now, std::vector<Effect>& effects);
  void on(SaveAll event, Moment now, std::vector<Effect>& effects);

  void check_finished(RunId id, const CheckRun& run, CommandOutcome outcome, Moment now,
                      std::vector<Effect>& effects);
  // What follows from a check that was made, or from a heartbeat.
  void conclude(const CheckRun& run, Verdict counted, RecordCheck record, Moment now,
                std::vector<Effect>& effects);
  void judge_check(RunId id, const CheckRun& run, CommandOutcome outcome, Moment now,
                   std::vector<Effect>& effects);
  void alert_finished(const AlertRun& run, const CommandOutcome& outcome, Moment now,
                      std::vector<Effect>& effects);
  // engine_manual.cpp: checks that a person asked for.
  void manual_finished(RunId id, const ManualRun& run, const CommandOutcome& outcome,
                       std::vector<Effect>& effects);
  void read_figures(const Monitor& monitor, const CommandOutcome& outcome, MonitorState& state,
                    RecordCheck& record) const;
  static void count(CheckCounters& counters, Verdict verdict, bool alerting, Duration elapsed);
  [[nodiscard]] Notice make_notice(const Monitor& monitor, const MonitorState& state,
                                   const PolicyState& before, const Step& step, const Facts& check,
                                   Moment now);
  [[nodiscard]] RecordTransition transition_of(MonitorId id, const PolicyState& before,
                                               const Step& step, const Facts& facts,
                                               Moment now) const;
  template <typename... Kind>
  void end_runs(std::vector<Effect>& effects) const;

  // engine_reload.cpp: another configuration.
  void renumber_runs(const Config& before, const Renumbering& to, std::vector<Effect>& effects);
  void renumber_agenda(const Renumbering& to, Moment now);
  void renumber_repairs(const Config& before, const Renumbering& to, Moment now,
                        std::vector<Effect>& effects);
  void renumber_held(const Config& before, const Renumbering& to);
  void close(const std::string& monitor, const std::string& incident, Moment now,
             std::vector<Effect>& effects);
  // What was known of a monitor that is gone.
  struct Past {
    PolicyState policy;
    std::string incident;
    std::vector<std::shared_ptr<const Notice>> held_recoveries;
  };
  void tell_the_end(const Outbox::Orphan& orphan, const Past& past, Moment now,
                    std::vector<Effect>& effects);
  void end_flapping(MonitorId id, Moment now, std::vector<Effect>& effects);
  void renumber_climbs(Moment now);
  void renumber_sight(const Config& before, const Renumbering& to, Moment now,
                      std::vector<Effect>& effects);
  void renumber_doubts(const std::vector<std::string>& scopes_before, const Renumbering& to,
                       Moment now, std::vector<Effect>& effects);
  void last_alert_finished(const LastAlertRun& run, const CommandOutcome& outcome,
                           std::vector<Effect>& effects);
  [[nodiscard]] std::shared_ptr<const Monitor> shared(MonitorId id) const;
  [[nodiscard]] bool watched(MonitorId id) const { return id.value < monitors_.size(); }

  // engine_holds.cpp: what holds notices back.
  [[nodiscard]] Hold why_hold(MonitorId id, HeldProblem& held, Monotonic started, Moment now,
                              std::vector<Effect>& effects);
  [[nodiscard]] Hold hold_for_parents(MonitorId id, HeldProblem& held, Moment now);
  [[nodiscard]] Hold hold_for_gate(MonitorId id, HeldProblem& held);
  [[nodiscard]] ParentState parent_state(MonitorIndex parent, Monotonic asked) const;
  [[nodiscard]] std::optional<std::string> parents_bad(MonitorId id) const;
  Step gated(MonitorId id, Step step, const RecordCheck& record, Moment started, Moment now,
             std::vector<Effect>& effects);
  void reconsider(MonitorId id, Moment now, std::vector<Effect>& effects);
  void tell(MonitorId id, Notice notice, Moment now, std::vector<Effect>& effects);
  // Of a recovery, or of a repair that helped: in a silence it waits for the end of that.
  void tell_end(MonitorId id, std::shared_ptr<const Notice> notice, Moment now,
                std::vector<Effect>& effects);
  void release_ends(MonitorId id, std::vector<Effect>& effects);
  void note_hold(MonitorId id, NoticeKind kind, const std::string& why, Moment now,
                 std::vector<Effect>& effects);
  void parent_checked(MonitorId id, Moment now, std::vector<Effect>& effects);
  void release_held(Moment now, std::vector<Effect>& effects);
  bool watch_flapping(MonitorId id, Verdict verdict, const Facts& facts, Moment now,
                      std::vector<Effect>& effects);
  void gate_finished(const GateRun& run, const CommandOutcome& outcome, Moment now,
                     std::vector<Effect>& effects);
  [[nodiscard]] std::optional<Monotonic> next_release(Moment now) const;

  // engine_escalation.cpp: who else is told when an incident goes on.
  void follow_incident(MonitorId id, const Notice& notice, Moment now);
  void count_for_climb(MonitorId id, bool failed);
  void plan_climb(MonitorId id, Monotonic now);
  [[nodiscard]] std::optional<std::string> may_climb(MonitorId id, bool flapping, Moment now);
  void climb(MonitorId id, Moment now, std::vector<Effect>& effects);
  void climb(MonitorId id, bool flapping, Moment now, std::vector<Effect>& effects);
  void climb_gate_finished(MonitorId id, bool no, Moment now, std::vector<Effect>& effects);
  void restore_climb(const SavedMonitor& saved, MonitorId id, const SavedClock& clock, Moment now);
  void climb_due(Moment now, std::vector<Effect>& effects);
  [[nodiscard]] std::optional<Monotonic> next_climb() const {
    return climbs_.empty() ? std::nullopt : std::optional(climbs_.begin()->first);
  }

  // engine_overlays.cpp: what people lay over monitors.
  void lay_over(MonitorId id, const SetOverlay& event, Moment now, std::vector<Effect>& effects);
  void take_off(MonitorId id, OverlayKind kind, RecordOverlay::What what, const std::string& why,
                Moment now, std::vector<Effect>& effects);
  void begin_pause(MonitorId id, const std::string& why, Moment now, std::vector<Effect>& effects);
  void paused_check_finished(RunId id, const CheckRun& run, const CommandOutcome& outcome,
                             std::vector<Effect>& effects);
  void incident_over(MonitorId id, Moment now, std::vector<Effect>& effects);
  void end_overlays(Moment now, std::vector<Effect>& effects);
  [[nodiscard]] std::optional<Monotonic> next_overlay_end(Moment now) const;

  // engine_repairs.cpp: the ladder's requests and what comes of them.
  void carry_out(const RepairRequests& requests, Moment now, std::vector<Effect>& effects);
  void run_repair(const RunRepair& request, Moment now);
  void repair_finished(RunId id, const RepairRun& run, const CommandOutcome& outcome, Moment now,
                       std::vector<Effect>& effects);
  void restore_repairs(const SavedState& saved, const SavedClock& clock, Moment now);
  void restore_repair(MonitorId id, const SavedRepair& saved, const SavedClock& clock, Moment now);
  [[nodiscard]] std::optional<SavedRepair> saved_repair(MonitorId id, Moment now) const;
  [[nodiscard]] std::vector<StateChange> changed_locks(Moment now);
  [[nodiscard]] std::shared_ptr<const Notice> repaired_notice(MonitorId id, const std::string& by,
                                                              const PolicyState& before,
                                                              const Facts& facts, Moment now);

  // engine_heartbeats.cpp: monitors that are told of.
  static void restore_heartbeat(const SavedMonitor& saved, const Monitor& monitor,
                                MonitorState& state, const SavedClock& clock);
  static void another_period(const Monitor& was, const Monitor& is, HeartbeatWatch& heartbeat,
                             Monotonic now);
  void watch_heartbeats(Moment now, std::vector<Effect>& effects);
  void miss_heartbeat(MonitorId id, Moment now, std::vector<Effect>& effects);
  [[nodiscard]] std::optional<Monotonic> next_heartbeat() const;

  // engine_observer.cpp: whether it is minitor that is sick.
  void restore_observer(const SavedState& saved, const SavedClock& clock, Moment now);
  void look_from_anew();
  void set_canary(MonitorId id, bool bad, Monotonic started);
  [[nodiscard]] Blindness* find_blindness(BlindCause cause, const std::string& scope);
  [[nodiscard]] std::string blind_to(MonitorId id) const;
  [[nodiscard]] std::string why_blind(std::size_t scope) const;
  [[nodiscard]] bool doubted(RunId id, const CheckRun& run, CommandOutcome& outcome, Monotonic due,
                             Moment now, std::vector<Effect>& effects);
  void judge_oldest(std::map<MonitorId, std::deque<Doubt>>::iterator waiting, Moment now,
                    std::vector<Effect>& effects);
  void end_doubts(Moment now, std::vector<Effect>& effects);
  [[nodiscard]] std::string uncounted(RunId id, MonitorId monitor, Verdict counted);
  void witness(MonitorId id, Verdict counted, Monotonic started, Moment now);
  static void leave_out_unseen(MonitorState& state, Moment now);
  void count_unstartable(const Ending& ending, Moment now);
  void was_late(Duration by, std::string why, Moment now, std::vector<Effect>& effects);
  void look_at_the_clock(const CheckRun& run, Moment now, std::vector<Effect>& effects);
  void look_at_the_clock(Moment now, std::vector<Effect>& effects);
  void settle_sight(Moment now, std::vector<Effect>& effects);
  [[nodiscard]] bool is_distrusted(const std::string& scope) const;
  [[nodiscard]] std::string why_over(const Blindness& one, Moment now) const;
  void tell_blind(Blindness& one, Moment now, std::vector<Effect>& effects);
  [[nodiscard]] std::shared_ptr<const Notice> blind_notice(const Blindness& one, NoticeKind kind,
                                                           std::string reason, Moment now);
  void end_blindness(const Blindness& one, const std::string& why, Moment now,
                     std::vector<Effect>& effects);
  [[nodiscard]] std::optional<Monotonic> next_sight() const;
  void save_sight(std::vector<Effect>& effects, Moment now);

  [[nodiscard]] std::string next_id(char kind);
  RunId next_run(const Run& run);
  void start_checks(Moment now, std::vector<Effect>& effects);
  void start_alerts(std::vector<Outbox::Attempt> attempts, std::vector<Effect>& effects);
  void finish_turn(Moment now, std::vector<Effect>& effects);
  void restore(const SavedState& saved, const SavedClock& clock, Moment now);
  void restore(const SavedMonitor& saved, MonitorId id, const SavedClock& clock, Moment now);
  void save(Moment now, std::vector<Effect>& effects);
  [[nodiscard]] SavedMonitor saved(MonitorId id, Moment now) const;

  enum class Phase : std::uint8_t {
    running,
    stopping,  // no more checks; alerts that were never tried still start
    ending,    // nothing starts any more
    stopped,   // nothing runs any more
  };

  std::shared_ptr<const Config> config_;
  std::string instance_;
  std::string boot_;
  MessageContext context_;
  std::vector<std::shared_ptr<const Command>> commands_;  // by MonitorId
  std::vector<MonitorState> monitors_;
  std::shared_ptr<Timetable> timetable_;
  Agenda agenda_;
  Outbox outbox_;
  DependencyGraph dependencies_;
  Repairs repairs_;
  std::map<MonitorId, HeldProblem> held_;  // problems that were due and are not told yet
  // Monitors of which something is held until a window closes or opens, and when that is.
  std::map<MonitorId, Timestamp> quiet_until_;
  std::set<MonitorId> laid_over_;                     // those with an overlay
  int resumed_ = 0;                                   // in this turn
  std::set<std::pair<Monotonic, MonitorId>> climbs_;  // when a step of whose ladder becomes due
  std::vector<StartCommand> to_start_;                // in this turn, after what changed is saved
  Duration wall_ahead_{};                  // of the monotonic clock, when it was last looked at
  std::vector<Effect> pending_;            // of the restart, for the first event
  std::vector<StateChange> to_replace_;    // likewise
  std::vector<MonitorId> to_save_;         // what changed in this turn
  std::vector<MonitorId> heartbeats_;      // the monitors that are heartbeats …
  const Config* heartbeats_of_ = nullptr;  // … in this configuration
  // Our own sight.
  std::vector<NetworkScope> scopes_;
  std::vector<ScopeSight> sights_;                    // by scope
  std::vector<std::optional<std::size_t>> scope_of_;  // by monitor: of canaries and covered ones
  std::vector<Blindness> blindnesses_;
  std::map<MonitorId, std::deque<Doubt>> doubts_;
  std::deque<std::pair<Monotonic, MonitorId>> impatience_;  // until when they wait
  std::map<std::uint64_t, std::string_view> overtaken_;  // runs whose failure says nothing, and why
  Unstartable unstartable_;
  bool any_check_ended_ = false;  // in this life
  bool sight_changed_ = false;
  bool canary_spoke_ = false;  // since doubts were looked at
  std::optional<Monotonic> asked_wake_;
  std::unordered_map<std::uint64_t, Run> runs_;
  std::uint32_t retired_ = 0;  // numbers beyond those of the configuration
  std::uint64_t last_run_ = 0;
  std::uint64_t last_id_ = 0;
  Phase phase_ = Phase::running;
};

}  // namespace minitor
