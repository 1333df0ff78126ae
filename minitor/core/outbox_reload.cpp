// The outbox through a reload: everything goes on under the new numbers, and what has lost its monitor
// or its alert gets an end or a new home.
#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

#include "minitor/core/outbox.hpp"

namespace minitor {
namespace {

// False: one of them is gone.
bool renumber(std::set<AlertId>& ids, const Renumbering& to) {
  std::set<AlertId> renumbered;
  for (const AlertId id : ids) {
    if (const auto known = to(id)) renumbered.insert(*known);
  }
  const bool all = renumbered.size() == ids.size();
  ids = std::move(renumbered);
  return all;
}

// Notices as they are when their monitors have other names; each is made once.
class RenamedNotices {
 public:
  explicit RenamedNotices(const Renames& renames) : names_(renames.begin(), renames.end()) {}

  void rename(std::shared_ptr<const Notice>& notice) {
    if (!notice) return;
    const auto name = names_.find(notice->monitor);
    if (name == names_.end()) return;
    auto& renamed = renamed_[notice.get()];
    if (!renamed.first) {
      auto changed = std::make_shared<Notice>(*notice);
      changed->monitor = name->second;
      renamed = {std::move(changed), notice};
    }
    notice = renamed.first;
  }

 private:
  std::unordered_map<std::string, std::string> names_;
  // With the one before, so that no other one comes to its place.
  std::unordered_map<const Notice*,
                     std::pair<std::shared_ptr<const Notice>, std::shared_ptr<const Notice>>>
      renamed_;
};

}  // namespace

void Outbox::renumber_ledgers(const Renumbering& to) {
  for (auto& [incident, ledger] : ledgers_) {
    ++ledger.in_use;  // until all of it is renumbered
    touched_.insert(incident);
    if (ledger.monitor) ledger.monitor = to(*ledger.monitor);
    if (ledger.monitor && watched(ledger.monitor))
      ledger.name = config_->monitors[ledger.monitor->value].name;
    renumber(ledger.down, to);
    renumber(ledger.up, to);
    renumber(ledger.recovered, to);
    if (!renumber(ledger.by, to)) ledger.told_elsewhere = true;
    std::erase_if(ledger.open, [&](const Open& open) { return !to(open.at); });
    for (Open& open : ledger.open) open.at = *to(open.at);
    ledger.held.clear();
  }
}

// What an entry was given to is shared with others, so each is renumbered once.
void Outbox::renumber_channels(const Config& before, const Renumbering& to,
                               std::vector<Homeless>& homeless) {
  RenamedNotices notices(renames(before, *config_));
  for (auto& [incident, ledger] : ledgers_) notices.rename(ledger.recovery);
  std::set<const std::set<AlertId>*> done;
  const auto renumber_given = [&](const Given& given) {
    if (given && done.insert(given.get()).second) renumber(*given, to);
  };
  for (auto& [incident, ledger] : ledgers_) {
    for (const Open& open : ledger.open) renumber_given(open.given);
  }
  ready_.clear();
  waiting_.clear();
  std::vector<int> running(config_->alerts.size());
  for (std::uint32_t i = 0; i < running_per_alert_.size(); ++i) {
    if (const auto alert = to(AlertId{i})) {
      running[alert->value] = running_per_alert_[i];
    } else {
      running_ -= running_per_alert_[i];  // nobody asks for their ends any more
    }
  }
  running_per_alert_ = std::move(running);
  for (auto& [id, channel] : std::exchange(channels_, {})) {
    const auto monitor = id.monitor ? std::optional(to(*id.monitor)) : std::nullopt;
    const auto alert = to(id.alert);
    for (Entry& entry : channel.entries) {
      notices.rename(entry.notice);
      renumber_given(entry.given);
      if (alert) continue;
      if (entry.notice->kind == NoticeKind::recovery)
        --ledgers_.at(entry.notice->incident).recoveries;
      --depth_;
      homeless.push_back({{monitor, {}}, entry, before.alerts[id.alert.value].name});
    }
    if (channel.state != State::running) channel.state = State::busy;
    if (alert) channels_.emplace(ChannelId{monitor, *alert}, std::move(channel));
  }
}

// What the caps count goes on, also where they are others now.
void Outbox::renumber_storms(const Config& before, const Renumbering& to, Moment now) {
  touched_alerts_.clear();
  for (auto& [id, storm] : std::exchange(storms_, {})) {
    const Alert& was = before.alerts[id.value];
    const auto known = to(id);
    const StormRules rules = known ? alert(*known).storm : StormRules{};
    if (was.storm.rate && !rules.rate) gone_alerts_.push_back(was.name);
    if (!rules.any()) continue;
    storm.again.reset();
    if (storm.opens_at) storm.opens_at = std::min(*storm.opens_at, now.monotonic + rules.group);
    if (rules.rate) {
      while (storm.runs.size() > static_cast<std::size_t>(rules.rate->count))
        storm.runs.pop_front();
      touched_alerts_.insert(*known);
    } else {
      storm.runs.clear();
      storm.held = false;
    }
    storms_.emplace(*known, std::move(storm));
  }
}

// Nobody is told of the trouble of a monitor that is gone, unless that is under way.
void Outbox::drop_for_the_gone(std::vector<Effect>& effects) {
  std::vector<std::pair<ChannelId, Entry>> dropped;
  for (auto channel = channels_.begin(); channel != channels_.end();) {
    const ChannelId id = channel->first;
    Channel& one = channel->second;
    const auto first = one.entries.begin() +
                       static_cast<std::ptrdiff_t>(one.state == State::running ? one.under_way : 0);
    const auto stays = [&](const Entry& entry) {
      return watched(id.monitor) || entry.notice->kind == NoticeKind::recovery;
    };
    const auto gone = std::stable_partition(first, one.entries.end(), stays);
    for (auto entry = gone; entry != one.entries.end(); ++entry)
      dropped.emplace_back(id, std::move(*entry));
    one.entries.erase(gone, one.entries.end());
    channel = one.entries.empty() ? channels_.erase(channel) : std::next(channel);
  }
  for (const auto& [id, entry] : dropped) {
    record(id, entry, NoticeStage::dropped, std::string{kMonitorGone}, effects);
    leave(id, entry, false, effects);
  }
}

// An alert that was added while the incident was open, and stands for none that is gone, knows nothing of
// it: neither is it told of its end. `before` is its number in the configuration of `monitor`.
bool Outbox::was_added(const Ledger& ledger, const Monitor& monitor, AlertId before, AlertId now) {
  const auto& down = monitor.alert_down;
  return !ledger.told_elsewhere && !ledger.down.contains(now) &&
         std::find(down.begin(), down.end(), before) != down.end();
}

std::vector<Outbox::Orphan> Outbox::reload(const Config& config, const Renumbering& to, Moment now,
                                           std::vector<Effect>& effects) {
  const Config& before = *std::exchange(config_, &config);
  std::unordered_map<std::uint32_t, MonitorId> former;  // of the gone ones: the new number, the old
  for (std::uint32_t i = 0; i < before.monitors.size(); ++i) {
    if (!to.watched(to(MonitorId{i}))) former.emplace(to(MonitorId{i}).value, MonitorId{i});
  }
  std::vector<Homeless> homeless;
  renumber_ledgers(to);
  renumber_channels(before, to, homeless);
  renumber_storms(before, to, now);
  std::map<ChannelId, std::uint64_t> deliveries;
  for (const auto& [id, count] : std::exchange(deliveries_, {})) {
    const auto monitor = id.monitor ? std::optional(to(*id.monitor)) : std::nullopt;
    if (const auto alert = to(id.alert); alert && watched(monitor))
      deliveries.emplace(ChannelId{monitor, *alert}, count);
  }
  deliveries_ = std::move(deliveries);
  drop_for_the_gone(effects);
  for (const Homeless& one : homeless) rehouse(one, effects);
  resume_all(now, effects);

  std::vector<Orphan> orphans;
  std::vector<std::string> incidents;
  for (const auto& [incident, ledger] : ledgers_) {
    incidents.push_back(incident);
    if (!ledger.monitor || ledger.recovery) continue;
    const auto gone = former.find(ledger.monitor->value);
    if (gone == former.end()) continue;
    Orphan& orphan = orphans.emplace_back(
        Orphan{incident, *ledger.monitor, before.monitors[gone->second.value].name, {}});
    const Monitor& was = before.monitors[gone->second.value];
    for (const AlertId id : was.alert_up) {
      const auto known = to(id);
      if (known && !was_added(ledger, was, id, *known)) orphan.up.push_back(*known);
    }
    // Of the alerts of its ladder those that were told, as told_of_end() has it.
    for (const EscalationStep& step : was.escalate) {
      for (const AlertId id : step.alerts) {
        const auto known = to(id);
        if (!known || std::count(was.alert_down.begin(), was.alert_down.end(), id) > 0) continue;
        const bool told = ledger.down.contains(*known);
        if (!told) {
          std::erase(orphan.up, *known);
        } else if (alert(*known).tells_recovery &&
                   std::count(orphan.up.begin(), orphan.up.end(), *known) == 0) {
          orphan.up.push_back(*known);
        }
      }
    }
  }
  for (const std::string& incident : incidents) release(incident);
  return orphans;
}

std::vector<std::shared_ptr<const Notice>> Outbox::on_its_way(const ChannelId& id) const {
  const Channel& channel = channels_.at(id);
  std::vector<std::shared_ptr<const Notice>> notices;
  for (std::size_t i = 0; i < channel.under_way; ++i) notices.push_back(channel.entries[i].notice);
  return notices;
}

void Outbox::was_told_elsewhere(const Notice& notice) {
  const auto ledger = ledgers_.find(notice.incident);
  if (ledger == ledgers_.end() || !tells_of_trouble(notice)) return;
  ledger->second.told_elsewhere = true;
  touch(notice);
}

}  // namespace minitor
