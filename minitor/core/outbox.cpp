#include "minitor/core/outbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace minitor {

Duration retry_wait(Duration first, int tries) {
  Duration wait = first;
  for (int i = 1; i < tries && wait < kRetryCap; ++i) wait *= 2;
  return std::min(wait, kRetryCap);
}

// True when a notice that `from` gives up may come to `to`, by way of alerts outside `closed`.
bool Outbox::leads_to(AlertId from, AlertId to, std::set<AlertId> closed) const {
  std::vector<AlertId> reached{from};
  while (!reached.empty()) {
    const AlertId id = reached.back();
    reached.pop_back();
    for (const AlertId next : alert(id).fallback) {
      if (!closed.insert(next).second) continue;
      if (next == to) return true;
      reached.push_back(next);
    }
  }
  return false;
}

// True when a problem or reminder of this incident that is under way elsewhere may come to `id`.
bool Outbox::may_reach(const Ledger& ledger, AlertId id) const {
  return std::any_of(ledger.open.begin(), ledger.open.end(),
                     [&](const Open& open) { return leads_to(open.at, id, *open.given); });
}

// True when `fallback` is to be told of the recovery because it told the problem for `whom`.
bool Outbox::stands_in(const Ledger& ledger, AlertId fallback, AlertId whom) const {
  return ledger.by.contains(fallback) && !ledger.down.contains(fallback) &&
         ledger.down.contains(whom) && alert(fallback).tells_recovery &&
         leads_to(whom, fallback, {});
}

std::string Outbox::quoted(const std::vector<AlertId>& ids) const {
  std::string names;
  for (const AlertId id : ids)
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", alert(id).name);
  return names;
}

void Outbox::record(const ChannelId& id, const Entry& entry, NoticeStage stage, std::string detail,
                    std::vector<Effect>& effects) const {
  effects.emplace_back(
      RecordNotice{entry.notice, id.alert, stage, entry.tries, std::move(detail), std::nullopt});
}

// Who is told of a recovery: of the alerts of the ladder those that were told of the problem, and can tell
// its end; the others of `alerts` in any case.
std::vector<AlertId> Outbox::told_of_end(MonitorId monitor, const std::string& incident,
                                         std::vector<AlertId> alerts) const {
  const Monitor& of = config_->monitors[monitor.value];
  const auto ledger = ledgers_.find(incident);
  const auto has = [](const std::vector<AlertId>& ids, AlertId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  for (const EscalationStep& step : of.escalate) {
    for (const AlertId id : step.alerts) {
      if (has(of.alert_down, id)) continue;
      const bool told = ledger != ledgers_.end() && ledger->second.down.contains(id);
      if (!told) {
        std::erase(alerts, id);
      } else if (alert(id).tells_recovery && !has(alerts, id)) {
        alerts.push_back(id);
      }
    }
  }
  return alerts;
}

void Outbox::accept(std::optional<MonitorId> monitor, const std::shared_ptr<const Notice>& notice,
                    std::vector<AlertId> alerts, std::vector<Effect>& effects) {
  // The end of our own blindness is of no monitor, and of no ladder; what is gone has none any more.
  if (notice->kind == NoticeKind::recovery && monitor && watched(monitor))
    alerts = told_of_end(*monitor, notice->incident, std::move(alerts));
  const Entry entry{notice, ++accepted_,
                    std::make_shared<std::set<AlertId>>(alerts.begin(), alerts.end())};
  if (of_incident(notice->kind)) {
    Ledger& ledger = ledgers_[notice->incident];
    ledger.monitor = monitor;
    ledger.name = notice->monitor;
    ++ledger.in_use;
    touch(*notice);
    if (notice->kind == NoticeKind::recovery) {
      ledger.recovery = notice;
      ledger.recovery_order = entry.order;
      ledger.up = *entry.given;
      ledger.recovered = *entry.given;
      // An alert that was added while the incident was open was not told of it, and is not told of
      // its end either; unless it stands for one that is gone.
      if (!ledger.told_elsewhere && watched(monitor)) {
        const auto& meant = alerts_down(monitor);
        ledger.down.insert(meant.begin(), meant.end());
      }
      for (const AlertId by : std::set<AlertId>(ledger.by))
        drop_ready_reminder({monitor, by}, ledger, effects);
    } else {
      ledger.down.insert(alerts.begin(), alerts.end());
    }
  }
  for (auto to = alerts.begin(); to != alerts.end(); ++to) {
    if (std::find(alerts.begin(), to, *to) != to) continue;  // named twice
    const ChannelId id{monitor, *to};
    if (!supersede(id, entry, effects)) append(id, entry, effects);
  }
  if (!of_incident(notice->kind)) return;
  if (notice->kind == NoticeKind::recovery)
    tell_stand_ins(monitor, ledgers_.at(notice->incident), effects);
  release(notice->incident);
}

// A reminder that waits behind a slow channel says nothing any more once there is a later one: the
// later one takes its place, with the attempts already made.
bool Outbox::supersede(const ChannelId& id, const Entry& later, std::vector<Effect>& effects) {
  if (later.notice->kind != NoticeKind::reminder) return false;
  const auto channel = channels_.find(id);
  if (channel == channels_.end()) return false;
  auto& entries = channel->second.entries;
  Entry& last = entries.back();
  const bool under_way =
      channel->second.state == State::running && entries.size() == channel->second.under_way;
  if (under_way || last.notice->kind != NoticeKind::reminder ||
      last.notice->incident != later.notice->incident) {
    return false;
  }
  record(id, last, NoticeStage::dropped, "a later reminder takes its place", effects);
  for (Open& open : ledgers_.at(later.notice->incident).open) {
    if (open.at == id.alert && open.given == last.given) open.given = later.given;
  }
  last.notice = later.notice;
  last.order = later.order;
  last.given = later.given;
  record(id, last, NoticeStage::intended, later.notice->reason, effects);
  return true;
}

// The monitor is up again: a reminder or an escalation that was never tried would say what is no longer
// so. It goes all the same where nothing of the incident was delivered, for there it is the first to tell
// it.
bool Outbox::outlived(const Ledger& ledger, AlertId id, const Entry& entry) {
  const NoticeKind kind = entry.notice->kind;
  return (kind == NoticeKind::reminder || kind == NoticeKind::escalation) && entry.tries == 0 &&
         ledger.recovery && ledger.by.contains(id);
}

void Outbox::drop_reminder(const ChannelId& id, const Entry& entry, std::vector<Effect>& effects) {
  record(id, entry, NoticeStage::dropped, "it is up again, and this alert has told of the problem",
         effects);
  leave(id, entry, false, effects);
}

// Those that wait for nothing but a free place among the runs of their alert were judged before the
// recovery was accepted. All others are when their turn comes.
void Outbox::drop_ready_reminder(const ChannelId& id, const Ledger& ledger,
                                 std::vector<Effect>& effects) {
  const auto found = channels_.find(id);
  if (found == channels_.end() || found->second.state != State::ready) return;
  Channel& channel = found->second;
  if (channel.entries.front().notice->incident != ledger.recovery->incident ||
      !outlived(ledger, id.alert, channel.entries.front())) {
    return;
  }
  auto& queue = ready_.at(id.alert);
  queue.erase(std::find(queue.begin(), queue.end(), id));
  if (queue.empty()) ready_.erase(id.alert);
  channel.state = State::busy;
  const Entry entry = std::move(channel.entries.front());
  channel.entries.pop_front();
  drop_reminder(id, entry, effects);
  advance(id, effects);
}

// Puts a notice in its place in the channel: behind those accepted before it, before those accepted
// after it that came to the channel earlier. Only what runs keeps its place, and a recovery never
// takes that of an entry which was judged already.
void Outbox::append(const ChannelId& id, Entry entry, std::vector<Effect>& effects) {
  const Notice& notice = *entry.notice;
  const bool recovery = notice.kind == NoticeKind::recovery;
  if (tells_of_trouble(notice.kind))
    ledgers_.at(notice.incident).open.push_back({id.alert, entry.given});
  if (recovery) ++ledgers_.at(notice.incident).recoveries;
  record(id, entry, NoticeStage::intended, notice.reason, effects);
  touch(notice);
  ++depth_;
  Channel& channel = channels_[id];
  auto& entries = channel.entries;
  const bool judged = recovery && channel.state != State::held && channel.state != State::busy;
  const std::size_t staying =
      channel.state == State::running ? channel.under_way : std::size_t{judged ? 1U : 0U};
  const auto from =
      entries.begin() + static_cast<std::ptrdiff_t>(std::min(staying, entries.size()));
  const auto place =
      std::upper_bound(from, entries.end(), entry.order,
                       [](std::uint64_t order, const Entry& other) { return order < other.order; });
  const bool first = place == entries.begin();
  if (first && channel.state == State::held)
    ledgers_.at(entries.front().notice->incident).held.erase(id);
  entries.insert(place, std::move(entry));
  if (first &&
      (channel.state == State::held || (channel.state == State::idle && entries.size() == 1)))
    advance(id, effects);
  // The channel may be gone by now.
  const auto found = channels_.find(id);
  if (found != channels_.end() && found->second.entries.size() > kMaxWaitingPerChannel)
    make_room(id, found->second, effects);
}

// The first entry may be on its way. Of those behind it a recovery goes whose problem was not told,
// then the problem or reminder that has waited longest.
void Outbox::make_room(const ChannelId& id, Channel& channel, std::vector<Effect>& effects) {
  auto& entries = channel.entries;
  const auto idle_recovery = [&](const Entry& entry) {
    if (entry.notice->kind != NoticeKind::recovery) return false;
    const Ledger& ledger = ledgers_.at(entry.notice->incident);
    return judge(ledger, id.alert) == Judgement::drop &&
           std::none_of(ledger.open.begin(), ledger.open.end(),
                        [&](const Open& open) { return open.at == id.alert; });
  };
  const auto behind =
      entries.begin() + static_cast<std::ptrdiff_t>(std::max(channel.under_way, std::size_t{1}));
  auto victim = std::find_if(behind, entries.end(), idle_recovery);
  const bool dropped = victim != entries.end();
  if (!dropped) {
    victim = std::find_if(behind, entries.end(),
                          [](const Entry& entry) { return tells_of_trouble(entry.notice->kind); });
  }
  if (victim == entries.end()) victim = behind;
  const Entry entry = std::move(*victim);
  entries.erase(victim);
  if (dropped) {
    drop_recovery(id, entry, effects);
  } else {
    pass_on(id, entry,
            fmt::format("more than {} notices wait for this alert", kMaxWaitingPerChannel),
            effects);
  }
}

Outbox::Judgement Outbox::judge(const Ledger& ledger, AlertId id) const {
  const bool told_itself = ledger.by.contains(id);
  // One that was to tell it and did not may still come to tell it, for an alert of the ladder.
  if (ledger.down.contains(id) && told_itself) return Judgement::send;
  if (ledger.down.contains(id)) return may_reach(ledger, id) ? Judgement::wait : Judgement::drop;
  if (may_reach(ledger, id)) return Judgement::wait;
  // An alert for recoveries only speaks when anyone was told of the problem.
  const bool told = !ledger.by.empty() || ledger.told_elsewhere;
  if (told_itself || (ledger.up.contains(id) && told)) return Judgement::send;
  return ledger.open.empty() ? Judgement::drop : Judgement::wait;
}

void Outbox::drop_recovery(const ChannelId& id, const Entry& entry, std::vector<Effect>& effects) {
  const Ledger& ledger = ledgers_.at(entry.notice->incident);
  std::vector<AlertId> told;
  for (const AlertId by : ledger.by) {
    if (stands_in(ledger, by, id.alert)) told.push_back(by);
  }
  record(id, entry, NoticeStage::dropped,
         told.empty()
             ? "it never delivered the problem that this recovery ends"
             : fmt::format("the problem was delivered by {} instead, which is told", quoted(told)),
         effects);
  leave(id, entry, false, effects);
}

// The problem was delivered by a fallback: there the recovery goes too, where it can be told.
void Outbox::tell_stand_ins(std::optional<MonitorId> monitor, Ledger& ledger,
                            std::vector<Effect>& effects) {
  for (const AlertId by : ledger.by) {
    const bool stand_in = std::any_of(ledger.up.begin(), ledger.up.end(),
                                      [&](AlertId whom) { return stands_in(ledger, by, whom); });
    if (!stand_in || !ledger.recovered.insert(by).second) continue;
    append({monitor, by}, {ledger.recovery, ledger.recovery_order, nullptr}, effects);
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
    if (tells_of_trouble(head.notice->kind) &&
        outlived(ledgers_.at(head.notice->incident), id.alert, head)) {
      const Entry entry = std::move(head);
      channel.entries.pop_front();
      drop_reminder(id, entry, effects);
      continue;
    }
    if (head.notice->kind == NoticeKind::recovery) {
      Ledger& ledger = ledgers_.at(head.notice->incident);
      const Judgement judgement = judge(ledger, id.alert);
      if (judgement == Judgement::wait) {
        channel.state = State::held;
        ledger.held.insert(id);
        return;
      }
      if (judgement == Judgement::drop) {
        const Entry entry = std::move(head);
        channel.entries.pop_front();
        drop_recovery(id, entry, effects);
        continue;
      }
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
  if (delivered && watched(id.monitor)) ++deliveries_[id];
  if (!of_incident(entry.notice->kind)) return;
  touch(*entry.notice);
  Ledger& ledger = ledgers_.at(entry.notice->incident);
  ++ledger.in_use;
  if (tells_of_trouble(entry.notice->kind)) {
    const auto open = std::find_if(ledger.open.begin(), ledger.open.end(), [&](const Open& other) {
      return other.at == id.alert && other.given == entry.given;
    });
    assert(open != ledger.open.end());
    ledger.open.erase(open);
    if (delivered) ledger.by.insert(id.alert);
    if (ledger.recovery) tell_stand_ins(id.monitor, ledger, effects);
    // Recoveries that waited for this may know now. One of them may have been brought on already by
    // what another one led to.
    for (const ChannelId& held : std::exchange(ledger.held, {})) {
      const auto channel = channels_.find(held);
      if (channel != channels_.end() && channel->second.state == State::held)
        advance(held, effects);
    }
  } else {
    --ledger.recoveries;
  }
  release(entry.notice->incident);
}

// Whoever worked on a ledger is done; the last one closes it when all of the incident has arrived
// or was given up.
void Outbox::release(const std::string& incident) {
  const auto found = ledgers_.find(incident);
  const Ledger& ledger = found->second;
  if (--found->second.in_use > 0) return;
  if (ledger.recovery && ledger.open.empty() && ledger.recoveries == 0) ledgers_.erase(found);
}

// Given up: the fallback alerts take over, but none that has this notice already. A
// recovery has none: it goes only where the problem was delivered.
void Outbox::pass_on(const ChannelId& id, const Entry& entry, const std::string& words,
                     std::vector<Effect>& effects) {
  std::vector<AlertId> to;
  std::vector<AlertId> had;
  if (entry.notice->kind != NoticeKind::recovery) {
    for (const AlertId fallback : alert(id.alert).fallback) {
      // One of the ladder may have told of the incident, and of its end, without this notice.
      const auto ledger = ledgers_.find(entry.notice->incident);
      const bool over =
          ledger != ledgers_.end() && ledger->second.recovery &&
          ledger->second.by.contains(fallback) &&
          (entry.notice->kind == NoticeKind::escalation || ledger->second.down.contains(fallback));
      (over || entry.given->contains(fallback) ? had : to).push_back(fallback);
    }
  }
  std::string next = "nobody takes over";
  if (!to.empty()) {
    next = fmt::format("{} take{} over", quoted(to), to.size() == 1 ? "s" : "");
  } else if (!had.empty()) {
    next = fmt::format("{} {} it already", quoted(had), had.size() == 1 ? "has" : "have");
  }
  record(id, entry, NoticeStage::given_up, fmt::format("{}; {}", words, next), effects);
  for (const AlertId fallback : to) {
    // One at a time: until it has the notice, its recovery is to know that it may still come.
    if (entry.given->insert(fallback).second)
      append({id.monitor, fallback}, {entry.notice, entry.order, entry.given}, effects);
  }
  leave(id, entry, false, effects);
}

}  // namespace minitor
