// Watches what the engine does about each event, and keeps books of its own: schedule, caps, order
// of effects, the naive policy. What the notices must obey stands in incidents.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "minitor/core/engine.hpp"
#include "minitor/core/event.hpp"
#include "tests/simulation/incidents.hpp"
#include "tests/simulation/naive_policy.hpp"
#include "tests/simulation/plan.hpp"

namespace minitor::simulation {

class Auditor {
 public:
  Auditor(const Plan& plan, Monotonic start);

  // What a run that was started is for.
  struct Run {
    int monitor = -1;       // of a check
    Channel channel{};      // of an alert
    std::int64_t turn = 0;  // of a check: which multiple of its interval
    Moment started;
    int missed = 0;
  };

  // The daemon came back at `now`: whatever it said before was kept.
  void restarted(Moment now);

  void handled(const Event& event, const std::vector<Effect>& effects, Moment now);
  // Against the engine's own view; costs more, so not at every event.
  void compare(const Snapshot& snapshot) const;

  [[nodiscard]] const Run& run(RunId id) const { return runs_.at(id.value); }
  [[nodiscard]] const Incidents& incidents() const { return incidents_; }
  [[nodiscard]] bool all_stopped() const { return all_stopped_; }
  [[nodiscard]] std::uint64_t checks() const { return checks_done_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  [[nodiscard]] bool nothing_runs() const { return runs_.empty(); }

 private:
  enum class Phase { running, stopping, ending };
  struct Check {
    Monotonic first;
    Duration interval{};
    std::int64_t last = -1;  // the multiple at which the last run was
    Monotonic next;          // when idle
    bool running = false;
    NaivePolicy policy{RawRules{}};
    std::uint64_t done = 0;
    std::uint64_t missed = 0;
    bool known = false;          // a check of it was recorded
    Monotonic due;               // the next one, as it was kept
    std::int64_t not_there = 0;  // multiples of the interval in which there was no daemon
    std::string incident;
  };
  struct Turn {
    std::optional<RunId> finished;
    std::optional<Run> run;  // that finished
    std::optional<Verdict> verdict;
    bool recorded = false;
    Status before{};
    bool transition = false;
    int rank = 0;
  };

  void open_turn(const Event& event, Turn& turn);
  void on(const StartCommand& start, Turn& turn);
  void on(const EndCommand& end, Turn& turn);
  void on(const RecordCheck& record, Turn& turn);
  void on(const RecordTransition& record, Turn& turn);
  void on(const RecordNotice& record, Turn&) { incidents_.on(record, phase_ != Phase::running); }
  void on(const LogNotice& log, Turn&) { incidents_.on(log); }
  void on(const SaveState&, Turn&) {}
  void on(const RecordRepair&, Turn&) { require(false, "no monitor has repairs"); }
  void on(const RecordHeld&, Turn&) { require(false, "nothing holds a notice back"); }
  void on(const RecordOverlay&, Turn&) { require(false, "nobody lays anything over"); }
  void on(const RecordReload&, Turn&) { require(false, "the configuration stays the same"); }
  void on(const RecordClosed&, Turn&) { require(false, "the configuration stays the same"); }
  void on(const RecordForgotten&, Turn&) { require(false, "the configuration stays the same"); }
  void on(const RecordUnobserved&, Turn&) {}
  void on(const RecordBlind&, Turn&) {}
  void on(const WakeAt& wake, Turn& turn);
  void on(const AllStopped& stopped, Turn& turn);
  void close_turn(const Turn& turn);
  void start_check(const StartCommand& start);

  const Config& config_;
  Incidents incidents_;
  std::vector<Check> checks_;
  std::map<std::uint64_t, Run> runs_;
  std::vector<std::uint64_t> to_be_ended_;
  Moment now_;
  Phase phase_ = Phase::running;
  std::uint64_t last_run_ = 0;
  int running_ = 0;
  bool all_stopped_ = false;
  std::uint64_t checks_done_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace minitor::simulation
