#include "minitor/core/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace minitor {
namespace {

bool tells_of_trouble(const Notice& notice) {
  return notice.kind == NoticeKind::problem || notice.kind == NoticeKind::reminder;
}

}  // namespace

Duration retry_wait(Duration first, int tries) {
  Duration wait = first;
  for (int i = 1; i < tries && wait < kRetryCap; ++i) wait *= 2;
  return std::min(wait, kRetryCap);
}

void Outbox::record(const ChannelId& id, const Entry& entry, NoticeStage stage, std::string detail,
                    std::vector<Effect>& effects) const {
  effects.emplace_back(
      RecordNotice{entry.notice, id.alert, stage, entry.tries, std::move(detail), std::nullopt});
}

void Outbox::accept(std::optional<MonitorId> monitor, const std::shared_ptr<const Notice>& notice,
                    const std::vector<AlertId>& alerts, std::vector<Effect>& effects) {
  if (notice->kind == NoticeKind::recovery) {
    Ledger& ledger = ledgers_[notice->incident];
    ledger.ended = true;
    ++ledger.recoveries;  // keeps the ledger while the loop below judges by it
  }
  for (const AlertId to : alerts) {
    const ChannelId id{monitor, to};
    if (!supersede(id, notice, effects)) append(id, {notice, {}, 0, 0, false}, effects);
  }
  if (notice->kind == NoticeKind::recovery) {
    const auto ledger = ledgers_.find(notice->incident);
    if (--ledger->second.recoveries == 0) {
      const bool open =
          std::any_of(ledger->second.meant_for.begin(), ledger->second.meant_for.end(),
                      [](const auto& told) { return told.second.open > 0; });
      if (!open) ledgers_.erase(ledger);
    }
  }
}

// A reminder that waits behind a slow channel says nothing any more once there is a later one: the
// later one takes its place, with the attempts already made.
bool Outbox::supersede(const ChannelId& id, const std::shared_ptr<const Notice>& notice,
                       std::vector<Effect>& effects) {
  if (notice->kind != NoticeKind::reminder) return false;
  const auto channel = channels_.find(id);
  if (channel == channels_.end()) return false;
  auto& entries = channel->second.entries;
  Entry& last = entries.back();
  const bool under_way = entries.size() == 1 && channel->second.state == State::running;
  if (under_way || last.notice->kind != NoticeKind::reminder ||
      last.notice->incident != notice->incident) {
    return false;
  }
  record(id, last, NoticeStage::dropped, "a later reminder takes its place", effects);
  last.notice = notice;
  record(id, last, NoticeStage::intended, notice->reason, effects);
  return true;
}

void Outbox::append(const ChannelId& id, Entry entry, std::vector<Effect>& effects) {
  const Notice& notice = *entry.notice;
  if (tells_of_trouble(notice)) ++ledgers_[notice.incident].meant_for[meant_for(id, entry)].open;
  if (notice.kind == NoticeKind::recovery) ++ledgers_[notice.incident].recoveries;
  record(id, entry, NoticeStage::intended, notice.reason, effects);
  ++depth_;
  Channel& channel = channels_[id];
  channel.entries.push_back(std::move(entry));
  if (channel.entries.size() > kMaxWaitingPerChannel) make_room(id, channel, effects);
  if (channel.entries.size() == 1 && channel.state == State::idle) advance(id, effects);
}

// The first entry may be on its way; the one behind it has waited longest.
void Outbox::make_room(const ChannelId& id, Channel& channel, std::vector<Effect>& effects) {
  const Entry entry = std::move(channel.entries[1]);
  channel.entries.erase(channel.entries.begin() + 1);
  record(id, entry, NoticeStage::given_up,
         fmt::format("more than {} notices wait for this alert", kMaxWaitingPerChannel), effects);
  leave(id, entry, false, effects);
}

Outbox::Judgement Outbox::judge(const Ledger& ledger, const ChannelId& id) const {
  const auto own = ledger.meant_for.find(id.alert);
  if (own != ledger.meant_for.end()) {
    if (own->second.open > 0) return Judgement::wait;
    return own->second.by.contains(id.alert) ? Judgement::send : Judgement::drop;
  }
  // An alert for recoveries only: it speaks when anyone was told of the problem.
  bool open = false;
  for (const auto& [alert_id, told] : ledger.meant_for) {
    if (!told.by.empty()) return Judgement::send;
    open = open || told.open > 0;
  }
  return open ? Judgement::wait : Judgement::drop;
}

// The problem was delivered by a fallback: there the recovery goes too, where it can be told.
void Outbox::tell_fallbacks(const ChannelId& id, const Entry& entry, std::vector<Effect>& effects) {
  const auto told = ledgers_.at(entry.notice->incident).meant_for.find(id.alert);
  std::vector<AlertId> to;
  if (told != ledgers_.at(entry.notice->incident).meant_for.end()) {
    for (const AlertId by : told->second.by) {
      if (by != id.alert && alert(by).tells_recovery) to.push_back(by);
    }
  }
  std::string names;
  for (const AlertId by : to)
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", alert(by).name);
  record(id, entry, NoticeStage::dropped,
         names.empty()
             ? "it never delivered the problem that this recovery ends"
             : fmt::format("the problem was delivered by {} instead, which is told", names),
         effects);
  for (const AlertId by : to) {
    Entry redirected{entry.notice, {id.alert}, 0, 0, true};
    append({id.monitor, by}, std::move(redirected), effects);
  }
}

// Brings the channel's first entry as far as it can go without a process or more time.
void Outbox::advance(const ChannelId& id, std::vector<Effect>& effects) {
  while (true) {
    const auto found = channels_.find(id);
    Channel& channel = found->second;
    channel.state = State::busy;
    if (channel.entries.empty()) {
      channels_.erase(found);
      return;
    }
    Entry& head = channel.entries.front();
    if (head.notice->kind == NoticeKind::recovery && !head.judged) {
      Ledger& ledger = ledgers_[head.notice->incident];
      const Judgement judgement = judge(ledger, id);
      if (judgement == Judgement::wait) {
        channel.state = State::held;
        ledger.held.insert(id);
        return;
      }
      if (judgement == Judgement::drop) {
        const Entry entry = std::move(head);
        channel.entries.pop_front();
        tell_fallbacks(id, entry, effects);
        leave(id, entry, false, effects);
        continue;
      }
      head.judged = true;
    }
    if (!std::holds_alternative<LogLine>(alert(id.alert).message)) {
      channel.state = State::ready;
      ready_[id.alert].push_back(id);
      return;
    }
    Entry entry = std::move(head);
    channel.entries.pop_front();
    ++entry.tries;
    effects.emplace_back(LogNotice{entry.notice, id.alert});
    record(id, entry, NoticeStage::delivered, "", effects);
    leave(id, entry, true, effects);
  }
}

// An entry has left its channel for good, or for a fallback: keeps the books.
void Outbox::leave(const ChannelId& id, const Entry& entry, bool delivered,
                   std::vector<Effect>& effects) {
  --depth_;
  if (delivered) ++deliveries_[id];
  if (entry.notice->kind == NoticeKind::test) return;
  const std::string incident = entry.notice->incident;
  const auto found = ledgers_.find(incident);
  assert(found != ledgers_.end());
  if (tells_of_trouble(*entry.notice)) {
    Told& told = found->second.meant_for[meant_for(id, entry)];
    --told.open;
    if (delivered) told.by.insert(id.alert);
    // Recoveries that waited for this may know now.
    for (const ChannelId& held : std::exchange(found->second.held, {})) advance(held, effects);
  } else {
    --found->second.recoveries;
  }
  const auto ledger = ledgers_.find(incident);
  if (ledger == ledgers_.end() || !ledger->second.ended || ledger->second.recoveries > 0) return;
  for (const auto& [alert_id, told] : ledger->second.meant_for) {
    if (told.open > 0) return;
  }
  ledgers_.erase(ledger);
}

std::vector<Outbox::Attempt> Outbox::start(Moment now) {
  while (!stopping_ && !waiting_.empty() && waiting_.begin()->first <= now.monotonic) {
    const ChannelId id = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    channels_.at(id).state = State::ready;
    ready_[id.alert].push_back(id);
  }
  std::vector<Attempt> attempts;
  for (auto queue = ready_.begin(); queue != ready_.end();) {
    int& running = running_per_alert_[queue->first.value];
    while (!queue->second.empty() && running < kMaxRunsPerAlert) {
      const ChannelId id = queue->second.front();
      queue->second.pop_front();
      Channel& channel = channels_.at(id);
      channel.state = State::running;
      ++running;
      ++running_;
      attempts.push_back({id, channel.entries.front().notice, channel.entries.front().tries + 1});
    }
    queue = queue->second.empty() ? ready_.erase(queue) : std::next(queue);
  }
  return attempts;
}

void Outbox::finished(const ChannelId& id, const Ending& ending, const std::string& words,
                      Moment now, std::vector<Effect>& effects) {
  Channel& channel = channels_.at(id);
  assert(channel.state == State::running);
  --running_per_alert_[id.alert.value];
  --running_;
  channel.state = State::busy;
  Entry& head = channel.entries.front();
  ++head.tries;
  if (const auto* exited = std::get_if<Exited>(&ending); exited != nullptr && exited->code == 0) {
    const Entry entry = std::move(head);
    channel.entries.pop_front();
    record(id, entry, NoticeStage::delivered, words, effects);
    leave(id, entry, true, effects);
    advance(id, effects);
    return;
  }
  const bool stopped = std::holds_alternative<Stopped>(ending);
  if (!stopped && !observers_fault(ending)) ++head.attempts;
  if (head.attempts >= alert(id.alert).attempts) {
    const Entry entry = std::move(head);
    channel.entries.pop_front();
    pass_on(id, entry, words, effects);
    advance(id, effects);
    return;
  }
  channel.state = State::idle;
  RecordNotice failed{head.notice, id.alert, NoticeStage::failed, head.tries, words, std::nullopt};
  if (!stopping_ && !stopped) {
    const Moment next = later(now, retry_wait(alert(id.alert).retry_after, head.tries));
    failed.next_attempt = next;
    channel.retry_at = next.monotonic;
    channel.state = State::waiting;
    waiting_.emplace(next.monotonic, id);
  }
  effects.emplace_back(std::move(failed));
}

// All attempts failed: the fallback alerts take over. A recovery has none: it goes only where the
// problem was delivered.
void Outbox::pass_on(const ChannelId& id, const Entry& entry, const std::string& words,
                     std::vector<Effect>& effects) {
  std::vector<AlertId> to;
  if (entry.notice->kind != NoticeKind::recovery) {
    for (const AlertId fallback : alert(id.alert).fallback) {
      if (fallback != id.alert &&
          std::find(entry.via.begin(), entry.via.end(), fallback) == entry.via.end()) {
        to.push_back(fallback);
      }
    }
  }
  std::string names;
  for (const AlertId fallback : to) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", alert(fallback).name);
  }
  record(id, entry, NoticeStage::given_up,
         names.empty() ? fmt::format("{}; nobody takes over", words)
                       : fmt::format("{}; {} takes over", words, names),
         effects);
  std::vector<AlertId> via = entry.via;
  via.push_back(id.alert);
  for (const AlertId fallback : to)
    append({id.monitor, fallback}, {entry.notice, via, 0, 0, false}, effects);
  leave(id, entry, false, effects);
}

std::optional<Monotonic> Outbox::next() const {
  if (stopping_ || waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

}  // namespace minitor
