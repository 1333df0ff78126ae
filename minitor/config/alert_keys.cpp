// The keys of an alert.
#include <array>
#include <utility>

#include "minitor/config/commands.hpp"
#include "minitor/config/escalation_values.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

constexpr std::array kAlertKeys{
    Key<AlertDraft>{
        {"command", ValueKind::command,
         "What tells someone. A list is a program and its arguments, text is for /bin/sh -c. "
         "Message tokens "
         "({monitor_name}, {{.MonitorName}} …) are filled in; the notice is also in MINITOR_* "
         "variables and, as "
         "JSON, on stdin.",
         "required, this or shell_command", "[mail, -s, \"{alert_message}\", me@example.org]"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { read_command(r, v, d.command); }},
    Key<AlertDraft>{
        {"shell_command", ValueKind::shell, "The same as text for /bin/sh -c, instead of command.",
         "none", "echo \"{alert_message}\" | mail me@example.org"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { read_shell_command(r, v, d.command); }},
    Key<AlertDraft>{
        {"timeout", ValueKind::duration,
         "Longest run of the command; then it is ended and has failed.", "1m", "20s"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.timeout = read_duration(r, v); }},
    Key<AlertDraft>{
        {"env", ValueKind::environment,
         "Environment variables for the command, on top of env at the top.", "none",
         "{API_KEY: \"${file:/run/secrets/key}\"}"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.environment = read_environment(r, v); }},
    Key<AlertDraft>{
        {"directory", ValueKind::directory,
         "The folder in which the command runs, relative to the file that names it.",
         "minitor's own", "/srv/alerts"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.directory = read_directory(r, v); }},
    Key<AlertDraft>{{"attempts", ValueKind::count,
                     "How often delivery is tried before the fallback.", "8", "3"},
                    [](Reading& r, const Cursor& v, AlertDraft& d) {
                      d.attempts = read_count(r, v, 1, kMaxAttempts);
                    }},
    Key<AlertDraft>{
        {"retry_after", ValueKind::duration,
         "Wait before the second attempt; it doubles for each further one, up to 5m.", "5s", "30s"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.retry_after = read_duration(r, v); }},
    Key<AlertDraft>{
        {"fallback", ValueKind::alert_names, "The alerts that are told when all attempts failed.",
         "none", "[sms]"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.fallback = read_names(r, v); }},
    Key<AlertDraft>{
        {"recovery", ValueKind::yes_no,
         "Whether this alert is told of recoveries by a monitor that names it in alerts.",
         "true when its message differs on recovery", "true"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { d.recovery = read_yes_no(r, v); }},
    Key<AlertDraft>{
        {"group", ValueKind::duration,
         "How long notices wait for others, so that one message tells them all; one that stays "
         "alone is an ordinary notice. At most 10m.",
         "none: each is told at once", "30s"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { read_group(r, v, d); }},
    Key<AlertDraft>{
        {"rate", ValueKind::rate,
         "How often the command may run within any stretch of time; what is due beyond that is "
         "held and told in one message. Reminders use half of it at most.",
         "none: as often as there is something to tell", "10 per 1h"},
        [](Reading& r, const Cursor& v, AlertDraft& d) { read_rate(r, v, d); }},
    Key<AlertDraft>{{"description", ValueKind::text, "A sentence for people.", "none",
                     "The phone of whoever is on call."},
                    [](Reading& r, const Cursor& v, AlertDraft& d) {
                      d.description = read_text(r, v).value_or("");
                    }},
};

}  // namespace

std::span<const Key<AlertDraft>> alert_keys() { return kAlertKeys; }

}  // namespace minitor::config
