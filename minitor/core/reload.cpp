#include "minitor/core/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace minitor {
namespace {

using Places = std::unordered_map<std::string_view, std::uint32_t>;

template <typename T>
Places places(const std::vector<T>& all) {
  Places result;
  for (std::uint32_t i = 0; i < all.size(); ++i) result.emplace(all[i].name, i);
  return result;
}

// The name under which `monitor` was known; empty: it was not. `known` tells which names were.
template <typename Known>
std::string_view former_name(const Monitor& monitor, const Known& known) {
  if (known(monitor.name)) return monitor.name;
  if (!monitor.was.empty() && known(monitor.was)) return monitor.was;
  return {};
}

template <typename Known>
Renames renames_by(const Config& after, const Known& known) {
  Renames result;
  for (const Monitor& monitor : after.monitors) {
    const std::string_view former = former_name(monitor, known);
    if (!former.empty() && former != monitor.name) result.emplace_back(former, monitor.name);
  }
  return result;
}

std::vector<std::string_view> names(const Config& config, const std::vector<AlertId>& ids) {
  std::vector<std::string_view> result;
  result.reserve(ids.size());
  for (const AlertId id : ids) result.emplace_back(config.alerts[id.value].name);
  return result;
}

auto values(const Schedule& schedule) { return std::tie(schedule.cron, schedule.zone.name()); }

bool same(const Window& one, const Window& other) {
  return std::tie(one.name, one.zone.name(), one.when) ==
         std::tie(other.name, other.zone.name(), other.when);
}

bool same(const Config& before, const std::vector<WindowId>& some, const Config& after,
          const std::vector<WindowId>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [&](WindowId one, WindowId other) {
                      return same(before.windows[one.value], after.windows[other.value]);
                    });
}

bool same(const Config& before, const Needs& some, const Config& after, const Needs& others) {
  const auto same_parent = [&](MonitorIndex one, MonitorIndex other) {
    const Monitor& now = after.monitors[other];
    return before.monitors[one].name == now.name || before.monitors[one].name == now.was;
  };
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [&](const AnyOf& one, const AnyOf& other) {
                      return std::equal(one.parents.begin(), one.parents.end(),
                                        other.parents.begin(), other.parents.end(), same_parent);
                    });
}

std::string counted(int count, std::string_view rest_of_one, std::string_view rest_of_many) {
  return fmt::format("{} {}", count, count == 1 ? rest_of_one : rest_of_many);
}

}  // namespace

Renumbering::Renumbering(const Config& before, const Config& after, std::uint32_t& retired)
    : before_(after.monitors.size()) {
  const Places old_places = places(before.monitors);
  std::vector<std::optional<MonitorId>> kept(before.monitors.size());
  for (std::uint32_t i = 0; i < after.monitors.size(); ++i) {
    const std::string_view former = former_name(
        after.monitors[i], [&](const std::string& name) { return old_places.contains(name); });
    if (former.empty()) continue;
    before_[i] = MonitorId{old_places.at(former)};
    kept[before_[i]->value] = MonitorId{i};
  }
  monitors_.reserve(kept.size());
  const auto retire = [&] {
    return MonitorId{static_cast<std::uint32_t>(before_.size()) + retired++};
  };
  for (const auto& id : kept) monitors_.push_back(id ? *id : retire());
  const Places alerts = places(after.alerts);
  for (const Alert& alert : before.alerts) {
    const auto found = alerts.find(alert.name);
    alerts_.push_back(found == alerts.end() ? std::nullopt : std::optional(AlertId{found->second}));
  }
}

MonitorId Renumbering::operator()(MonitorId before) const {
  if (before.value < monitors_.size()) return monitors_[before.value];
  const auto place = before.value - static_cast<std::uint32_t>(monitors_.size());
  return {static_cast<std::uint32_t>(before_.size()) + place};
}

Renames renames(const Config& before, const Config& after) {
  const Places known = places(before.monitors);
  return renames_by(after, [&](const std::string& name) { return known.contains(name); });
}

Renames renames(const SavedState& saved, const Config& after) {
  const Places known = places(saved.monitors);
  return renames_by(after, [&](const std::string& name) { return known.contains(name); });
}

void rename(SavedState& saved, const Renames& renames) {
  const std::unordered_map<std::string_view, std::string_view> names(renames.begin(),
                                                                     renames.end());
  if (names.empty()) return;
  const auto change = [&](std::string& name) {
    if (const auto found = names.find(name); found != names.end()) name = found->second;
  };
  const auto change_notice = [&](std::shared_ptr<const Notice>& notice) {
    if (!names.contains(notice->monitor)) return;
    auto changed = std::make_shared<Notice>(*notice);
    change(changed->monitor);
    notice = std::move(changed);
  };
  for (SavedMonitor& monitor : saved.monitors) {
    change(monitor.name);
    for (auto& held : monitor.held_recoveries) change_notice(held);
  }
  for (SavedLock& lock : saved.locks) {
    if (!lock.key.first) change(lock.key.second);  // a monitor's own has its name
  }
  for (SavedIncident& incident : saved.incidents) {
    change(incident.monitor);
    for (SavedNotice& one : incident.notices) change_notice(one.notice);
  }
}

bool same(const Config& before, const Monitor& one, const Config& after, const Monitor& other) {
  const auto plain = [](const Monitor& m) {
    return std::tie(m.description, m.group, m.labels, m.command, m.interval, m.exit_codes, m.rules,
                    m.only_when, m.flapping, m.shown, m.heartbeat, m.canary, m.scope);
  };
  const auto ladder = [](const Config& config, const Monitor& m) {
    std::vector<std::pair<AlertAfter, std::vector<std::string_view>>> steps;
    for (const EscalationStep& step : m.escalate)
      steps.emplace_back(step.after, names(config, step.alerts));
    return steps;
  };
  const auto alerts = [](const Config& config, const Monitor& m) {
    return std::tuple(names(config, m.alert_down), names(config, m.alert_up),
                      names(config, m.alert_recovered));
  };
  const bool schedules = one.schedule.has_value() == other.schedule.has_value() &&
                         (!one.schedule || values(*one.schedule) == values(*other.schedule));
  return schedules && plain(one) == plain(other) && one.repairs == other.repairs &&
         alerts(before, one) == alerts(after, other) &&
         ladder(before, one) == ladder(after, other) &&
         same(before, one.needs, after, other.needs) &&
         same(before, one.maintenance, after, other.maintenance) &&
         same(before, one.only_in, after, other.only_in);
}

ReloadSummary summarize(const Config& before, const Config& after, Timestamp when) {
  ReloadSummary summary;
  summary.when = when;
  std::uint32_t retired = 0;
  const Renumbering to(before, after, retired);
  summary.removed = static_cast<int>(retired);
  summary.renamed = renames(before, after);
  for (std::uint32_t i = 0; i < after.monitors.size(); ++i) {
    const Monitor& monitor = after.monitors[i];
    summary.monitors.push_back(monitor.name);
    const auto former = to.before(MonitorId{i});
    if (!former) {
      ++summary.added;
    } else if (!same(before, before.monitors[former->value], after, monitor)) {
      ++summary.changed;
    }
  }
  return summary;
}

std::vector<std::string> changed_for_restart(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  const auto place = [](const HistorySettings& one) { return std::tie(one.place, one.path); };
  const auto limits = [](const HistorySettings& one) {
    return std::tie(one.checks, one.minutes, one.hours, one.max_bytes);
  };
  if (place(before.history) != place(after.history))
    changed.emplace_back("history: where it is kept");
  if (limits(before.history) != limits(after.history))
    changed.emplace_back("history: how much of it is kept");
  const auto control = [](const ControlSettings& one) { return std::tie(one.place, one.path); };
  if (control(before.control) != control(after.control))
    changed.emplace_back("control: the control socket");
  const auto listens = [](const Config& config) {
    return config.web ? std::optional(std::pair(config.web->address, config.web->port))
                      : std::nullopt;
  };
  if (listens(before) != listens(after)) changed.emplace_back("web: where the page is served");
  const auto link = [](const Config& config) {
    return config.web ? config.web->public_url : std::string{};
  };
  if (link(before) != link(after)) changed.emplace_back("web: where the links of notices lead");
  return changed;
}

std::string describe(const ReloadSummary& summary) {
  std::string text;
  const auto add = [&](int count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += counted(count, text.empty() ? fmt::format("monitor {}", one) : std::string{one},
                    text.empty() ? fmt::format("monitors {}", many) : std::string{many});
  };
  add(summary.added, "is new", "are new");
  add(summary.removed, "is gone", "are gone");
  add(summary.changed, "is changed", "are changed");
  add(static_cast<int>(summary.renamed.size()), "has another name", "have other names");
  if (text.empty()) text = "no monitor is changed";
  return fmt::format(
      "{}; {}", text,
      counted(static_cast<int>(summary.monitors.size()), "is watched", "are watched"));
}

}  // namespace minitor
