// Notices accepted and not yet delivered. From here a notice goes to its alert until the alert has
// taken it, or until every attempt and every fallback failed and that was said loudly.
//
// A channel is one alert as one monitor uses it. Within a channel notices go out one after another,
// in the order in which they were accepted, and none goes out twice. Channels never wait for each
// other, except that a recovery waits while the problem that it ends may still come to its channel
// as to a fallback. Since what it waits for was accepted before it, no circle of waiting can close.
//
// Who is told of a recovery:
//   an alert of alert_up that was to tell the problem: if it did;
//   an alert of alert_up alone: if anyone told the problem;
//   a fallback that told the problem for an alert of alert_up, if it can tell a recovery;
//   an alert of escalate alone: if its step was told and it can tell a recovery.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/delivery.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/reload.hpp"
#include "minitor/core/saved_state.hpp"
#include "minitor/core/storm.hpp"

namespace minitor {

// Waiting notices of one channel; beyond it the oldest that waits is given up, loudly.
inline constexpr std::size_t kMaxWaitingPerChannel = 100;

// Why nothing more is told of what is no longer watched.
inline constexpr std::string_view kMonitorGone = "its monitor is no longer in the configuration";

// One alert as one monitor uses it. Test notices belong to no monitor.
struct ChannelId {
  std::optional<MonitorId> monitor;
  AlertId alert;
  friend auto operator<=>(const ChannelId&, const ChannelId&) = default;
};

class Outbox {
 public:
  // An attempt that is to start now; its outcome comes back through finished(). It tells the first
  // notices of these channels, as one message when they are several (notice_group.hpp).
  struct Attempt {
    AlertId alert;
    std::vector<ChannelId> channels;
    std::shared_ptr<const Notice> notice;
    int number = 1;
  };

  // `config` must outlive the outbox, or its next reload().
  explicit Outbox(const Config& config)
      : config_(&config), running_per_alert_(config.alerts.size()) {}

  // Takes a notice for these alerts and records each intention. Every notice of an incident, its
  // recovery included, must pass here once, even when `alerts` is empty. A recovery drops the
  // reminders that it makes untrue.
  void accept(std::optional<MonitorId> monitor, const std::shared_ptr<const Notice>& notice,
              std::vector<AlertId> alerts, std::vector<Effect>& effects);

  // Goes on where an earlier life ended; before the first accept(). Notices of monitors and for
  // alerts that are gone end with a record that says so.
  // An incident that somebody may have been told of and whose monitor is gone: under which number it goes
  // on until that is said, and who would have been told of its recovery.
  struct Orphan {
    std::string incident;
    MonitorId monitor;
    std::string name;  // of the monitor
    std::vector<AlertId> up;
  };
  // `retired`: how many monitors are gone and have a number all the same. Each of what is returned wants
  // an end.
  [[nodiscard]] std::vector<Orphan> restore(const SavedState& saved, const SavedClock& clock,
                                            Moment now, std::uint32_t& retired,
                                            std::vector<Effect>& effects);

  // Goes on under another configuration, which must outlive the outbox or its next reload(); the one
  // before is still there. What was to be told of monitors that are gone is dropped, with the reason, but
  // for what is being told right now. A notice that waits for an alert that is gone goes to the present
  // alerts of its monitor which did not have it; so does one that is on its way there, whose end is no
  // longer asked for. Each of what is returned wants an end.
  [[nodiscard]] std::vector<Orphan> reload(const Config& config, const Renumbering& to, Moment now,
                                           std::vector<Effect>& effects);

  // The notices that are on their way through this channel.
  [[nodiscard]] std::vector<std::shared_ptr<const Notice>> on_its_way(
      const ChannelId& channel) const;
  // An alert that is gone delivered it after all.
  void was_told_elsewhere(const Notice& notice);

  // What of the incidents changed since the last call.
  [[nodiscard]] std::vector<StateChange> take_changes(Moment now);

  // All incidents count as changed.
  void touch_all();

  // The attempts that may start at this moment.
  [[nodiscard]] std::vector<Attempt> start(Moment now);

  // An attempt ended; `words` say how, or what the command said when it delivered.
  void finished(AlertId alert, const std::vector<ChannelId>& channels, const Delivery& delivery,
                const std::string& words, Moment now, std::vector<Effect>& effects);

  // The daemon is stopping: what was never tried still is, nothing is tried again.
  void stop() { stopping_ = true; }

  // When start() will next have something because time has passed; none when nothing waits for
  // that.
  [[nodiscard]] std::optional<Monotonic> next() const;

  [[nodiscard]] int running() const { return running_; }
  // Something waits for nothing but what its alert may run: a free place, `group` or `rate`.
  [[nodiscard]] bool ready() const { return !ready_.empty(); }
  // Notices accepted, once for each of their alerts, that are neither delivered, dropped nor given
  // up.
  [[nodiscard]] int depth() const { return depth_; }
  // The same by alert.
  [[nodiscard]] std::vector<WaitingSnapshot> waiting() const;
  // Notices delivered, by channel; through restarts.
  [[nodiscard]] const std::map<ChannelId, std::uint64_t>& deliveries() const { return deliveries_; }

 private:
  // The alerts that one notice was given to: no alert gets it a second time as a fallback.
  using Given = std::shared_ptr<std::set<AlertId>>;
  struct Entry {
    std::shared_ptr<const Notice> notice;
    std::uint64_t order = 0;  // of acceptance: entries of a channel are sorted by it
    Given given;
    int attempts = 0;  // that failed, our own faults left out: these count towards giving up
    int tries = 0;     // that failed: these make the wait longer
  };
  enum class State : std::uint8_t {
    idle,     // cut short: the daemon is stopping
    busy,     // its books are being kept; whoever does that brings it on afterwards
    ready,    // waits for a free place among the runs of its alert
    running,  // the first entry's command runs
    waiting,  // for the time of the next try
    held,  // the first entry is a recovery, and whether its problem was delivered is not yet known
  };
  struct Channel {
    std::deque<Entry> entries;
    State state = State::idle;
    Monotonic retry_at{};       // while waiting
    std::size_t under_way = 0;  // while running: so many of the first entries
  };
  // A problem or a reminder that is on its way through an alert.
  struct Open {
    AlertId at;
    Given given;
  };
  // Who was told of an incident: what its recovery is judged by.
  struct Ledger {
    std::optional<MonitorId> monitor;
    std::string name;             // of the monitor
    bool told_elsewhere = false;  // by an alert that is no longer in the configuration
    std::set<AlertId> down;       // meant to be told of the problem
    std::set<AlertId> by;         // delivered the problem or a reminder
    std::vector<Open> open;
    std::shared_ptr<const Notice> recovery;  // once it was accepted
    std::uint64_t recovery_order = 0;
    std::set<AlertId> up;         // meant to be told of the recovery
    std::set<AlertId> recovered;  // given the recovery
    std::set<ChannelId> held;
    int recoveries = 0;  // on their way
    int in_use = 0;      // somebody works on it
  };
  struct Storm : StormState {
    std::optional<Monotonic> again;  // when start() is to look again
  };
  enum class Judgement : std::uint8_t { send, wait, drop };

  [[nodiscard]] const Alert& alert(AlertId id) const { return config_->alerts[id.value]; }
  // Also of minitor's own notices, which are of no monitor.
  [[nodiscard]] bool watched(std::optional<MonitorId> monitor) const {
    return !monitor || monitor->value < config_->monitors.size();
  }
  [[nodiscard]] std::vector<AlertId> told_of_end(MonitorId monitor, const std::string& incident,
                                                 std::vector<AlertId> alerts) const;
  // Those that are told of problems of this monitor, or of minitor's own.
  [[nodiscard]] const std::vector<AlertId>& alerts_down(std::optional<MonitorId> monitor) const {
    return monitor ? config_->monitors[monitor->value].alert_down : config_->observer.alerts;
  }
  [[nodiscard]] bool leads_to(AlertId from, AlertId to, std::set<AlertId> closed) const;
  [[nodiscard]] bool may_reach(const Ledger& ledger, AlertId id) const;
  [[nodiscard]] bool stands_in(const Ledger& ledger, AlertId fallback, AlertId whom) const;
  [[nodiscard]] std::string quoted(const std::vector<AlertId>& ids) const;
  void record(const ChannelId& id, const Entry& entry, NoticeStage stage, std::string detail,
              std::vector<Effect>& effects) const;
  bool supersede(const ChannelId& id, const Entry& later, std::vector<Effect>& effects);
  [[nodiscard]] static bool outlived(const Ledger& ledger, AlertId id, const Entry& entry);
  void drop_reminder(const ChannelId& id, const Entry& entry, std::vector<Effect>& effects);
  void drop_ready_reminder(const ChannelId& id, const Ledger& ledger, std::vector<Effect>& effects);
  void append(const ChannelId& id, Entry entry, std::vector<Effect>& effects);
  void make_room(const ChannelId& id, Channel& channel, std::vector<Effect>& effects);
  [[nodiscard]] Judgement judge(const Ledger& ledger, AlertId id) const;
  void drop_recovery(const ChannelId& id, const Entry& entry, std::vector<Effect>& effects);
  void tell_stand_ins(std::optional<MonitorId> monitor, Ledger& ledger,
                      std::vector<Effect>& effects);
  void advance(const ChannelId& id, std::vector<Effect>& effects);
  void leave(const ChannelId& id, const Entry& entry, bool delivered, std::vector<Effect>& effects);
  void release(const std::string& incident);
  void pass_on(const ChannelId& id, const Entry& entry, const std::string& words,
               std::vector<Effect>& effects);
  void touch(const Notice& notice);

  // outbox_storm.cpp: what may run now, and what comes of a run.
  void start(AlertId id, std::deque<ChannelId>& queue, Moment now, std::vector<Attempt>& attempts);
  bool start_in_storm(AlertId id, std::deque<ChannelId>& queue, Moment now,
                      std::vector<Attempt>& attempts);
  [[nodiscard]] std::size_t tellable(const ChannelId& id) const;
  [[nodiscard]] Attempt begin(AlertId id, std::vector<ChannelId> channels, std::size_t most,
                              bool held);
  [[nodiscard]] std::vector<ChannelId> take_all(std::deque<ChannelId>& queue) const;
  [[nodiscard]] Attempt begin_one(AlertId id, std::deque<ChannelId>& queue, bool reminders);
  [[nodiscard]] bool only_tests(const ChannelId& channel) const;
  [[nodiscard]] bool only_reminds(const ChannelId& channel, std::size_t count) const;
  void failed(const ChannelId& id, std::vector<Entry> entries, DeliveryEnd end,
              const std::string& words, const std::optional<Moment>& next,
              std::vector<Effect>& effects);
  void wait_for_retry(const ChannelId& id, std::size_t tried, const std::optional<Moment>& next,
                      std::vector<Effect>& effects);

  // An entry of an earlier life whose alert is gone.
  struct Homeless {
    ChannelId channel;  // of no meaning but for its monitor
    Entry entry;
    std::string alert;
  };
  using Names = std::map<std::string, AlertId, std::less<>>;
  void restore_storms(const SavedState& saved, const SavedClock& clock, const Names& names,
                      Moment now);
  void take_storm_changes(std::vector<StateChange>& changes);
  void restore(const SavedIncident& saved, std::optional<MonitorId> monitor, const Names& names,
               const SavedClock& clock, std::vector<Homeless>& homeless,
               std::vector<Effect>& effects);
  void resume_all(Moment now, std::vector<Effect>& effects);
  // outbox_reload.cpp
  void renumber_ledgers(const Renumbering& to);
  void renumber_channels(const Config& before, const Renumbering& to,
                         std::vector<Homeless>& homeless);
  void renumber_storms(const Config& before, const Renumbering& to, Moment now);
  void drop_for_the_gone(std::vector<Effect>& effects);
  [[nodiscard]] static bool was_added(const Ledger& ledger, const Monitor& monitor, AlertId before,
                                      AlertId now);
  [[nodiscard]] bool knows_the_end(const Ledger& ledger, const ChannelId& id) const;
  void rehouse(const Homeless& homeless, std::vector<Effect>& effects);
  void resume(const ChannelId& id, Moment now, std::vector<Effect>& effects);
  [[nodiscard]] SavedIncident saved(const std::string& incident, const Ledger& ledger,
                                    Moment now) const;
  [[nodiscard]] std::vector<std::string> names_of(const std::set<AlertId>& ids) const;

  const Config* config_;
  std::map<ChannelId, Channel> channels_;  // those with entries
  // By incident, until all of it has arrived or was given up.
  std::map<std::string, Ledger> ledgers_;
  std::map<AlertId, std::deque<ChannelId>> ready_;  // first come, first served; no empty ones
  std::set<std::pair<Monotonic, ChannelId>> waiting_;
  std::map<ChannelId, std::uint64_t> deliveries_;
  std::map<AlertId, Storm> storms_;       // of alerts that have rules for it
  std::set<std::string> touched_;         // incidents that are to be saved
  std::set<AlertId> touched_alerts_;      // whose storm is
  std::vector<std::string> gone_alerts_;  // whose storm is to be forgotten
  std::vector<int> running_per_alert_;
  std::uint64_t accepted_ = 0;
  int running_ = 0;
  int depth_ = 0;
  bool stopping_ = false;
};

// How long to wait before try number `tries` + 1: doubles from `first`, up to kRetryCap.
[[nodiscard]] Duration retry_wait(Duration first, int tries);

}  // namespace minitor
