#include "minitor/core/agenda.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <utility>

namespace minitor {

namespace {
// Nothing waits for so long.
constexpr Duration kBeforeAll = std::chrono::hours{24 * 366};
}  // namespace

Monotonic Timetable::next(MonitorId monitor, Monotonic after) const {
  const Schedule& schedule = *config_.monitors[monitor.value].schedule;
  const auto next = schedule.cron.next(now_.wall + (after - now_.monotonic), schedule.zone);
  if (!next) return Monotonic::max();
  return now_.monotonic + (*next - now_.wall);
}

Agenda::Agenda(std::vector<Duration> intervals, int max_concurrent, Monotonic start,
               const Due& known, std::shared_ptr<const Timetable> timetable)
    : timetable_(std::move(timetable)), max_concurrent_(max_concurrent) {
  assert(max_concurrent >= 1);
  const auto due_of = [&](std::size_t i) { return known.empty() ? std::nullopt : known[i]; };
  // How many monitors of this interval have no time of their own in which to start.
  std::map<Duration, int> sharing;
  for (std::uint32_t i = 0; i < intervals.size(); ++i) {
    const auto due = due_of(i);
    const bool spread = !scheduled(MonitorId{i}) && intervals[i] > Duration::zero();
    if (spread && (!due || *due <= start)) ++sharing[intervals[i]];
  }
  std::map<Duration, int> placed;
  entries_.resize(intervals.size());
  for (std::uint32_t i = 0; i < intervals.size(); ++i) {
    const MonitorId monitor{i};
    Entry& entry = entries_[i];
    entry.interval = intervals[i];
    assert(entry.interval >= Duration::zero());
    if (never(monitor)) {
      entry.due = entry.queued = Monotonic::max();
      continue;
    }
    if (scheduled(monitor)) {
      // What a calendar asked for while nobody was there is made up for once.
      const auto due = due_of(i);
      entry.due = due && *due <= start ? start : timetable_->next(monitor, start);
      queue(monitor, entry.due);
      continue;
    }
    Monotonic first = due_of(i).value_or(start);
    entry.due = first;
    if (first <= start) {
      const Duration spacing = std::min(entry.interval / sharing[entry.interval], kFirstRunSpacing);
      first = start + spacing * placed[entry.interval]++;
      // What was not checked while nobody was there is not missed: it is not known.
      if (due_of(i))
        skip_to(monitor, first);
      else
        entry.due = first;
    }
    queue(monitor, first);
  }
}

std::optional<Monotonic> Agenda::due_by(MonitorId monitor, bool will_be_scheduled,
                                        Duration interval, Monotonic now) const {
  const Entry& entry = entries_[monitor.value];
  if (never(monitor) && !entry.running) return std::nullopt;
  if (will_be_scheduled) return scheduled(monitor) ? std::optional(entry.due) : std::nullopt;
  if (scheduled(monitor)) return std::nullopt;
  // What runs needs no place among those that are to start.
  if (entry.running) return now + interval;
  if (interval == entry.interval) return entry.due;
  return std::min(entry.due - entry.interval + interval, now + interval);
}

void Agenda::take_over(MonitorId monitor, const Agenda& before, MonitorId number, Monotonic now) {
  Entry& entry = entries_[monitor.value];
  const Entry& old = before.entries_[number.value];
  const bool same_interval =
      !scheduled(monitor) && !before.scheduled(number) && entry.interval == old.interval;
  entry.missed = old.missed;
  entry.paused = old.paused;
  entry.wanted = old.wanted;
  if (old.running) {
    ++running_;
    entry.running = true;
    entry.extra = old.extra;
    entry.again = old.again;
  }
  if (never(monitor) || before.never(number)) {
    // A heartbeat comes by itself: there is nothing to go on with.
  } else if (old.running) {
    // It ends what was due; an extra one ends nothing, and the next one is not put off by it.
    entry.due = old.extra && !same_interval ? std::min(old.due, entry.due) : old.due;
  } else if (same_interval) {
    entry.due = old.due;
    queue(monitor, old.queued);
  } else if (old.queued != old.due) {
    check_now(monitor, now);
  }
  drop_stale();
}

bool Agenda::scheduled(MonitorId monitor) const { return timetable_ && timetable_->has(monitor); }

bool Agenda::never(MonitorId monitor) const {
  return entries_[monitor.value].interval == Duration::zero() && !scheduled(monitor);
}

// When it is due after it was due at `due`.
Monotonic Agenda::after(MonitorId monitor, Monotonic due) const {
  return scheduled(monitor) ? timetable_->next(monitor, due)
                            : due + entries_[monitor.value].interval;
}

void Agenda::queue(MonitorId monitor, Monotonic when) {
  entries_[monitor.value].queued = when;
  waiting_.push({when, monitor});
}

// Places in the queue that another one has taken the place of.
void Agenda::drop_stale() {
  while (!waiting_.empty()) {
    const Entry& entry = entries_[waiting_.top().monitor.value];
    if (!entry.running && !entry.paused && entry.queued == waiting_.top().due) return;
    waiting_.pop();
  }
}

// Moves `due` on to the last time that is not after `limit`; returns how many were passed.
int Agenda::skip_to(MonitorId monitor, Monotonic limit) {
  Entry& entry = entries_[monitor.value];
  if (scheduled(monitor)) {
    int passed = 0;
    for (; passed < kMostMissedCounted; ++passed) {
      const Monotonic next = timetable_->next(monitor, entry.due);
      if (next > limit) break;
      entry.due = next;
    }
    return passed;
  }
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
  entry.running = true;
  ++running_;
  drop_stale();
  entry.extra = entry.due > now;
  if (entry.extra) return Run{monitor, entry.wanted, now - entry.wanted, 0};
  entry.missed += skip_to(monitor, now);
  return Run{monitor, entry.due, now - entry.due, std::exchange(entry.missed, 0)};
}

void Agenda::finished(MonitorId monitor, Monotonic now) {
  assert(running_ > 0);
  --running_;
  Entry& entry = entries_[monitor.value];
  entry.running = false;
  if (never(monitor)) {  // it has become a heartbeat while it ran
    entry.extra = entry.again = false;
    drop_stale();
    return;
  }
  if (entry.extra) {
    // A regular run that fell due while the extra one ran is that one.
    if (entry.due <= now) {
      entry.missed += skip_to(monitor, now);
      entry.due = after(monitor, entry.due);
    }
  } else {
    entry.due = after(monitor, entry.due);
    if (entry.due <= now) entry.missed += skip_to(monitor, now);
    if (entry.due < now) {
      // Late for this one too; the next that lies ahead is taken.
      ++entry.missed;
      entry.due = after(monitor, entry.due);
    }
  }
  const bool again = std::exchange(entry.again, false);
  if (again) entry.wanted = now;
  queue(monitor, again ? now : entry.due);
  drop_stale();
}

void Agenda::pause(MonitorId monitor) {
  Entry& entry = entries_[monitor.value];
  entry.paused = true;
  entry.again = false;
  drop_stale();
}

void Agenda::resume(MonitorId monitor, Monotonic when) {
  Entry& entry = entries_[monitor.value];
  if (!std::exchange(entry.paused, false) || never(monitor)) return;
  entry.missed = 0;
  if (entry.running) {
    entry.again = true;
    return;
  }
  if (entry.due <= when) {
    skip_to(monitor, when);
    entry.due = after(monitor, entry.due);
  }
  entry.wanted = when;
  queue(monitor, when);
  drop_stale();
}

void Agenda::check_now(MonitorId monitor, Monotonic now) { check_by(monitor, now); }

void Agenda::check_by(MonitorId monitor, Monotonic when) {
  if (never(monitor)) return;
  Entry& entry = entries_[monitor.value];
  if (entry.paused) return;
  if (entry.running) {
    entry.again = true;
  } else if (entry.queued > when) {
    entry.wanted = when;
    queue(monitor, when);
    drop_stale();
  }
}

void Agenda::check_first(MonitorId monitor, Monotonic now) {
  Entry& entry = entries_[monitor.value];
  check_by(monitor, now);
  if (entry.running) return;
  queue(monitor, std::min(entry.queued, now - kBeforeAll));
  drop_stale();
}

void Agenda::clock_was_set(Monotonic now) {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const MonitorId monitor{i};
    Entry& entry = entries_[i];
    if (!scheduled(monitor) || entry.due <= now) continue;
    const bool asked_for = entry.queued != entry.due;
    entry.due = timetable_->next(monitor, now);
    if (!entry.running && !asked_for) queue(monitor, entry.due);
  }
  drop_stale();
}

std::optional<Monotonic> Agenda::next() const {
  if (waiting_.empty() || running_ >= max_concurrent_) return std::nullopt;
  return waiting_.top().due;
}

}  // namespace minitor
