// The outbox through a restart: what is saved of an incident, and how its notices go on from there.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "minitor/core/delivery.hpp"
#include "minitor/core/outbox.hpp"

namespace minitor {
namespace {

template <typename Names>
std::set<AlertId> known_of(const std::vector<std::string>& saved, const Names& names) {
  std::set<AlertId> ids;
  for (const std::string& name : saved) {
    if (const auto found = names.find(name); found != names.end()) ids.insert(found->second);
  }
  return ids;
}

}  // namespace

void Outbox::touch(const Notice& notice) {
  if (of_incident(notice.kind)) touched_.insert(notice.incident);
}

void Outbox::touch_all() {
  for (const auto& [incident, ledger] : ledgers_) touched_.insert(incident);
  for (const auto& [id, storm] : storms_) {
    if (alert(id).storm.rate) touched_alerts_.insert(id);
  }
}

std::vector<std::string> Outbox::names_of(const std::set<AlertId>& ids) const {
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const AlertId id : ids) names.push_back(alert(id).name);
  return names;
}

std::vector<StateChange> Outbox::take_changes(Moment now) {
  std::vector<StateChange> changes;
  for (const std::string& incident : std::exchange(touched_, {})) {
    const auto ledger = ledgers_.find(incident);
    if (ledger == ledgers_.end()) {
      changes.emplace_back(ForgetIncident{incident});
    } else {
      changes.emplace_back(saved(incident, ledger->second, now));
    }
  }
  take_storm_changes(changes);
  return changes;
}

SavedIncident Outbox::saved(const std::string& incident, const Ledger& ledger, Moment now) const {
  SavedIncident result;
  result.id = incident;
  if (ledger.monitor) result.monitor = ledger.name;  // minitor's own have none
  if (ledger.monitor && watched(ledger.monitor)) {
    const Monitor& monitor = config_->monitors[ledger.monitor->value];
    auto up = told_of_end(*ledger.monitor, incident, monitor.alert_up);
    std::erase_if(up, [&](AlertId id) { return was_added(ledger, monitor, id, id); });
    result.up_next = names_of(std::set<AlertId>(up.begin(), up.end()));
  }
  result.down = names_of(ledger.down);
  result.by = names_of(ledger.by);
  result.up = names_of(ledger.up);
  result.recovered = names_of(ledger.recovered);
  if (ledger.told_elsewhere) result.by.emplace_back();  // a name that no alert has
  const auto keep = [&](const std::shared_ptr<const Notice>& notice, const Given& given) {
    const auto same = [&](const SavedNotice& other) { return other.notice->id == notice->id; };
    if (std::any_of(result.notices.begin(), result.notices.end(), same)) return;
    result.notices.push_back({notice, given ? names_of(*given) : std::vector<std::string>{}});
  };
  for (auto channel = channels_.lower_bound(ChannelId{ledger.monitor, AlertId{0}});
       channel != channels_.end() && channel->first.monitor == ledger.monitor; ++channel) {
    for (const Entry& entry : channel->second.entries) {
      if (entry.notice->incident != incident) continue;
      keep(entry.notice, entry.given);
      SavedEntry one{alert(channel->first.alert).name,
                     entry.notice->id,
                     entry.order,
                     entry.attempts,
                     entry.tries,
                     std::nullopt};
      const bool first = &entry == &channel->second.entries.front();
      if (first && channel->second.state == State::waiting)
        one.retry_at = on_both_clocks(channel->second.retry_at, now);
      result.entries.push_back(std::move(one));
    }
  }
  if (ledger.recovery) {
    keep(ledger.recovery, nullptr);
    result.recovery = ledger.recovery->id;
    result.recovery_order = ledger.recovery_order;
  }
  return result;
}

std::vector<Outbox::Orphan> Outbox::restore(const SavedState& saved, const SavedClock& clock,
                                            Moment now, std::uint32_t& retired,
                                            std::vector<Effect>& effects) {
  Names names;
  for (std::uint32_t i = 0; i < config_->alerts.size(); ++i)
    names.emplace(config_->alerts[i].name, AlertId{i});
  restore_storms(saved, clock, names, now);
  std::unordered_map<std::string_view, MonitorId> monitors;
  for (std::uint32_t i = 0; i < config_->monitors.size(); ++i)
    monitors.emplace(config_->monitors[i].name, MonitorId{i});
  for (const SavedMonitor& monitor : saved.monitors) {
    const auto found = monitors.find(monitor.name);
    if (found == monitors.end()) continue;
    for (const auto& [name, delivered] : monitor.delivered) {
      const auto known = names.find(name);
      if (known != names.end()) deliveries_[{found->second, known->second}] = delivered;
    }
  }
  std::vector<Orphan> orphans;
  std::vector<Homeless> homeless;
  for (const SavedIncident& incident : saved.incidents) {
    const bool ours = incident.monitor.empty();
    std::optional<MonitorId> monitor;
    if (!ours) {
      auto found = monitors.find(incident.monitor);
      if (found == monitors.end()) {
        const auto beyond = static_cast<std::uint32_t>(config_->monitors.size()) + retired++;
        found = monitors.emplace(incident.monitor, MonitorId{beyond}).first;
      }
      monitor = found->second;
    }
    touched_.insert(incident.id);
    restore(incident, monitor, names, clock, homeless, effects);
    if (watched(monitor) || ledgers_.at(incident.id).recovery) continue;
    const auto up = known_of(incident.up_next, names);
    orphans.push_back({incident.id, *monitor, incident.monitor, {up.begin(), up.end()}});
  }
  for (auto& [id, channel] : channels_) {
    std::stable_sort(channel.entries.begin(), channel.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.order < b.order; });
  }
  for (const Homeless& one : homeless) rehouse(one, effects);
  resume_all(now, effects);
  for (const SavedIncident& incident : saved.incidents) {
    if (ledgers_.contains(incident.id)) release(incident.id);
  }
  return orphans;
}

void Outbox::restore(const SavedIncident& saved, std::optional<MonitorId> monitor,
                     const Names& names, const SavedClock& clock, std::vector<Homeless>& homeless,
                     std::vector<Effect>& effects) {
  Ledger& ledger = ledgers_[saved.id];
  ledger.monitor = monitor;
  ledger.name = saved.monitor;
  ledger.in_use = 1;  // until all of it is restored
  ledger.down = known_of(saved.down, names);
  ledger.by = known_of(saved.by, names);
  ledger.up = known_of(saved.up, names);
  ledger.recovered = known_of(saved.recovered, names);
  ledger.told_elsewhere = ledger.by.size() < saved.by.size();
  std::map<std::string_view, std::pair<std::shared_ptr<const Notice>, Given>> notices;
  for (const SavedNotice& one : saved.notices) {
    if (one.notice->incident != saved.id || !of_incident(one.notice->kind)) continue;
    notices[one.notice->id] = {one.notice,
                               std::make_shared<std::set<AlertId>>(known_of(one.given, names))};
  }
  if (const auto recovery = notices.find(saved.recovery); recovery != notices.end()) {
    ledger.recovery = recovery->second.first;
    ledger.recovery_order = saved.recovery_order;
    accepted_ = std::max(accepted_, saved.recovery_order);
  }
  for (const SavedEntry& one : saved.entries) {
    const auto notice = notices.find(one.notice);
    if (notice == notices.end()) continue;
    Entry entry{notice->second.first, one.order, notice->second.second, one.attempts, one.tries};
    accepted_ = std::max(accepted_, one.order);
    const bool recovery = entry.notice->kind == NoticeKind::recovery;
    if (recovery && ledger.recovery != entry.notice) continue;
    if (!recovery && !watched(monitor)) {
      effects.emplace_back(RecordForgotten{entry.notice, one.alert, std::string{kMonitorGone}});
      continue;
    }
    const auto known = names.find(one.alert);
    if (known == names.end()) {
      homeless.push_back({{monitor, {}}, std::move(entry), one.alert});
      continue;
    }
    if (recovery) {
      ++ledger.recoveries;
    } else {
      ledger.open.push_back({known->second, entry.given});
    }
    ++depth_;
    Channel& channel = channels_[{monitor, known->second}];
    channel.state = State::busy;
    if (one.retry_at) channel.retry_at = clock.due(*one.retry_at, kMaxRetryAfter).monotonic;
    channel.entries.push_back(std::move(entry));
  }
}

bool Outbox::knows_the_end(const Ledger& ledger, const ChannelId& id) const {
  if (!ledger.recovery) return false;
  if (ledger.by.contains(id.alert)) return true;  // and knows it, or is about to
  const auto channel = channels_.find(id);
  return ledger.recovered.contains(id.alert) &&
         (channel == channels_.end() ||
          std::none_of(channel->second.entries.begin(), channel->second.entries.end(),
                       [&](const Entry& entry) { return entry.notice == ledger.recovery; }));
}

// The alert is gone: the present alerts of the monitor that did not have the notice take over.
void Outbox::rehouse(const Homeless& homeless, std::vector<Effect>& effects) {
  const Entry& entry = homeless.entry;
  const std::optional<MonitorId> id = homeless.channel.monitor;
  const bool recovery = entry.notice->kind == NoticeKind::recovery;
  std::vector<AlertId> to;
  if (of_incident(entry.notice->kind) && watched(id)) {
    Ledger& ledger = ledgers_.at(entry.notice->incident);
    const bool up = recovery && id;
    for (const AlertId alert : up ? config_->monitors[id->value].alert_up : alerts_down(id)) {
      // Whoever knows the end already is told of no trouble.
      if (!recovery && knows_the_end(ledger, {id, alert})) continue;
      const bool fresh =
          recovery ? ledger.recovered.insert(alert).second : entry.given->insert(alert).second;
      if (!fresh) continue;
      (recovery ? ledger.up : ledger.down).insert(alert);
      to.push_back(alert);
    }
  }
  effects.emplace_back(RecordForgotten{
      entry.notice, homeless.alert,
      to.empty() ? "the alert is no longer in the configuration; nobody takes over"
                 : fmt::format("the alert is no longer in the configuration; {} take{} over",
                               quoted(to), to.size() == 1 ? "s" : "")});
  for (const AlertId alert : to)
    append({id, alert}, {entry.notice, entry.order, entry.given}, effects);
}

// Whoever came first goes on first.
void Outbox::resume_all(Moment now, std::vector<Effect>& effects) {
  std::vector<std::pair<std::uint64_t, ChannelId>> channels;
  for (const auto& [id, channel] : channels_) {
    if (channel.state == State::busy) channels.emplace_back(channel.entries.front().order, id);
  }
  std::sort(channels.begin(), channels.end());
  for (const auto& [order, id] : channels) resume(id, now, effects);
}

// Goes on with a channel as it was left: what waited for its time waits on, what ran runs again.
void Outbox::resume(const ChannelId& id, Moment now, std::vector<Effect>& effects) {
  const auto found = channels_.find(id);
  if (found == channels_.end() || found->second.state != State::busy) return;
  Channel& channel = found->second;
  const bool log = std::holds_alternative<LogLine>(alert(id.alert).message);
  const Entry& head = channel.entries.front();
  // One that was tried along with its problem, which is gone, is judged again.
  const bool sure = head.notice->kind != NoticeKind::recovery ||
                    judge(ledgers_.at(head.notice->incident), id.alert) == Judgement::send;
  if (!log && sure && head.tries > 0 && channel.retry_at > now.monotonic) {
    channel.state = State::waiting;
    waiting_.emplace(channel.retry_at, id);
    return;
  }
  advance(id, effects);
}

std::vector<WaitingSnapshot> Outbox::waiting() const {
  std::vector<WaitingSnapshot> result;
  for (const Alert& alert : config_->alerts) result.push_back({alert.name, 0, std::nullopt});
  for (const auto& [id, channel] : channels_) {
    WaitingSnapshot& one = result[id.alert.value];
    for (const Entry& entry : channel.entries) {
      ++one.notices;
      if (!one.oldest || entry.notice->created < *one.oldest) one.oldest = entry.notice->created;
    }
  }
  return result;
}

}  // namespace minitor
