// Who is due when. Intervals are kept on the monotonic clock without drift: a run that starts late
// does not shift the ones after it, and a run that was missed is skipped, never made up for.
#pragma once

#include <cstddef>
#include <optional>
#include <queue>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

// First runs are this far apart, or closer where an interval is too short for so many monitors: a
// few start at once, ten thousand are spread evenly over their interval.
inline constexpr Duration kFirstRunSpacing = std::chrono::milliseconds{50};

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

  // `intervals` by MonitorId, each > 0; at most `max_concurrent` >= 1 run at a time. `known`, by
  // MonitorId or empty: when a monitor that was watched before is due. What is overdue runs soon,
  // spread as first runs are, and then at the multiples of its interval as before.
  Agenda(std::vector<Duration> intervals, int max_concurrent, Monotonic start,
         const Due& known = {});

  // The run to start now, earliest due first; none when nothing is due or the cap is reached. The
  // monitor counts as running until finished().
  [[nodiscard]] std::optional<Run> take(Monotonic now);

  // Its run is over: it is due again at the next multiple of its interval that is not past.
  void finished(MonitorId monitor, Monotonic now);

  // When take() may next have something: none while nothing waits or the cap is reached.
  [[nodiscard]] std::optional<Monotonic> next() const;

  [[nodiscard]] int running() const { return running_; }
  // Of its next run, or of the one that runs.
  [[nodiscard]] Monotonic due(MonitorId monitor) const { return entries_[monitor.value].due; }

 private:
  struct Entry {
    Duration interval{};
    Monotonic due{};
    int missed = 0;
  };
  struct Waiting {
    Monotonic due;
    MonitorId monitor;
    // A heap's top is its largest: the earliest, then the first configured.
    friend bool operator<(const Waiting& a, const Waiting& b) {
      return a.due != b.due ? a.due > b.due : a.monitor > b.monitor;
    }
  };
  static int skip_to(Entry& entry, Monotonic limit);

  std::vector<Entry> entries_;
  std::priority_queue<Waiting> waiting_;
  int max_concurrent_;
  int running_ = 0;
};

}  // namespace minitor
