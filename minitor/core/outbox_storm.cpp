// The outbox and its alerts: what may run now, alone or together with others, and what comes of a run.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "minitor/core/notice_group.hpp"
#include "minitor/core/outbox.hpp"

namespace minitor {

std::vector<Outbox::Attempt> Outbox::start(Moment now) {
  while (!stopping_ && !waiting_.empty() && waiting_.begin()->first <= now.monotonic) {
    const ChannelId id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    channels_.at(id).state = State::ready;
    ready_[id.alert].push_back(id);
    // It has waited for long enough, and takes along what gathers.
    if (alert(id.alert).storm.any()) storms_[id.alert].opens_at = now.monotonic;
  }
  std::vector<Attempt> attempts;
  for (auto queue = ready_.begin(); queue != ready_.end();) {
    start(queue->first, queue->second, now, attempts);
    queue = queue->second.empty() ? ready_.erase(queue) : std::next(queue);
  }
  return attempts;
}

void Outbox::start(AlertId id, std::deque<ChannelId>& queue, Moment now,
                   std::vector<Attempt>& attempts) {
  // What waited for a free place only is not tried again while the daemon stops.
  if (stopping_) {
    std::erase_if(queue, [&](const ChannelId& channel) {
      const bool tried = channels_.at(channel).entries.front().tries > 0;
      if (tried) channels_.at(channel).state = State::idle;
      return tried;
    });
  }
  const StormRules& rules = alert(id).storm;
  if (rules.any()) storms_[id].again.reset();
  while (!queue.empty() && running_per_alert_[id.value] < kMaxRunsPerAlert) {
    if (!rules.any()) {
      attempts.push_back(begin(id, {queue.front()}, 1, false));
      queue.pop_front();
    } else if (!start_in_storm(id, queue, now, attempts)) {
      return;
    }
  }
}

// As far as `group` and `rate` allow; false: nothing more for now.
bool Outbox::start_in_storm(AlertId id, std::deque<ChannelId>& queue, Moment now,
                            std::vector<Attempt>& attempts) {
  const StormRules& rules = alert(id).storm;
  Storm& storm = storms_[id];
  const auto may_gather = [&](const ChannelId& channel) { return !only_tests(channel); };
  const bool gathers = std::any_of(queue.begin(), queue.end(), may_gather);
  if (!gathers) storm.opens_at.reset();
  if (gathers && !storm.opens_at) storm.opens_at = now.monotonic + rules.group;
  const bool only_reminders = std::all_of(
      queue.begin(), queue.end(),
      [&](const ChannelId& channel) { return only_reminds(channel, tellable(channel)); });
  const StormAnswer answer =
      may_run(rules, storm, only_reminders, gathers && !stopping_, now.monotonic);
  if (answer.kind == StormAnswer::Kind::wait) {
    storm.again = answer.again;
    if (answer.capped && !std::exchange(storm.held, true)) touched_alerts_.insert(id);
    return false;
  }
  const bool together = answer.kind == StormAnswer::Kind::all && gathers;
  const bool held = storm.held;
  Attempt attempt = together ? begin(id, take_all(queue), kMostGrouped, held)
                             : begin_one(id, queue, answer.reminders);
  const bool left_over = std::any_of(queue.begin(), queue.end(), may_gather);
  if (together && !left_over) storm.held = false;
  if (!left_over) storm.opens_at.reset();
  const auto reminds = [](const auto& notice) { return notice->kind == NoticeKind::reminder; };
  const auto& members = attempt.notice->members;
  note_run(rules, storm, now,
           members.empty() ? reminds(attempt.notice)
                           : std::all_of(members.begin(), members.end(), reminds));
  if (rules.rate) touched_alerts_.insert(id);
  attempts.push_back(std::move(attempt));
  return true;
}

// Takes as many channels out of the queue as one message can tell.
std::vector<ChannelId> Outbox::take_all(std::deque<ChannelId>& queue) const {
  std::vector<ChannelId> channels;
  std::deque<ChannelId> left;
  std::size_t room = kMostGrouped;
  for (const ChannelId& channel : queue) {
    if (only_tests(channel) || room == 0) {
      left.push_back(channel);
      continue;
    }
    room -= std::min(room, tellable(channel));
    channels.push_back(channel);
  }
  queue = std::move(left);
  return channels;
}

// The first that is no reminder; else a reminder, which goes along with what comes behind it where none may
// run alone.
Outbox::Attempt Outbox::begin_one(AlertId id, std::deque<ChannelId>& queue, bool reminders) {
  auto one = std::find_if(queue.begin(), queue.end(),
                          [&](const ChannelId& channel) { return !only_reminds(channel, 1); });
  const bool reminder = one == queue.end();
  if (reminder && reminders) one = queue.begin();
  if (reminder && !reminders) {
    one = std::find_if(queue.begin(), queue.end(), [&](const ChannelId& channel) {
      return !only_reminds(channel, tellable(channel));
    });
  }
  const ChannelId channel = *one;
  queue.erase(one);
  const bool along = reminder && !reminders;
  return begin(id, {channel}, along ? kMostGrouped : 1, along);
}

// Somebody waits for a test: it gathers with nothing.
bool Outbox::only_tests(const ChannelId& channel) const {
  return channels_.at(channel).entries.front().notice->kind == NoticeKind::test;
}

bool Outbox::only_reminds(const ChannelId& channel, std::size_t count) const {
  const auto& entries = channels_.at(channel).entries;
  return std::all_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                     [](const Entry& entry) { return entry.notice->kind == NoticeKind::reminder; });
}

// How many of the first entries of a channel one message may tell: a recovery goes along with what it ends.
// The first was judged when its turn came.
std::size_t Outbox::tellable(const ChannelId& id) const {
  const auto& entries = channels_.at(id).entries;
  std::set<std::string_view> told;
  std::size_t count = 0;
  for (const Entry& entry : entries) {
    const Notice& notice = *entry.notice;
    if (count > 0 && notice.kind == NoticeKind::test) break;
    if (tells_of_trouble(notice.kind)) {
      if (count > 0 && outlived(ledgers_.at(notice.incident), id.alert, entry)) break;
      told.insert(notice.incident);
    } else if (count > 0 && notice.kind == NoticeKind::recovery) {
      const Ledger& ledger = ledgers_.at(notice.incident);
      const bool goes_along = ledger.down.contains(id.alert) && told.contains(notice.incident);
      if (!goes_along && judge(ledger, id.alert) != Judgement::send) break;
    }
    ++count;
  }
  return count;
}

// Takes the first entries of these channels, `most` in all, as one attempt.
Outbox::Attempt Outbox::begin(AlertId id, std::vector<ChannelId> channels, std::size_t most,
                              bool held) {
  Attempt attempt;
  attempt.alert = id;
  Notices notices;
  for (const ChannelId& one : channels) {
    Channel& channel = channels_.at(one);
    channel.under_way = most == 1 ? 1 : std::min(most - notices.size(), tellable(one));
    channel.state = State::running;
    for (std::size_t i = 0; i < channel.under_way; ++i) {
      notices.push_back(channel.entries[i].notice);
      attempt.number = std::max(attempt.number, channel.entries[i].tries + 1);
    }
  }
  attempt.channels = std::move(channels);
  ++running_per_alert_[id.value];
  ++running_;
  if (notices.size() == 1) {
    attempt.notice = std::move(notices.front());
    return attempt;
  }
  const std::size_t count = notices.size();
  const StormRules& rules = alert(id).storm;
  std::string by;
  if (held && rules.rate)
    by = fmt::format("rate: {} per {}", rules.rate->count, format_duration(rules.rate->per));
  std::string reason =
      by.empty() ? fmt::format("{} notices within {} (group)", count, format_duration(rules.group))
                 : fmt::format("{} notices that were held back until now ({})", count, by);
  attempt.notice = group_notice(std::move(notices), std::move(reason), std::move(by));
  return attempt;
}

void Outbox::finished(AlertId alert_id, const std::vector<ChannelId>& channels,
                      const Delivery& delivery, const std::string& words, Moment now,
                      std::vector<Effect>& effects) {
  --running_per_alert_[alert_id.value];
  --running_;
  // All are taken out before any of them is recorded: what follows from one may come into the channel of
  // another.
  std::vector<std::vector<Entry>> told;
  std::size_t count = 0;
  int tries = 0;
  for (const ChannelId& id : channels) {
    Channel& channel = channels_.at(id);
    assert(channel.state == State::running);
    channel.state = State::busy;
    std::vector<Entry>& entries = told.emplace_back();
    for (; channel.under_way > 0; --channel.under_way) {
      Entry& entry = entries.emplace_back(std::move(channel.entries.front()));
      channel.entries.pop_front();
      tries = std::max(tries, ++entry.tries);
      ++count;
    }
  }
  std::string said = words;
  if (count > 1)
    said = fmt::format("in one message of {} notices{}{}", count, said.empty() ? "" : ": ", said);
  if (delivery.end == DeliveryEnd::delivered) {
    for (std::size_t i = 0; i < channels.size(); ++i) {
      for (const Entry& entry : told[i]) {
        record(channels[i], entry, NoticeStage::delivered, said, effects);
        leave(channels[i], entry, true, effects);
      }
    }
    for (const ChannelId& id : channels) advance(id, effects);
    return;
  }
  std::optional<Moment> next;
  if (!stopping_ && delivery.end != DeliveryEnd::stopped) {
    next = later(now, std::max(retry_wait(alert(alert_id).retry_after, tries),
                               delivery.wait.value_or(Duration::zero())));
  }
  for (std::size_t i = 0; i < channels.size(); ++i)
    failed(channels[i], std::move(told[i]), delivery.end, said, next, effects);
}

// These entries of a channel were not delivered: each is given up or tried again at `next`.
void Outbox::failed(const ChannelId& id, std::vector<Entry> entries, DeliveryEnd end,
                    const std::string& words, const std::optional<Moment>& next,
                    std::vector<Effect>& effects) {
  const bool never = end == DeliveryEnd::never;
  std::vector<Entry> given_up;
  std::vector<Entry> kept;
  for (Entry& entry : entries) {
    if (never || end == DeliveryEnd::failed) ++entry.attempts;
    const bool over = never || entry.attempts >= alert(id.alert).attempts;
    (over ? given_up : kept).push_back(std::move(entry));
  }
  for (const Entry& entry : kept) {
    touch(*entry.notice);
    effects.emplace_back(
        RecordNotice{entry.notice, id.alert, NoticeStage::failed, entry.tries, words, next});
  }
  const std::size_t tried = kept.size();
  auto& front = channels_.at(id).entries;
  front.insert(front.begin(), std::make_move_iterator(kept.begin()),
               std::make_move_iterator(kept.end()));
  for (const Entry& entry : given_up)
    pass_on(id, entry, never ? words + "; not to be tried again" : words, effects);
  wait_for_retry(id, tried, next, effects);
}

// The first entry of a channel waits for its next try, if it is one of the `tried` that were not given up; what
// stands behind them has waited long enough. A recovery that went along with its problem is judged
// first: that may have been given up.
void Outbox::wait_for_retry(const ChannelId& id, std::size_t tried,
                            const std::optional<Moment>& next, std::vector<Effect>& effects) {
  Channel& channel = channels_.at(id);
  for (; tried > 0 && !channel.entries.empty(); --tried) {
    const Entry& head = channel.entries.front();
    const auto judgement = head.notice->kind == NoticeKind::recovery
                               ? judge(ledgers_.at(head.notice->incident), id.alert)
                               : Judgement::send;
    if (judgement == Judgement::wait) break;
    if (judgement == Judgement::send) {
      channel.state = State::idle;
      if (!next) return;
      channel.retry_at = next->monotonic;
      channel.state = State::waiting;
      waiting_.emplace(next->monotonic, id);
      return;
    }
    const Entry entry = std::move(channel.entries.front());
    channel.entries.pop_front();
    drop_recovery(id, entry, effects);
  }
  advance(id, effects);
}

std::optional<Monotonic> Outbox::next() const {
  if (stopping_) return std::nullopt;
  std::optional<Monotonic> next;
  if (!waiting_.empty()) next = waiting_.begin()->first;
  for (const auto& [id, queue] : ready_) {
    const auto storm = storms_.find(id);
    if (storm == storms_.end() || !storm->second.again) continue;
    if (!next || *storm->second.again < *next) next = storm->second.again;
  }
  return next;
}

// The caps go on from what an earlier life ran.
void Outbox::restore_storms(const SavedState& saved, const SavedClock& clock, const Names& names,
                            Moment now) {
  for (const SavedAlert& one : saved.alerts) {
    const auto known = names.find(one.name);
    if (known == names.end() || !alert(known->second).storm.rate) {
      gone_alerts_.push_back(one.name);
      continue;
    }
    Storm& storm = storms_[known->second];
    storm.held = one.held;
    for (const SavedAlert::Run& run : one.runs)
      storm.runs.push_back({clock.past(run.began), run.reminders});
    std::stable_sort(
        storm.runs.begin(), storm.runs.end(),
        [](const StormRun& a, const StormRun& b) { return a.began.monotonic < b.began.monotonic; });
    while (storm.runs.size() > static_cast<std::size_t>(alert(known->second).storm.rate->count))
      storm.runs.pop_front();
    std::erase_if(storm.runs, [&](const StormRun& run) {
      return now.monotonic - run.began.monotonic >= alert(known->second).storm.rate->per;
    });
    touched_alerts_.insert(known->second);  // with the clocks of this life
  }
}

void Outbox::take_storm_changes(std::vector<StateChange>& changes) {
  for (const std::string& name : std::exchange(gone_alerts_, {}))
    changes.emplace_back(ForgetAlert{name});
  for (const AlertId id : std::exchange(touched_alerts_, {})) {
    const Storm& storm = storms_[id];
    SavedAlert saved{alert(id).name, {}, storm.held};
    for (const StormRun& run : storm.runs) saved.runs.push_back({run.began, run.reminders});
    changes.emplace_back(std::move(saved));
  }
}

}  // namespace minitor
