#include "minitor/config/resolve_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "minitor/config/cursor.hpp"
#include "minitor/core/wall_clock.hpp"

namespace minitor::config {
namespace {

class PolicyResolver {
 public:
  PolicyResolver(const TopDraft& draft, const ConfigWorld& world, Findings& findings,
                 Config& config)
      : draft_(draft), world_(world), findings_(findings), config_(config) {}

  void resolve() {
    machine_ = world_.find_zone ? world_.find_zone("").value_or(TimeZone{}) : TimeZone{};
    home_ = zone(draft_.zone, machine_);
    for (const WindowDraft& window : draft_.windows) make_window(window);
    for (const auto& [name, id] : windows_) window_names_.push_back(name);
    std::sort(window_names_.begin(), window_names_.end());
    for (std::uint32_t i = 0; i < draft_.monitors.size(); ++i) {
      monitors_.emplace(draft_.monitors[i].name, i);
      monitor_names_.push_back(draft_.monitors[i].name);
    }
    std::sort(monitor_names_.begin(), monitor_names_.end());
    if (draft_.maintenance) maintenance_ = windows(*draft_.maintenance);
    for (std::size_t i = 0; i < draft_.monitors.size(); ++i)
      fill_in(draft_.monitors[i], config_.monitors[i]);
    refuse_circle();
  }

 private:
  TimeZone zone(const std::optional<TextDraft>& draft, const TimeZone& fallback) {
    if (!draft) return fallback;
    if (draft->text == "UTC") return TimeZone{};
    auto found =
        !draft->text.empty() && world_.find_zone ? world_.find_zone(draft->text) : std::nullopt;
    if (found) return *std::move(found);
    findings_.error(draft->place,
                    fmt::format("no time zone is named {} on this machine; write a name such as "
                                "Europe/Berlin, or UTC",
                                findings_.quoted(draft->text)));
    return fallback;
  }

  void make_window(const WindowDraft& draft) {
    const auto [known, fresh] =
        windows_.emplace(draft.name, WindowId{static_cast<std::uint32_t>(config_.windows.size())});
    if (!fresh)
      findings_.error(
          draft.name_place,
          fmt::format("a second window named {}; the other is at {}", findings_.quoted(draft.name),
                      describe(draft_.windows[known->second.value].name_place)));
    Window window;
    window.name = draft.name;
    window.description = draft.description;
    window.zone = zone(draft.zone, home_);
    const bool once = draft.from || draft.until;
    if (draft.scheduled && once) {
      findings_.error(draft.from ? draft.from->place : draft.until->place,
                      "from and to beside schedule; a window opens once or by a schedule");
    } else if (once) {
      window.when = opening(draft, window.zone);
    } else if (!draft.scheduled) {
      findings_.error(draft.name_place,
                      "has no times; add schedule: \"0 3 * * *\" and for: 1h, or from: and to:");
    } else {
      recurring(draft, window);
    }
    config_.windows.push_back(std::move(window));
  }

  void recurring(const WindowDraft& draft, Window& window) {
    if (!draft.length_place) {
      findings_.error(draft.name_place, "does not say how long it is open; add for: 1h");
    } else if (draft.length && *draft.length > kLongestWindow) {
      findings_.error(*draft.length_place, "a window is open for 31d at most");
    } else if (draft.schedule && draft.length) {
      window.when = Window::Recurring{draft.schedule->cron, *draft.length};
    }
  }

  Window::Once opening(const WindowDraft& draft, const TimeZone& zone) {
    if (draft.length_place)
      findings_.error(*draft.length_place,
                      "for belongs to schedule; a window that opens once has to:");
    const auto from = instant(draft.from, draft, "from", zone);
    const auto until = instant(draft.until, draft, "to", zone);
    if (!from || !until) return {};
    if (*until <= *from)
      findings_.error(draft.until->place, "to is not after from");
    else if (*until - *from > kLongestWindow)
      findings_.error(draft.until->place, "a window is open for 31d at most");
    return {*from, *until};
  }

  std::optional<Timestamp> instant(const std::optional<TextDraft>& text, const WindowDraft& draft,
                                   std::string_view key, const TimeZone& zone) {
    if (!text) {
      findings_.error(draft.name_place, fmt::format("has no {0}; add {0}: 2026-12-01 22:00", key));
      return std::nullopt;
    }
    const auto shown = parse_wall_time(text->text);
    if (!shown) {
      findings_.error(text->place,
                      fmt::format("{} is no date and time of day; write 2026-12-01 22:00",
                                  findings_.quoted(text->text)));
      return std::nullopt;
    }
    return instants(*shown, zone).first;
  }

  std::vector<WindowId> windows(const References& references) {
    std::vector<WindowId> ids;
    for (const Reference& reference : references.names) {
      const auto known = windows_.find(reference.name);
      if (known != windows_.end()) {
        if (std::find(ids.begin(), ids.end(), known->second) == ids.end())
          ids.push_back(known->second);
        continue;
      }
      std::string hint = did_you_mean(reference.name, window_names_);
      if (hint.empty()) hint = "; define it under windows:";
      findings_.error(reference.place, fmt::format("no window is named {}{}",
                                                   findings_.quoted(reference.name), hint));
    }
    return ids;
  }

  std::vector<MonitorIndex> parents(const References& references) {
    std::vector<MonitorIndex> nodes;
    for (const Reference& reference : references.names) {
      const auto known = monitors_.find(reference.name);
      if (known != monitors_.end()) {
        if (std::find(nodes.begin(), nodes.end(), known->second) == nodes.end())
          nodes.push_back(known->second);
        continue;
      }
      findings_.error(reference.place,
                      fmt::format("no monitor is named {}{}", findings_.quoted(reference.name),
                                  did_you_mean(reference.name, monitor_names_)));
    }
    return nodes;
  }

  void fill_in(const MonitorDraft& draft, Monitor& monitor) {
    if (draft.zone && !draft.schedule)
      findings_.note(draft.zone->place, "time_zone without schedule",
                     "time_zone is used with schedule only");
    const TimeZone own = zone(draft.zone, home_);
    if (draft.schedule) {
      if (draft.interval)
        findings_.error(draft.schedule->place, "schedule beside check_interval; keep one of them");
      monitor.schedule = Schedule{draft.schedule->cron, own};
    }
    monitor.maintenance = draft.maintenance ? windows(*draft.maintenance) : maintenance_;
    if (draft.only_in) monitor.only_in = windows(*draft.only_in);
    if (!draft.parents) return;
    if (draft.parents->all) {
      for (const MonitorIndex parent : parents(*draft.parents->all))
        monitor.needs.push_back({{parent}});
    }
    if (draft.parents->any) {
      AnyOf any{parents(*draft.parents->any)};
      if (!any.parents.empty()) monitor.needs.push_back(std::move(any));
    }
  }

  void refuse_circle() {
    std::vector<Needs> needs;
    needs.reserve(config_.monitors.size());
    for (const Monitor& monitor : config_.monitors) needs.push_back(monitor.needs);
    const auto circle = find_circle(needs);
    if (!circle) return;
    std::string way;
    for (const MonitorIndex node : *circle) {
      const std::string name = findings_.quoted(config_.monitors[node].name);
      way += fmt::format("{}{}", way.empty() ? "" : " → ", name.substr(1, name.size() - 2));
    }
    findings_.error(
        draft_.monitors[circle->front()].parents->place,
        fmt::format("monitors depend on each other in a circle: {}; take one out", way));
  }

  const TopDraft& draft_;
  const ConfigWorld& world_;
  Findings& findings_;
  Config& config_;
  TimeZone machine_;
  TimeZone home_;
  std::unordered_map<std::string, WindowId> windows_;
  std::vector<std::string_view> window_names_;  // sorted
  std::unordered_map<std::string, MonitorIndex> monitors_;
  std::vector<std::string_view> monitor_names_;  // sorted
  std::vector<WindowId> maintenance_;
};

}  // namespace

void note_scopes(const TopDraft& draft, const Config& config, Findings& findings) {
  const std::vector<NetworkScope> scopes = scopes_of(config);
  std::vector<std::string_view> names;
  names.reserve(scopes.size());
  for (const NetworkScope& scope : scopes) names.push_back(scope.name);
  for (std::size_t i = 0; i < draft.monitors.size(); ++i) {
    const MonitorDraft& one = draft.monitors[i];
    const Monitor& monitor = config.monitors[i];
    const bool known = std::find(names.begin(), names.end(), monitor.scope) != names.end();
    if (one.scope && !known && monitor.scope != kLocalScope)
      findings.note(one.scope->place, "scope without canary " + monitor.scope,
                    fmt::format("no canary has the scope {}{}", findings.quoted(monitor.scope),
                                did_you_mean(monitor.scope, names)));
    if (!monitor.canary) continue;
    if (monitor.scope == kLocalScope)
      findings.note(one.canary_place, "local canary",
                    "a canary of the scope local stands for nothing; give it another scope");
    if (!monitor.needs.empty())
      findings.note(one.parents->place, "canary with parents",
                    "a canary that depends on others says less of minitor's own sight; let it look "
                    "at something that needs nothing of what is watched here");
    if (monitor.only_when || !monitor.repairs.empty())
      findings.note(one.canary_place, "canary that is repaired",
                    "a canary with recover or only_when: what it stands for is not here");
  }
  for (const NetworkScope& scope : scopes) {
    if (scope.covered.empty() && scope.name != kLocalScope)
      findings.note(
          draft.monitors[scope.canaries.front()].canary_place, "canary of nothing",
          scope.name.empty()
              ? std::string{"a canary, and every other monitor names a scope: it stands for none"}
              : fmt::format("no other monitor has the scope {}", findings.quoted(scope.name)));
  }
}

void resolve_policy(const TopDraft& draft, const ConfigWorld& world, Findings& findings,
                    Config& config) {
  PolicyResolver(draft, world, findings, config).resolve();
}

}  // namespace minitor::config
