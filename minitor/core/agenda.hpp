// Who is due when. Intervals are kept on the monotonic clock without drift: a run that starts late
// does not shift the ones after it, and a run that was missed is skipped, never made up for. Monitors
// with a schedule are due when their calendar says so. Besides, a check can be asked for now; it
// shifts nothing either.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

// First runs are this far apart, or closer where an interval is too short for so many monitors: a
// few start at once, ten thousand are spread evenly over their interval.
inline constexpr Duration kFirstRunSpacing = std::chrono::milliseconds{50};
// Runs of a schedule that are counted as missed at most; nobody needs to know how many more.
inline constexpr int kMostMissedCounted = 1000;

// When monitors with a schedule are due, on the monotonic clock. Calendars speak of wall-clock time:
// its owner tells it how the two clocks stand to each other.
class Timetable {
 public:
  // `config` must outlive it.
  Timetable(const Config& config, Moment now) : config_(config), now_(now) {}

  void set(Moment now) { now_ = now; }
  [[nodiscard]] bool has(MonitorId monitor) const {
    return config_.monitors[monitor.value].schedule.has_value();
  }
  // The first instant after `after` at which it is due; never, if its calendar has an end.
  [[nodiscard]] Monotonic next(MonitorId monitor, Monotonic after) const;

 private:
  const Config& config_;
  Moment now_;
};

class Agenda {
 public:
  struct Run {
    MonitorId monitor;
    Monotonic due{};      // the latest instant at which it was due
    Duration lateness{};  // start after `due`; never an interval or more
    int missed = 0;       // runs skipped since the last one
  };

  // What is known of a monitor from an earlier life.
  using Due = std::vector<std::optional<Monotonic>>;

  // `intervals` by MonitorId; zero: it is never due. At most `max_concurrent` >= 1 run at a time. `known`, by
  // MonitorId or empty: when a monitor that was watched before is due. What is overdue runs soon,
  // spread as first runs are, and then at the multiples of its interval as before. Monitors that
  // `timetable` has go by that instead; it may be null.
  Agenda(std::vector<Duration> intervals, int max_concurrent, Monotonic start,
         const Due& known = {}, std::shared_ptr<const Timetable> timetable = nullptr);

  // Goes on with `monitor` where `before` was with it under `number`: with the run that is under way, with
  // the check that was asked for, with what was missed, and, when its interval is the same, with
  // everything.
  void take_over(MonitorId monitor, const Agenda& before, MonitorId number, Monotonic now);

  // When a monitor with this interval is due that was watched at `entry` before: a new interval counts from
  // the last time at which it was due. None: as one that is new.
  [[nodiscard]] std::optional<Monotonic> due_by(MonitorId monitor, bool scheduled,
                                                Duration interval, Monotonic now) const;

  // The run to start now, earliest due first; none when nothing is due or the cap is reached. The
  // monitor counts as running until finished().
  [[nodiscard]] std::optional<Run> take(Monotonic now);

  // Its run is over: it is due again at the next multiple of its interval that is not past.
  void finished(MonitorId monitor, Monotonic now);

  // It is to be checked at once, by a run that begins from now on.
  void check_now(MonitorId monitor, Monotonic now);
  // … before everything else that waits.
  void check_first(MonitorId monitor, Monotonic now);
  // It is to be checked at `when`, which may lie ahead, or before.
  void check_by(MonitorId monitor, Monotonic when);

  // No more runs of it, asked for or not, until resume(). One that runs is not ended.
  void pause(MonitorId monitor);
  // It is checked at `when`, which is not past, and then at the multiples of its interval as before. What
  // fell due meanwhile was not missed: nobody wanted it.
  void resume(MonitorId monitor, Monotonic when);

  // The wall clock was set: what goes by a calendar is due at another time.
  void clock_was_set(Monotonic now);

  // When take() may next have something: none while nothing waits or the cap is reached.
  [[nodiscard]] std::optional<Monotonic> next() const;

  [[nodiscard]] int running() const { return running_; }
  [[nodiscard]] bool running(MonitorId monitor) const { return entries_[monitor.value].running; }
  // Of its next regular run, or of the one that runs.
  [[nodiscard]] Monotonic due(MonitorId monitor) const { return entries_[monitor.value].due; }

 private:
  struct Entry {
    Duration interval{};
    Monotonic due{};
    Monotonic queued{};  // the place in the queue that counts
    Monotonic wanted{};  // when a run beside the regular ones was asked for
    int missed = 0;
    bool running = false;
    bool extra = false;  // what runs was asked for, before it was due
    bool again = false;  // asked for while it runs
    bool paused = false;
  };
  struct Waiting {
    Monotonic due;
    MonitorId monitor;
    // A heap's top is its largest: the earliest, then the first configured.
    friend bool operator<(const Waiting& a, const Waiting& b) {
      return a.due != b.due ? a.due > b.due : a.monitor > b.monitor;
    }
  };
  int skip_to(MonitorId monitor, Monotonic limit);
  [[nodiscard]] Monotonic after(MonitorId monitor, Monotonic due) const;
  [[nodiscard]] bool scheduled(MonitorId monitor) const;
  [[nodiscard]] bool never(MonitorId monitor) const;
  void queue(MonitorId monitor, Monotonic when);
  void drop_stale();

  std::vector<Entry> entries_;
  std::priority_queue<Waiting> waiting_;
  std::shared_ptr<const Timetable> timetable_;
  int max_concurrent_;
  int running_ = 0;
};

}  // namespace minitor
