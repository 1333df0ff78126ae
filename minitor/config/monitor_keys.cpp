// The keys of a monitor.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "minitor/config/calendar_values.hpp"
#include "minitor/config/commands.hpp"
#include "minitor/config/escalation_values.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

void read_monitor_name(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.named = true;
  draft.name_place = value.place();
  if (auto name = read_name(reading, value)) draft.name = std::move(*name);
}

void read_was(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  if (auto name = read_name(reading, value)) draft.was = Reference{std::move(*name), value.place()};
}

void read_output_bytes(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  if (const auto bytes = read_count(reading, value, 1, static_cast<int>(kMostOutputBytes)))
    draft.output_bytes = static_cast<std::size_t>(*bytes);
}

void read_alert_on(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  const auto names = read_names(reading, value);
  if (!names) return;
  bool failure = false;
  draft.warnings = false;
  for (const Reference& name : names->names) {
    failure = failure || name.name == "failure";
    if (name.name == "warning") draft.warnings = true;
    if (name.name != "failure" && name.name != "warning")
      reading.findings.error(
          name.place,
          fmt::format("{} is neither failure nor warning{}", reading.findings.quoted(name.name),
                      did_you_mean(name.name, {"failure", "warning"})));
  }
  if (!failure)
    reading.findings.error(value.place(), "failure is missing; write [failure, warning]");
}

void read_repairs(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.only_checks.emplace_back("recover", value.place());
  if (!value.is_sequence()) {
    draft.repairs.emplace_back();
    return read_repair(reading, value, draft.repairs.back());
  }
  draft.repairs.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    draft.repairs.emplace_back();
    read_repair(reading, value.item(i), draft.repairs.back());
  }
}

void read_parents(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.parents = ParentsDraft{value.place(), std::nullopt, std::nullopt};
  if (!value.is_map()) {
    draft.parents->all = read_names(reading, value);
    return;
  }
  for (const MapEntry& entry : entries(value, reading.findings)) {
    const Cursor child = value.at_key(entry.name, entry.value);
    if (entry.name == "all")
      draft.parents->all = read_names(reading, child);
    else if (entry.name == "any")
      draft.parents->any = read_names(reading, child);
    else
      reading.findings.error(value.place_of(entry.key),
                             fmt::format("unknown key {}; known here are all and any",
                                         reading.findings.quoted(entry.name)));
  }
}

void read_kind(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  const auto name = read_text(reading, value);
  if (!name) return;
  draft.heartbeat = *name == "heartbeat";
  if (*name != "heartbeat" && *name != "check")
    reading.findings.error(value.place(), fmt::format("{} is neither check nor heartbeat{}",
                                                      reading.findings.quoted(*name),
                                                      did_you_mean(*name, {"check", "heartbeat"})));
}

void read_period(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.only_heartbeats.emplace_back("period", value.place());
  draft.period = read_duration(reading, value);
}

void read_grace(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.only_heartbeats.emplace_back("grace", value.place());
  draft.grace = read_span(reading, value);
}

void read_token(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.only_heartbeats.emplace_back("token", value.place());
  const auto token = read_secret_token(reading, value);
  if (!token) return;
  draft.token = *token;
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  if (!std::all_of(token->begin(), token->end(), plain))
    reading.findings.error(
        value.place(),
        "stands in an address: write letters, digits, - and _ only, such as what "
        "openssl rand -hex 16 prints");
}

void read_exit_codes(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  const auto name = read_text(reading, value);
  if (!name) return;
  if (*name == "nagios")
    draft.exit_codes = ExitCodes::nagios;
  else if (*name == "plain")
    draft.exit_codes = ExitCodes::plain;
  else
    reading.findings.error(value.place(), fmt::format("{} is neither plain nor nagios{}",
                                                      reading.findings.quoted(*name),
                                                      did_you_mean(*name, {"plain", "nagios"})));
}

void read_shown(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  const auto names = read_names(reading, value);
  if (!names) return;
  for (const Reference& one : names->names) {
    if (one.name == "output")
      draft.shown.output = true;
    else if (one.name == "command")
      draft.shown.command = true;
    else
      reading.findings.error(one.place, fmt::format("{} is neither output nor command{}",
                                                    reading.findings.quoted(one.name),
                                                    did_you_mean(one.name, {"output", "command"})));
  }
}

constexpr std::array kMonitorKeys{
    Key<MonitorDraft>{{"name", ValueKind::name, "What the monitor is called, once in all files.",
                       "required", "web"},
                      read_monitor_name},
    Key<MonitorDraft>{{"was", ValueKind::name,
                       "The name that the monitor had before: it goes on as that one, with its "
                       "history.",
                       "none", "blog"},
                      read_was},
    Key<MonitorDraft>{
        {"kind", ValueKind::monitor_kind,
         "check: a command is run. heartbeat: something else says that it lives, by asking for an "
         "address of the page, and has failed when it does not.",
         "check", "heartbeat"},
        read_kind},
    Key<MonitorDraft>{
        {"period", ValueKind::duration, "Of a heartbeat: how long after one the next is expected.",
         "required for a heartbeat", "24h"},
        read_period},
    Key<MonitorDraft>{{"grace", ValueKind::span,
                       "Of a heartbeat: how much later than expected it may come.", "5m", "1h"},
                      read_grace},
    Key<MonitorDraft>{
        {"token", ValueKind::text,
         "Of a heartbeat: the secret in its address, at least 16 letters and digits.",
         "derived from a secret beside the history", "\"${file:/run/secrets/backup-token}\""},
        read_token},
    Key<MonitorDraft>{
        {"command", ValueKind::command,
         "The check: exit 0 is up, anything else is a failure. A list is a program and its "
         "arguments, text "
         "is for /bin/sh -c.",
         "required, this or shell_command, but of a heartbeat",
         "[curl, -sf, -o, /dev/null, \"https://example.org\"]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.only_checks.emplace_back("command", v.place());
          read_command(r, v, d.command);
        }},
    Key<MonitorDraft>{
        {"shell_command", ValueKind::shell, "The check as text for /bin/sh -c, instead of command.",
         "none", "curl -sf https://example.org | grep -q Welcome"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.only_checks.emplace_back("shell_command", v.place());
          read_shell_command(r, v, d.command);
        }},
    Key<MonitorDraft>{
        {"check_interval", ValueKind::duration, "Time between two checks, from start to start.",
         "the check_interval at the top", "1m"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.interval_place = v.place();
          d.only_checks.emplace_back("check_interval", v.place());
          d.interval = read_duration(r, v);
        }},
    Key<MonitorDraft>{
        {"schedule", ValueKind::cron,
         "When to check, instead of check_interval: five fields as in crontab, or @hourly, @daily "
         "…",
         "none", "\"*/15 8-18 * * mon-fri\""},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.only_checks.emplace_back("schedule", v.place());
          d.schedule = read_cron(r, v);
        }},
    Key<MonitorDraft>{
        {"time_zone", ValueKind::zone, "The zone in which schedule is meant.",
         "the time_zone at the top", "Europe/Berlin"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.zone = read_placed_text(r, v); }},
    Key<MonitorDraft>{
        {"timeout", ValueKind::duration,
         "Longest run of the check; then it is ended and has failed. Of a heartbeat: from a start "
         "to "
         "its end.",
         "default_timeout, else the interval, at least 10s and at most 5m; of a heartbeat its "
         "grace",
         "20s"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.timeout = read_duration(r, v); }},
    Key<MonitorDraft>{
        {"alert_after", ValueKind::after,
         "Alert at this many failures in a row, or when failures have gone on for this long. 0 "
         "means the "
         "default.",
         "default_alert_after, else 1", "10m"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.after = read_alert_after(r, v); }},
    Key<MonitorDraft>{
        {"alert_every", ValueKind::every,
         "Reminders after the first alert: every so many failures, or every so long. 0: none. "
         "Negative: ever "
         "rarer, after 1, 3, 7, 15 … further failures.",
         "default_alert_every, else -1", "1h"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.every = read_alert_every(r, v); }},
    Key<MonitorDraft>{{"alert_on", ValueKind::verdict_names,
                       "What counts as failed: failure, or failure and warning.", "[failure]",
                       "[failure, warning]"},
                      read_alert_on},
    Key<MonitorDraft>{
        {"recover_after", ValueKind::after,
         "Up again at this many successes in a row, or when successes have gone on for this long.",
         "1", "3"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.recover_after = read_alert_after(r, v);
        }},
    Key<MonitorDraft>{
        {"flapping", ValueKind::yes_no,
         "Whether a monitor that changes in more than half of its last 20 checks is told of once, "
         "and again when it is below a quarter.",
         "false", "true"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.flapping = read_yes_no(r, v); }},
    Key<MonitorDraft>{
        {"canary", ValueKind::yes_no,
         "Whether it is something that is nearly always there, such as a resolver of the internet: "
         "when the canaries of a scope fail, minitor itself is blind, and the failures of that "
         "scope do not count. It tells only the alerts that it names itself.",
         "false", "true"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.canary_place = v.place();
          d.canary = read_yes_no(r, v);
        }},
    Key<MonitorDraft>{
        {"scope", ValueKind::name,
         "From where it is seen: the canaries of the same scope stand for it. No canary stands for "
         "local.",
         "that of all monitors that name none", "wan"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.scope = read_placed_text(r, v); }},
    Key<MonitorDraft>{
        {"recover", ValueKind::repairs,
         "Repairs to try, in this order, before anyone is told: a list of repairs, or one.", "none",
         "[{command: [systemctl, restart, nginx], wait: 10s}]"},
        read_repairs},
    Key<MonitorDraft>{
        {"escalate", ValueKind::escalations,
         "Who else is told when an incident goes on and nobody acknowledges it: a list of steps, "
         "ascending. An empty list: nobody.",
         "default_escalate, else none", "[{after: 15m, alerts: [sms]}]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.escalate = read_escalations(r, v); }},
    Key<MonitorDraft>{
        {"depends_on", ValueKind::parents,
         "Monitors without which this one cannot be up: all of a list, or {any: [a, b]}. While "
         "they are down nobody is told of this one.",
         "none", "[router]"},
        read_parents},
    Key<MonitorDraft>{
        {"maintenance", ValueKind::window_names,
         "Windows in which nobody is told; what is still down when they close is told then.",
         "default_maintenance, else none", "[nightly]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.maintenance = read_names(r, v); }},
    Key<MonitorDraft>{
        {"only_in", ValueKind::window_names,
         "Windows outside of which nobody is told; what is still down when one opens is told then.",
         "none", "[nightly]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.only_in = read_names(r, v); }},
    Key<MonitorDraft>{
        {"only_when", ValueKind::command,
         "A command that is run when a problem is to be told; it is told only when that exits 0, "
         "and asked again at each failed check.",
         "none", "[test, -e, /run/on-air]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { read_command(r, v, d.only_when); }},
    Key<MonitorDraft>{
        {"alert_recovered", ValueKind::alert_names,
         "The alerts that tell when a repair helped before anyone was told of the problem.", "none",
         "[log]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.alert_recovered = read_names(r, v); }},
    Key<MonitorDraft>{
        {"alert_down", ValueKind::alert_names, "The alerts that tell of a problem.",
         "alerts, else default_alert_down, else [log]", "[log, mail]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.alert_down = read_names(r, v); }},
    Key<MonitorDraft>{
        {"alert_up", ValueKind::alert_names, "The alerts that tell of a recovery.",
         "default_alert_up, else those of alerts that can tell a recovery, else none",
         "[log, mail]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.alert_up = read_names(r, v); }},
    Key<MonitorDraft>{
        {"alerts", ValueKind::alert_names,
         "The alerts that tell of a problem and, as far as their message can tell one, of its end.",
         "none", "[log, mail]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.alerts = read_names(r, v); }},
    Key<MonitorDraft>{{"env", ValueKind::environment,
                       "Environment variables for the check, on top of env at the top.", "none",
                       "{TOKEN: \"${file:/run/secrets/token}\"}"},
                      [](Reading& r, const Cursor& v, MonitorDraft& d) {
                        d.only_checks.emplace_back("env", v.place());
                        d.environment = read_environment(r, v);
                      }},
    Key<MonitorDraft>{{"directory", ValueKind::directory,
                       "The folder in which the check runs, relative to the file that names it.",
                       "minitor's own", "/srv/checks"},
                      [](Reading& r, const Cursor& v, MonitorDraft& d) {
                        d.only_checks.emplace_back("directory", v.place());
                        d.directory = read_directory(r, v);
                      }},
    Key<MonitorDraft>{
        {"group", ValueKind::text, "What the monitor belongs to, for the page and for messages.",
         "none", "shop"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.group = read_text(r, v).value_or("");
        }},
    Key<MonitorDraft>{
        {"labels", ValueKind::labels, "Further facts, as in metrics: a map of names and texts.",
         "none", "{team: web, site: fra1}"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.labels = read_labels(r, v); }},
    Key<MonitorDraft>{
        {"description", ValueKind::text, "A sentence for people, such as what to do about it.",
         "none", "The shop's front page. Call the hoster."},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.description = read_text(r, v).value_or("");
        }},
    Key<MonitorDraft>{
        {"max_output", ValueKind::count,
         "Bytes of the check's output that are kept: the first and the last half of them.", "8192",
         "65536"},
        read_output_bytes},
    Key<MonitorDraft>{
        {"exit_codes", ValueKind::exit_codes,
         "plain: 0 is up, anything else a failure. nagios: 0 ok, 1 warning, 2 failure, 3 unknown, "
         "and performance data are read.",
         "plain", "nagios"},
        read_exit_codes},
    Key<MonitorDraft>{{"show", ValueKind::shown,
                       "What page and API may show beyond name, status and times: output (what "
                       "checks wrote and how "
                       "they ended), command (the command line).",
                       "none", "[output, command]"},
                      read_shown},
};

}  // namespace

std::span<const Key<MonitorDraft>> monitor_keys() { return kMonitorKeys; }

}  // namespace minitor::config
