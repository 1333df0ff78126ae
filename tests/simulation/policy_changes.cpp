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
  switch (chance_.between(0, 9)) {
    case 0: monitor.interval = other.interval; break;
    case 1: std::swap(monitor.schedule, other.schedule); break;
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
      monitor.was = monitor.name;
      monitor.name = fmt::format("m{}v{}", number_of(monitor.name), ++version_);
      ++counts_.renamed;
      break;
  }
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
  }
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
  if (chance_.permille(100)) config.max_concurrent = chance_.between(1, 20);
  if (chance_.permille(500)) shuffle(config);
  return std::make_shared<const Config>(std::move(config));
}

// What is gone has no status any more; an alert that a monitor tells no more hears of no end, and one
// that it tells from now on may hear of a problem by a reminder.
void PolicyWorld::follow(const Config& before, const Config& after) {
  const auto find = [](const Config& config, MonitorIndex number) {
    return std::find_if(config.monitors.begin(), config.monitors.end(),
                        [&](const Monitor& monitor) { return number_of(monitor.name) == number; });
  };
  for (const Monitor& monitor : before.monitors) {
    const MonitorIndex number = number_of(monitor.name);
    const auto now = find(after, number);
    if (now != after.monitors.end()) {
      if (monitor.alert_down != now->alert_down) joined_.insert(number);
      continue;
    }
    if (status_[number] == Status::down) to_close_.insert(number);
    status_.erase(number);
  }
  for (auto& one : told_) {
    const std::string& alert = one.first.second;
    Told& told = one.second;
    const auto now = find(after, told.monitor);
    if (now == after.monitors.end()) continue;  // who was told before is told that it is gone
    told.left =
        told.left || std::none_of(now->alert_up.begin(), now->alert_up.end(),
                                  [&](AlertId id) { return after.alerts[id.value].name == alert; });
  }
}

void PolicyWorld::reload() {
  ++counts_.reloads;
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
  }
  tell(Reload{config_});
}

}  // namespace minitor::simulation
