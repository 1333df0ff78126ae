#include "minitor/config/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "minitor/config/cursor.hpp"
#include "minitor/config/escalation_values.hpp"
#include "minitor/config/resolve_heartbeat.hpp"
#include "minitor/config/resolve_policy.hpp"

namespace minitor::config {
namespace {

constexpr std::string_view kLog = "log";

Environment joined(const Environment& base, Environment own) {
  Environment all;
  for (const auto& variable : base)
    if (std::none_of(own.begin(), own.end(),
                     [&](const auto& mine) { return mine.first == variable.first; }))
      all.push_back(variable);
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return all;
}

template <typename Program>
void check_command(const CommandDraft<Program>& command, const Place& place, Findings& findings) {
  if (command.list_or_text && command.shell)
    findings.error(*command.shell,
                   fmt::format("shell_command beside command ({}); keep one of them",
                               describe(*command.list_or_text)));
  if (!command.list_or_text && !command.shell)
    findings.error(place,
                   "has no command; add command: [PROGRAM, ARGUMENT…] or shell_command: TEXT");
}

class Resolver {
 public:
  Resolver(TopDraft draft, const ConfigWorld& world, Findings& findings)
      : draft_(std::move(draft)), world_(world), findings_(findings) {}

  Config resolve() {
    name_alerts();
    default_down_ = listed(draft_.alert_down);
    default_up_ = listed(draft_.alert_up);
    make_alerts();
    check_fallbacks();
    if (draft_.escalate) default_ladder_ = ladder(*draft_.escalate);
    if (!draft_.monitors_given)
      findings_.error(draft_.place, "no monitors; add monitors: with at least one");
    config_.monitors.reserve(draft_.monitors.size());
    for (MonitorDraft& monitor : draft_.monitors) make_monitor(monitor);
    check_former_names();
    config_.history = std::move(draft_.history);
    config_.control = std::move(draft_.control);
    resolve_policy(draft_, world_, findings_, config_);
    resolve_observer(default_down_.value_or(AlertIds{alert_ids_.at(std::string(kLog))}));
    resolve_web();
    check_heartbeats(config_, draft_.monitors, findings_);
    config_.max_concurrent = draft_.max_concurrent.value_or(kDefaultMaxConcurrent);
    return std::move(config_);
  }

 private:
  using AlertIds = std::vector<AlertId>;

  void name_alerts() {
    for (const AlertDraft& alert : draft_.alerts) {
      const AlertId id{static_cast<std::uint32_t>(alert_ids_.size())};
      const auto [known, fresh] = alert_ids_.emplace(alert.name, id);
      if (!fresh)
        findings_.error(
            alert.name_place,
            fmt::format("a second alert named {}; the other is at {}", findings_.quoted(alert.name),
                        describe(draft_.alerts[known->second.value].name_place)));
    }
    alert_ids_.emplace(std::string(kLog),
                       AlertId{static_cast<std::uint32_t>(draft_.alerts.size())});
    for (const auto& [name, id] : alert_ids_) alert_names_.push_back(name);
    std::sort(alert_names_.begin(), alert_names_.end());
  }

  // The alerts that a list names; those that do not exist are errors, those named twice count once.
  AlertIds look_up(const References& references) {
    AlertIds ids;
    for (const Reference& reference : references.names) {
      const auto known = alert_ids_.find(reference.name);
      if (known == alert_ids_.end())
        findings_.error(reference.place,
                        fmt::format("no alert is named {}{}", findings_.quoted(reference.name),
                                    advice_for(reference.name)));
      else if (std::find(ids.begin(), ids.end(), known->second) != ids.end())
        findings_.note(reference.place, "named twice",
                       fmt::format("{} is named twice here and is told once",
                                   findings_.quoted(reference.name)));
      else
        ids.push_back(known->second);
    }
    return ids;
  }

  std::string advice_for(std::string_view name) const {
    if (std::string hint = did_you_mean(name, alert_names_); !hint.empty()) return hint;
    return fmt::format("; define it under alerts:, or name one of those there are: {}",
                       some_names());
  }

  std::string some_names() const {
    constexpr std::size_t most = 8;
    std::string names;
    for (std::size_t i = 0; i < std::min(most, alert_names_.size()); ++i)
      names += fmt::format("{}{}", i == 0 ? "" : ", ", one_name(alert_names_[i]));
    return alert_names_.size() > most ? names + " …" : names;
  }

  [[nodiscard]] std::string one_name(std::string_view name) const {
    const std::string in_quotes = findings_.quoted(name);
    return in_quotes.substr(1, in_quotes.size() - 2);
  }

  // None for a list that is absent or empty: both Minitors go on to the default then.
  std::optional<AlertIds> listed(const std::optional<References>& references) {
    if (!references || references->names.empty()) return std::nullopt;
    return look_up(*references);
  }

  void make_alerts() {
    for (AlertDraft& draft : draft_.alerts) {
      check_command(draft.command, draft.name_place, findings_);
      Alert alert;
      alert.name = draft.name;
      alert.description = std::move(draft.description);
      if (draft.command.program)
        std::visit([&](auto& program) { alert.message = std::move(program); },
                   *draft.command.program);
      alert.environment = joined(draft_.environment, std::move(draft.environment));
      alert.directory = std::move(draft.directory);
      alert.timeout = draft.timeout.value_or(kDefaultAlertTimeout);
      alert.attempts = draft.attempts.value_or(kDefaultAttempts);
      alert.retry_after = draft.retry_after.value_or(kDefaultRetryAfter);
      alert.storm = draft.storm;
      if (draft.fallback) alert.fallback = look_up(*draft.fallback);
      config_.alerts.push_back(std::move(alert));
      config_.alerts.back().tells_recovery =
          tells_recovery(AlertId{static_cast<std::uint32_t>(config_.alerts.size() - 1)});
    }
    if (alert_ids_.at(std::string(kLog)).value < config_.alerts.size()) return;
    Alert log;
    log.name = kLog;
    log.timeout = kDefaultAlertTimeout;
    config_.alerts.push_back(std::move(log));
  }

  // Walks the fallbacks from each alert; each is left for good once all below it are known.
  void check_fallbacks() {
    enum class Mark : std::uint8_t { fresh, open, done };
    std::vector<Mark> marks(config_.alerts.size(), Mark::fresh);
    for (std::uint32_t start = 0; start < config_.alerts.size(); ++start) {
      if (marks[start] != Mark::fresh) continue;
      std::vector<std::pair<std::uint32_t, std::size_t>> way{{start, 0}};
      marks[start] = Mark::open;
      while (!way.empty()) {
        auto& [alert, next] = way.back();
        if (next == config_.alerts[alert].fallback.size()) {
          marks[alert] = Mark::done;
          way.pop_back();
          continue;
        }
        const std::uint32_t to = config_.alerts[alert].fallback[next++].value;
        if (marks[to] == Mark::open) refuse_circle(way, to);
        if (marks[to] != Mark::fresh) continue;
        marks[to] = Mark::open;
        way.emplace_back(to, 0);
      }
    }
  }

  void refuse_circle(const std::vector<std::pair<std::uint32_t, std::size_t>>& way,
                     std::uint32_t to) {
    std::string circle;
    bool inside = false;
    for (const auto& [alert, next] : way) {
      inside = inside || alert == to;
      if (inside) circle += one_name(config_.alerts[alert].name) + " → ";
    }
    const AlertDraft& last = draft_.alerts[way.back().first];
    findings_.error(last.fallback ? last.fallback->place : last.place,
                    fmt::format("fallbacks go in a circle: {}{}; take one of them out", circle,
                                one_name(config_.alerts[to].name)));
  }

  void resolve_observer(AlertIds fallback) {
    ObserverSettings& observer = config_.observer;
    observer.alerts = draft_.blind_alerts ? look_up(*draft_.blind_alerts) : std::move(fallback);
    observer.blind_when = draft_.blind_when;
    observer.late_after = draft_.late_after.value_or(kDefaultLateAfter);
    if (draft_.blind_alerts && draft_.blind_alerts->names.empty())
      findings_.note(draft_.blind_alerts->place, "nobody told of blindness",
                     "an empty list: nobody is told when minitor itself is blind");
    note_scopes(draft_, config_, findings_);
  }

  void resolve_web() {
    if (!draft_.web) return;
    const WebSettings& web = draft_.web->settings;
    if (!web.open_to_read && web.token.empty() && !findings_.failed())
      findings_.error(*draft_.web->public_place,
                      "false without a token: nobody could read; add token: \"${file:PATH}\"");
    config_.web = web;
  }

  void name_monitor(const MonitorDraft& draft) {
    if (!draft.named) findings_.error(draft.place, "has no name; add name: TEXT");
    if (draft.name.empty()) return;
    const auto [known, fresh] = monitor_names_.emplace(draft.name, &draft);
    if (!fresh)
      findings_.error(draft.name_place, fmt::format("a second monitor named {}; the other is at {}",
                                                    findings_.quoted(draft.name),
                                                    describe(known->second->name_place)));
  }

  // Who had which name must be clear.
  void check_former_names() {
    std::unordered_map<std::string, const MonitorDraft*> former;
    for (const MonitorDraft& draft : draft_.monitors) {
      if (!draft.was) continue;
      const std::string& name = draft.was->name;
      if (monitor_names_.contains(name))
        findings_.error(
            draft.was->place,
            fmt::format("there is still a monitor named {}; was: names one that is gone",
                        findings_.quoted(name)));
      const auto [known, fresh] = former.emplace(name, &draft);
      if (!fresh)
        findings_.error(draft.was->place,
                        fmt::format("a second monitor that was {}; the other is at {}",
                                    findings_.quoted(name), describe(known->second->was->place)));
    }
  }

  void make_monitor(MonitorDraft& draft) {
    name_monitor(draft);
    check_kind(draft, findings_);
    if (!draft.heartbeat) check_command(draft.command, draft.place, findings_);
    Monitor monitor;
    monitor.name = draft.name;
    if (draft.was) monitor.was = draft.was->name;
    monitor.description = std::move(draft.description);
    monitor.group = std::move(draft.group);
    monitor.labels = std::move(draft.labels);
    if (draft.command.program) monitor.command.program = std::move(*draft.command.program);
    monitor.command.environment = joined(draft_.environment, std::move(draft.environment));
    monitor.command.directory = std::move(draft.directory);
    monitor.command.output_bytes = draft.output_bytes.value_or(kDefaultOutputBytes);
    monitor.exit_codes = draft.exit_codes.value_or(ExitCodes::plain);
    // So that a plugin writes its figures with a point, whatever the locale; its own env comes first.
    if (monitor.exit_codes == ExitCodes::nagios)
      monitor.command.environment =
          joined({{"LC_NUMERIC", "C"}}, std::move(monitor.command.environment));
    const Duration global = draft_.interval.value_or(kDefaultInterval);
    monitor.interval = draft.interval.value_or(global);
    monitor.command.timeout =
        draft.timeout ? *draft.timeout
                      : draft_.timeout.value_or(std::clamp(
                            monitor.interval, kShortestDefaultTimeout, kLongestDefaultTimeout));
    if (draft.heartbeat) make_heartbeat(draft, monitor);
    if (draft.interval && *draft.interval < global && !draft.heartbeat)
      findings_.note(
          draft.interval_place, "faster than global",
          fmt::format(
              "shorter than the check_interval at the top ({}), and is kept as it is here; Minitor "
              "would check no oftener than that",
              format_duration(global)));
    make_repairs(draft, monitor);
    make_gate(draft, monitor);
    monitor.shown = draft.shown;
    resolve_rules(draft, monitor.rules);
    resolve_alerts(draft, monitor);
    config_.monitors.push_back(std::move(monitor));
  }

  void make_repairs(MonitorDraft& draft, Monitor& monitor) {
    for (RepairDraft& repair : draft.repairs) {
      check_command(repair.command, repair.place, findings_);
      Command command;
      if (repair.command.program) command.program = std::move(*repair.command.program);
      command.environment = joined(draft_.environment, std::move(repair.environment));
      command.directory = std::move(repair.directory);
      command.timeout = repair.timeout.value_or(kDefaultRepairTimeout);
      command.leftovers = Leftovers::leave;
      monitor.repairs.push_back({std::move(command), std::move(repair.limits)});
    }
  }

  // The command of only_when runs as the check does.
  static void make_gate(MonitorDraft& draft, Monitor& monitor) {
    if (!draft.only_when.program) return;
    monitor.only_when = monitor.command;
    monitor.only_when->program = std::move(*draft.only_when.program);
  }

  void resolve_rules(const MonitorDraft& draft, AlertRules& rules) const {
    const bool python = draft_.dialect == Dialect::python;
    const AlertAfter fallback = AfterFailures{python ? kPythonAlertAfter : 1};
    rules.after = draft.after ? *draft.after : draft_.after.value_or(fallback);
    rules.every = draft.every ? *draft.every : draft_.every.value_or(EveryBackoff{});
    if (auto* never = std::get_if<EveryNever>(&rules.every)) never->late = python;
    rules.recover_after = draft.recover_after.value_or(AfterFailures{});
    rules.warnings = draft.warnings.value_or(false);
  }

  void resolve_alerts(const MonitorDraft& draft, Monitor& monitor) {
    const auto down = listed(draft.alert_down);
    const auto both = listed(draft.alerts);
    const auto up = listed(draft.alert_up);
    const bool by_default = !down && !both;
    if (draft.alert_recovered) monitor.alert_recovered = look_up(*draft.alert_recovered);
    monitor.flapping = draft.flapping.value_or(false);
    monitor.escalate = draft.escalate ? ladder(*draft.escalate) : default_ladder_;
    monitor.canary = draft.canary.value_or(false);
    if (draft.scope) monitor.scope = draft.scope->text;
    // Of a canary, blindness is told.
    if (monitor.canary && by_default) return;
    if (down && both)
      findings_.note(draft.alerts->place, "alerts beside alert_down",
                     "alerts is not used where alert_down is given, as in Minitor");
    if (down || both) {
      monitor.alert_down = down ? *down : *both;
    } else if (default_down_) {
      monitor.alert_down = *default_down_;
    } else if (!draft.alert_down && !draft.alerts) {
      monitor.alert_down = {alert_ids_.at(std::string(kLog))};
    } else {
      findings_.note((draft.alert_down ? draft.alert_down : draft.alerts)->place, "no alert",
                     "an empty list: nobody is told of problems");
    }
    if (up) {
      monitor.alert_up = *up;
    } else if (default_up_) {
      if (draft.alert_up)
        findings_.note(
            draft.alert_up->place, "empty alert_up",
            "an empty list counts as not given, so that default_alert_up is used, as in Minitor");
      monitor.alert_up = *default_up_;
    } else if (!draft.alert_up && ((!down && both) || (by_default && !default_down_))) {
      monitor.alert_up =
          tellers(monitor.alert_down, draft.alerts ? draft.alerts->place : draft.place);
    }
  }

  std::vector<EscalationStep> ladder(const std::vector<EscalationDraft>& drafts) {
    return resolve_ladder(drafts, findings_, [this](const References& references) {
      AlertIds ids = look_up(references);
      (void)tellers(ids, references.place);
      return ids;
    });
  }

  // Those of `alerts` that can tell a recovery from a problem.
  AlertIds tellers(const AlertIds& alerts, const Place& place) {
    AlertIds able;
    for (const AlertId id : alerts) {
      if (tells_recovery(id)) {
        able.push_back(id);
        continue;
      }
      const AlertDraft& alert = draft_.alerts[id.value];
      if (alert.recovery) continue;  // recovery: false is a choice
      findings_.note(place, "tells no recovery " + alert.name,
                     fmt::format("{} is not told of recoveries: its message would read the same; "
                                 "use {{alert_message}} "
                                 "or {{{{if .IsUp}}}} in it, or set recovery: true",
                                 findings_.quoted(alert.name)));
    }
    return able;
  }

  bool tells_recovery(AlertId id) const {
    if (id.value < draft_.alerts.size() && draft_.alerts[id.value].recovery)
      return *draft_.alerts[id.value].recovery;
    struct Ask {
      bool operator()(const LogLine&) const { return true; }
      bool operator()(const ArgvTemplate& message) const { return message.tells_recovery(); }
      bool operator()(const ShellTemplate& message) const { return message.tells_recovery(); }
    };
    return std::visit(Ask{}, config_.alerts[id.value].message);
  }

  TopDraft draft_;
  const ConfigWorld& world_;
  Findings& findings_;
  Config config_;
  std::unordered_map<std::string, AlertId> alert_ids_;
  std::vector<std::string_view> alert_names_;  // sorted
  std::unordered_map<std::string, const MonitorDraft*> monitor_names_;
  std::optional<AlertIds> default_down_;
  std::optional<AlertIds> default_up_;
  std::vector<EscalationStep> default_ladder_;
};

}  // namespace

Config resolve(TopDraft draft, const ConfigWorld& world, Findings& findings) {
  return Resolver(std::move(draft), world, findings).resolve();
}

}  // namespace minitor::config
