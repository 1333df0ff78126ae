// Another configuration, made of the one before by chance, and what the books make of it.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "tests/simulation/policy_world.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Takes each parent to where `place` says; one that is gone is needed no more.
void renumber_needs(Needs& needs, const std::vector<std::optional<MonitorIndex>>& place) {
  for (AnyOf& any : needs) {
    std::vector<MonitorIndex> parents;
    for (const MonitorIndex parent : any.parents) {
      if (place[parent]) parents.push_back(*place[parent]);
    }
    any.parents = std::move(parents);
  }
  std::erase_if(needs, [](const AnyOf& any) { return any.parents.empty(); });
}

template <typename Id>
void renumber_ids(std::vector<Id>& ids, const std::vector<std::optional<std::uint32_t>>& place) {
  std::vector<Id> renumbered;
  for (const Id id : ids) {
    if (place[id.value]) renumbered.push_back(Id{*place[id.value]});
  }
  ids = std::move(renumbered);
}

using Places = std::vector<std::optional<std::uint32_t>>;

std::set<std::string> names(const Config& config, const std::vector<AlertId>& ids) {
  std::set<std::string> result;
  for (const AlertId id : ids) result.insert(config.alerts[id.value].name);
  return result;
}

}  // namespace

void PolicyWorld::add_or_remove(Config& config) {
  if (config.monitors.size() > 2 && chance_.permille(500)) {
    const auto gone =
        static_cast<std::size_t>(chance_.between(0, static_cast<int>(config.monitors.size()) - 1));
    Places place(config.monitors.size());
    for (std::uint32_t i = 0, next = 0; i < place.size(); ++i) {
      if (i != gone) place[i] = next++;
    }
    config.monitors.erase(config.monitors.begin() + static_cast<std::ptrdiff_t>(gone));
    for (Monitor& monitor : config.monitors) renumber_needs(monitor.needs, place);
    ++counts_.removed;
  } else if (config.monitors.size() < 9) {
    making_ = config;
    config.monitors.push_back(
        make_monitor(next_number_++, static_cast<MonitorIndex>(config.monitors.size())));
  }
}

void PolicyWorld::change_one(Config& config) {
  Monitor& monitor = config.monitors[static_cast<std::size_t>(
      chance_.between(0, static_cast<int>(config.monitors.size()) - 1))];
  making_ = config;
  Monitor other = make_monitor(0, 0);
  const int last = monitor.canary ? 1 : 11;
  switch (last - chance_.between(0, last)) {
    case 1:
      monitor.was = monitor.name;
      monitor.name = fmt::format("m{}v{}", number_of(monitor.name), ++version_);
      ++counts_.renamed;
      break;
    case 0: monitor.interval = other.interval; break;
    case 9: std::swap(monitor.schedule, other.schedule); break;
    case 10: monitor.escalate = other.escalate; break;
    case 2: monitor.rules = other.rules; break;
    case 3: monitor.repairs = other.repairs; break;
    case 4: monitor.only_when = other.only_when; break;
    case 5: monitor.flapping = !monitor.flapping; break;
    case 6: monitor.needs.clear(); break;
    case 7:
      monitor.maintenance = other.maintenance;
      monitor.only_in = other.only_in;
      break;
    case 8:
      monitor.alert_down = other.alert_down;
      monitor.alert_up = other.alert_up;
      break;
    default:
      monitor.scope = monitor.scope.empty() ? std::string{kLocalScope} : std::string{};
      break;
  }
}

// Other rules for an alert, or another one in its place: what was on its way to that goes on to whom the
// monitors name now.
void PolicyWorld::change_alert(Config& config) {
  Alert& alert = config.alerts[static_cast<std::size_t>(
      chance_.between(0, static_cast<int>(config.alerts.size()) - 1))];
  if (chance_.permille(600)) {
    alert.storm = make_storm();
    return;
  }
  Alert other = make_alert();
  other.fallback = alert.fallback;
  alert = std::move(other);
}

// All change places.
void PolicyWorld::shuffle(Config& config) {
  const auto order = [&](std::size_t size) {
    std::vector<std::uint32_t> places(size);
    std::iota(places.begin(), places.end(), 0U);
    for (std::size_t i = size; i > 1; --i)
      std::swap(places[i - 1],
                places[static_cast<std::size_t>(chance_.between(0, static_cast<int>(i) - 1))]);
    return places;
  };
  const auto move = [](auto& all, const std::vector<std::uint32_t>& places) {
    auto moved = all;
    for (std::size_t i = 0; i < all.size(); ++i) moved[places[i]] = std::move(all[i]);
    all = std::move(moved);
  };
  const auto monitors = order(config.monitors.size());
  const auto alerts = order(config.alerts.size());
  for (Monitor& monitor : config.monitors) {
    renumber_needs(monitor.needs, Places(monitors.begin(), monitors.end()));
    for (auto* ids : {&monitor.alert_down, &monitor.alert_up, &monitor.alert_recovered})
      renumber_ids(*ids, Places(alerts.begin(), alerts.end()));
    for (EscalationStep& step : monitor.escalate)
      renumber_ids(step.alerts, Places(alerts.begin(), alerts.end()));
  }
  for (Alert& alert : config.alerts)
    renumber_ids(alert.fallback, Places(alerts.begin(), alerts.end()));
  renumber_ids(config.observer.alerts, Places(alerts.begin(), alerts.end()));
  move(config.monitors, monitors);
  move(config.alerts, alerts);
}

std::shared_ptr<const Config> PolicyWorld::another_config() {
  Config config = *config_;
  for (Monitor& monitor : config.monitors) monitor.was.clear();
  if (chance_.permille(400)) add_or_remove(config);
  const int changes = chance_.between(0, 3);
  for (int i = 0; i < changes; ++i) {
    // A monitor has one former name.
    Config changed = config;
    change_one(changed);
    const bool twice =
        std::any_of(changed.monitors.begin(), changed.monitors.end(), [&](const Monitor& monitor) {
          return !monitor.was.empty() &&
                 std::none_of(config_->monitors.begin(), config_->monitors.end(),
                              [&](const Monitor& old) { return old.name == monitor.was; });
        });
    if (!twice) config = std::move(changed);
  }
  if (chance_.permille(100)) {
    Window& window = config.windows[static_cast<std::size_t>(
        chance_.between(0, static_cast<int>(config.windows.size()) - 1))];
    window = make_window(window.name);
  }
  if (chance_.permille(200)) change_alert(config);
  if (chance_.permille(100)) config.max_concurrent = chance_.between(1, 20);
  if (chance_.permille(500)) shuffle(config);
  return std::make_shared<const Config>(std::move(config));
}

// What is gone has no status any more; an alert that a monitor tells no more hears of no end, and one
// that it tells from now on may hear of a problem by a reminder.
void PolicyWorld::follow(const Config& before, const Config& after) {
  for (const Monitor& monitor : after.monitors) {
    if (!aloud_) break;
    say(fmt::format("  {}: every {}, down {}; up {}", monitor.name,
                    format_duration(monitor.interval),
                    fmt::join(names(after, monitor.alert_down), " "),
                    fmt::join(names(after, monitor.alert_up), " ")));
  }
  const auto find = [](const Config& config, MonitorIndex number) {
    return std::find_if(config.monitors.begin(), config.monitors.end(),
                        [&](const Monitor& monitor) { return number_of(monitor.name) == number; });
  };
  for (const Monitor& monitor : before.monitors) {
    const MonitorIndex number = number_of(monitor.name);
    const auto now = find(after, number);
    if (now != after.monitors.end()) {
      if (names(before, monitor.alert_down) != names(after, now->alert_down))
        realerted_.insert(number);
      // Its steps come when what is configured now allows it.
      if (const auto open = open_incident_.find(number); open != open_incident_.end())
        climbs_[open->second].changed = true;
      continue;
    }
    if (status_[number] == Status::down) to_close_.insert(number);
    status_.erase(number);
    open_incident_.erase(number);
    laid_.erase(number);
    was_paused_.erase(number);
    unseen_.erase(number);
    std::erase_if(unjudged_, [&](const auto& one) { return one.second.monitor == number; });
  }
  notices_.reloaded(before, after, now_);
  made_again_.clear();
  // Who stands for whom is another matter from now on.
  const auto places = [](const Config& config) {
    std::map<MonitorIndex, std::pair<bool, std::string>> result;
    for (const Monitor& one : config.monitors)
      result[number_of(one.name)] = {one.canary, one.scope};
    return result;
  };
  if (places(before) != places(after)) {
    unseen_.clear();
    clear_since_ = now_;
  }
  for (auto& one : told_) {
    const std::string& alert = one.first.second;
    Told& told = one.second;
    const auto now = find(after, told.monitor);
    // Who was told of it is told that it is gone, unless that is gone as well.
    if (now == after.monitors.end()) {
      told.left =
          told.left || std::none_of(after.alerts.begin(), after.alerts.end(),
                                    [&](const Alert& other) { return other.name == alert; });
      continue;
    }
    const auto among = [&](const std::vector<AlertId>& ids) {
      return std::any_of(ids.begin(), ids.end(),
                         [&](AlertId id) { return after.alerts[id.value].name == alert; });
    };
    told.left =
        told.left || (!among(now->alert_up) &&
                      std::none_of(now->escalate.begin(), now->escalate.end(),
                                   [&](const EscalationStep& step) { return among(step.alerts); }));
  }
}

// Back again, now and then with another configuration.
void PolicyWorld::come_back() {
  // Whose ladder has changed, and whose repair goes on by itself, is not known.
  const bool repairs = std::any_of(children_.begin(), children_.end(), [](const auto& child) {
    return child.second.purpose == RunPurpose::repair;
  });
  if (!repairs && chance_.permille(500)) {
    const auto before = std::exchange(config_, another_config());
    follow(*before, *config_);
  }
  restart();
  ++counts_.restarts;
}

void PolicyWorld::reload() {
  ++counts_.reloads;
  counts_.doubts_reloaded += unjudged_.size();
  const auto before = std::exchange(config_, another_config());
  follow(*before, *config_);
  for (auto& running : children_) {
    Child& child = running.second;
    const Monitor* const one = monitor(child.monitor);
    const auto was =
        std::find_if(before->monitors.begin(), before->monitors.end(),
                     [&](const Monitor& old) { return number_of(old.name) == child.monitor; });
    child.left =
        child.left ||
        (child.purpose == RunPurpose::repair &&
         (one == nullptr || was == before->monitors.end() || one->repairs != was->repairs));
    if (child.purpose == RunPurpose::alert) {
      child.told.gone =
          child.told.gone ||
          std::none_of(config_->alerts.begin(), config_->alerts.end(),
                       [&](const Alert& alert) { return alert.name == child.told.alert; });
    }
  }
  if (aloud_) say("reload");
  tell(Reload{config_});
}

}  // namespace minitor::simulation
