// The keys of a monitor.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "minitor/config/commands.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

void read_monitor_name(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.named = true;
  draft.name_place = value.place();
  if (auto name = read_name(reading, value)) draft.name = std::move(*name);
}

void read_output_bytes(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  if (const auto bytes = read_count(reading, value, 1, static_cast<int>(kMostOutputBytes)))
    draft.output_bytes = static_cast<std::size_t>(*bytes);
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
    Key<MonitorDraft>{
        {"command", ValueKind::command,
         "The check: exit 0 is up, anything else is a failure. A list is a program and its "
         "arguments, text "
         "is for /bin/sh -c.",
         "required, this or shell_command", "[curl, -sf, -o, /dev/null, \"https://example.org\"]"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { read_command(r, v, d.command); }},
    Key<MonitorDraft>{
        {"shell_command", ValueKind::shell, "The check as text for /bin/sh -c, instead of command.",
         "none", "curl -sf https://example.org | grep -q Welcome"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { read_shell_command(r, v, d.command); }},
    Key<MonitorDraft>{
        {"check_interval", ValueKind::duration, "Time between two checks, from start to start.",
         "the check_interval at the top", "1m"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) {
          d.interval_place = v.place();
          d.interval = read_duration(r, v);
        }},
    Key<MonitorDraft>{
        {"timeout", ValueKind::duration,
         "Longest run of the check; then it is ended and has failed.",
         "default_timeout, else the interval, at least 10s and at most 5m", "20s"},
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
                        d.environment = read_environment(r, v);
                      }},
    Key<MonitorDraft>{
        {"directory", ValueKind::directory,
         "The folder in which the check runs, relative to the file that names it.", "minitor's own",
         "/srv/checks"},
        [](Reading& r, const Cursor& v, MonitorDraft& d) { d.directory = read_directory(r, v); }},
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
    Key<MonitorDraft>{
        {"show", ValueKind::shown,
         "What page and API may show beyond name, status and times: output (what checks wrote and how "
         "they ended), command (the command line).",
         "none", "[output, command]"},
        read_shown},
};

}  // namespace

std::span<const Key<MonitorDraft>> monitor_keys() { return kMonitorKeys; }

}  // namespace minitor::config
