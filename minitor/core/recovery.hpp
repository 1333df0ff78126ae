// The way back up: the ladder of repairs that is climbed before anyone is told of a problem.
//
// A monitor that would become down (its alert_after is reached) and has repairs stays `failing`
// while they are tried: run the first, wait, check again at once; ok: it is up, and nobody was
// woken; not ok: the next attempt or the next repair; none left: it is down, and the alert says what
// was tried.
//
// A repair never runs twice at once: a run holds its lock from its start until its wait is over. A
// lock is shared by monitors that repair the same thing; without one each monitor has its own. Who
// finds the lock taken waits for it, and then checks again before it repairs anything: mostly the
// other's repair was its own as well. A repair that ran so short ago that it cools down, or so often
// in the last hour, is passed over.
//
// All of it survives a restart. A repair that ran when the daemon died counts as tried, and as one
// that may still run: its lock stays taken until its time would have been up.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/core/dependencies.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

inline constexpr Duration kDefaultRepairWait = std::chrono::seconds{10};
inline constexpr Duration kDefaultRepairTimeout = std::chrono::seconds{60};
inline constexpr Duration kDefaultRepairCooldown = std::chrono::minutes{5};
inline constexpr int kDefaultRepairsPerHour = 6;
inline constexpr int kMostRepairAttempts = 20;
inline constexpr int kMostRepairsPerHour = 1000;
// What ran under a lock that no ladder names any more is remembered for so long: it may be named again.
inline constexpr Duration kLockMemory = std::chrono::hours{24};

// What holds for one step of a ladder.
struct RepairLimits {
  Duration wait = kDefaultRepairWait;          // from the end of its run to the check; >= 0
  int attempts = 1;                            // in a row; >= 1
  Duration cooldown = kDefaultRepairCooldown;  // from a first attempt to another first one; >= 0
  int per_hour = kDefaultRepairsPerHour;       // runs; >= 1
  std::string lock;  // shared by all monitors that name it; empty: this monitor's own
  friend bool operator==(const RepairLimits&, const RepairLimits&) = default;
};

// Where one monitor is on its ladder. Survives a restart: all of it; what ran then did not end in a
// way that is known, and counts as tried.
struct RepairState {
  enum class Phase : std::uint8_t {
    idle,
    locked_out,  // waits for another monitor's repair
    running,
    waiting,    // its run is over: waits until `until`
    checking,   // a check that began at `asked` or later decides
    exhausted,  // nothing is left to try until the monitor is up again
  };
  Phase phase = Phase::idle;
  int step = 0;       // of the ladder, from 0
  int attempt = 0;    // of this step: how many were begun
  int attempts = 0;   // of all steps
  int running = -1;   // the step whose command runs, also when nobody waits for it any more
  Monotonic began{};  // when that was started
  Monotonic until{};
  Monotonic asked{};
  std::vector<std::string> tried;  // in words, what was tried and what was passed over
};

// Shared; its name, or that of the monitor whose own it is.
using RepairLockKey = std::pair<bool, std::string>;

[[nodiscard]] std::string_view name(RepairState::Phase phase);

// What is remembered of a lock. What was run survives a restart; who holds it and who waits follows
// from where the monitors are.
struct RepairLock {
  std::optional<MonitorIndex> holder;
  std::vector<MonitorIndex> queue;               // who waits, first come first
  std::map<int, std::deque<Monotonic>> runs;     // by step: starts within the last hour
  std::map<int, Monotonic> last_first_attempts;  // by step
};

// What the ladder wants to be done.
struct RunRepair {
  MonitorIndex monitor = 0;
  int step = 0;
  int attempt = 1;  // of this step
};
struct CheckNow {
  MonitorIndex monitor = 0;
};
struct RepairPassedOver {
  MonitorIndex monitor = 0;
  int step = 0;
  std::string why;
};
using RepairRequest = std::variant<RunRepair, CheckNow, RepairPassedOver>;
using RepairRequests = std::vector<RepairRequest>;

class Repairs {
 public:
  struct Ladder {
    std::string name;  // of the monitor
    std::vector<RepairLimits> steps;
  };

  Repairs() = default;
  // `ladders` by monitor; without steps: it has none.
  explicit Repairs(std::vector<Ladder> ladders) : ladders_(std::move(ladders)) {}

  enum class Answer : std::uint8_t { under_way, exhausted };

  // A check that began at `started` failed, and its monitor would be down without repairs.
  [[nodiscard]] Answer failed(MonitorIndex monitor, Monotonic started, Monotonic now,
                              RepairRequests& requests);
  // The command of RunRepair ended; `words` say how, for the alert.
  void finished(MonitorIndex monitor, std::string words, Monotonic now, RepairRequests& requests);
  // The monitor is up, or is not to be repaired any more: the ladder begins anew. Returns the words
  // for what brought it back; empty when nothing was tried, or all of it in vain.
  std::string recovered(MonitorIndex monitor, Monotonic now, RepairRequests& requests);
  // Time has passed.
  void tick(Monotonic now, RepairRequests& requests);
  // When tick() has something to do.
  [[nodiscard]] std::optional<Monotonic> next() const;

  // The configuration is another one. `number` gives a monitor its new number, which is no longer one of
  // `ladders` when it is gone; `same` tells, by its old number, whether its ladder is as it was. Who has
  // another ladder, or none, leaves the one that he was on; a command that runs for him keeps its lock
  // to its end, under a number that `retire` gives. Returns whom the commands that run belong to now, by
  // the numbers before.
  struct Numbers {
    std::function<MonitorIndex(MonitorIndex)> number;
    std::function<bool(MonitorIndex)> same;
    std::function<MonitorIndex()> retire;
  };
  [[nodiscard]] std::map<MonitorIndex, MonitorIndex> reload(std::vector<Ladder> ladders,
                                                            const Numbers& numbers, Monotonic now,
                                                            RepairRequests& requests);

  // Whether the monitor has a ladder on which there is something left to try.
  [[nodiscard]] bool can_try(MonitorIndex monitor) const;
  // Whether it is on its ladder.
  [[nodiscard]] bool under_way(MonitorIndex monitor) const;
  // Where it stands; null while it is idle.
  [[nodiscard]] const RepairState* state(MonitorIndex monitor) const;

  // A restart, in this order. Runs older than what limits ask for are left out.
  void restore(const RepairLockKey& key, RepairLock lock, Monotonic now);
  // Goes on from `state`, of which all times are of this life's clock. What ran may still do so until
  // `gone`. True when a repair was cut off; `words` say so for the alert.
  bool restore(MonitorIndex monitor, RepairState state, Monotonic gone, std::string words,
               Monotonic now);
  // Those whose place, and the locks whose runs have changed since the last call.
  [[nodiscard]] std::set<MonitorIndex> take_changed() { return std::exchange(changed_, {}); }
  [[nodiscard]] std::set<RepairLockKey> take_changed_locks() {
    return std::exchange(changed_locks_, {});
  }
  // All of them count as changed.
  void touch_all();
  // Null for one that nobody knows.
  [[nodiscard]] const RepairLock* lock(const RepairLockKey& key) const;

 private:
  using LockKey = RepairLockKey;

  [[nodiscard]] LockKey lock_of(MonitorIndex monitor, int step) const;
  Answer climb(MonitorIndex monitor, Monotonic now, RepairRequests& requests);
  std::string why_not(MonitorIndex monitor, const RepairState& state, Monotonic now);
  [[nodiscard]] bool orphaned(const LockKey& key) const;
  void release(const LockKey& key, Monotonic now, RepairRequests& requests);

  std::vector<Ladder> ladders_;
  std::map<MonitorIndex, RepairState>
      states_;  // those that are not idle, or whose command still runs
  std::map<LockKey, RepairLock> locks_;
  std::map<MonitorIndex, LockKey> retired_;  // commands that run for nobody any more
  std::set<std::pair<Monotonic, MonitorIndex>> waiting_;
  // Locks that nobody holds but a command of an earlier life, and until when.
  std::set<std::pair<Monotonic, LockKey>> orphans_;
  std::set<MonitorIndex> changed_;
  std::set<LockKey> changed_locks_;
};

}  // namespace minitor
