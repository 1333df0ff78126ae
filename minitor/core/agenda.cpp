#include "minitor/core/agenda.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>

namespace minitor {

Agenda::Agenda(std::vector<Duration> intervals, int max_concurrent, Monotonic start,
               const Due& known)
    : max_concurrent_(max_concurrent) {
  assert(max_concurrent >= 1);
  const auto due_of = [&](std::size_t i) { return known.empty() ? std::nullopt : known[i]; };
  // How many monitors of this interval have no time of their own in which to start.
  std::map<Duration, int> sharing;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const auto due = due_of(i);
    if (!due || *due <= start) ++sharing[intervals[i]];
  }
  std::map<Duration, int> placed;
  entries_.reserve(intervals.size());
  for (std::uint32_t i = 0; i < intervals.size(); ++i) {
    const Duration interval = intervals[i];
    assert(interval > Duration::zero());
    Monotonic first = due_of(i).value_or(start);
    Entry entry{interval, first, 0};
    if (first <= start) {
      const Duration spacing = std::min(interval / sharing[interval], kFirstRunSpacing);
      first = start + spacing * placed[interval]++;
      // What was not checked while nobody was there is not missed: it is not known.
      if (due_of(i))
        skip_to(entry, first);
      else
        entry.due = first;
    }
    entries_.push_back(entry);
    waiting_.push({first, MonitorId{i}});
  }
}

// Moves `due` on by whole intervals to the last one not after `limit`; returns how many were
// passed.
int Agenda::skip_to(Entry& entry, Monotonic limit) {
  if (limit < entry.due + entry.interval) return 0;
  const auto passed = (limit - entry.due) / entry.interval;
  entry.due += entry.interval * passed;
  return static_cast<int>(std::min<decltype(passed)>(passed, std::numeric_limits<int>::max() / 2));
}

std::optional<Agenda::Run> Agenda::take(Monotonic now) {
  if (waiting_.empty() || running_ >= max_concurrent_ || waiting_.top().due > now)
    return std::nullopt;
  const MonitorId monitor = waiting_.top().monitor;
  waiting_.pop();
  Entry& entry = entries_[monitor.value];
  entry.missed += skip_to(entry, now);
  const Run run{monitor, entry.due, now - entry.due, entry.missed};
  entry.missed = 0;
  ++running_;
  return run;
}

void Agenda::finished(MonitorId monitor, Monotonic now) {
  assert(running_ > 0);
  --running_;
  Entry& entry = entries_[monitor.value];
  entry.due += entry.interval;
  entry.missed += skip_to(entry, now);
  if (entry.due < now) {
    // Late for this one too; the next that lies ahead is taken.
    ++entry.missed;
    entry.due += entry.interval;
  }
  waiting_.push({entry.due, monitor});
}

std::optional<Monotonic> Agenda::next() const {
  if (waiting_.empty() || running_ >= max_concurrent_) return std::nullopt;
  return waiting_.top().due;
}

}  // namespace minitor
