// The keys of a repair and of a window.
#include <array>
#include <utility>

#include "minitor/config/calendar_values.hpp"
#include "minitor/config/commands.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

constexpr std::array kRepairKeys{
    Key<RepairDraft>{
        {"command", ValueKind::command,
         "What repairs. A list is a program and its arguments, text is for /bin/sh -c. What is "
         "known of the failure is in MINITOR_* variables.",
         "required, this or shell_command", "[ssh, gate, sudo systemctl restart tunnel]"},
        [](Reading& r, const Cursor& v, RepairDraft& d) { read_command(r, v, d.command); }},
    Key<RepairDraft>{
        {"shell_command", ValueKind::shell, "The same as text for /bin/sh -c, instead of command.",
         "none", "systemctl restart nginx"},
        [](Reading& r, const Cursor& v, RepairDraft& d) { read_shell_command(r, v, d.command); }},
    Key<RepairDraft>{
        {"timeout", ValueKind::duration, "Longest run of the command; then it is ended.", "1m",
         "2m"},
        [](Reading& r, const Cursor& v, RepairDraft& d) { d.timeout = read_duration(r, v); }},
    Key<RepairDraft>{
        {"wait", ValueKind::span,
         "From the end of its run to the check that shows whether it helped.", "10s", "30s"},
        [](Reading& r, const Cursor& v, RepairDraft& d) {
          if (const auto wait = read_span(r, v)) d.limits.wait = *wait;
        }},
    Key<RepairDraft>{
        {"attempts", ValueKind::count,
         "How often it is tried before the next repair, or before the alert.", "1", "2"},
        [](Reading& r, const Cursor& v, RepairDraft& d) {
          if (const auto count = read_count(r, v, 1, kMostRepairAttempts))
            d.limits.attempts = *count;
        }},
    Key<RepairDraft>{
        {"cooldown", ValueKind::span,
         "Shortest time from one first attempt to another; within it the repair is passed over.",
         "5m", "1h"},
        [](Reading& r, const Cursor& v, RepairDraft& d) {
          if (const auto cooldown = read_span(r, v)) d.limits.cooldown = *cooldown;
        }},
    Key<RepairDraft>{{"per_hour", ValueKind::count,
                      "Runs within an hour; beyond it the repair is passed over.", "6", "3"},
                     [](Reading& r, const Cursor& v, RepairDraft& d) {
                       if (const auto count = read_count(r, v, 1, kMostRepairsPerHour))
                         d.limits.per_hour = *count;
                     }},
    Key<RepairDraft>{
        {"lock", ValueKind::name,
         "A name that monitors share which repair the same thing: only one of them repairs at a "
         "time, and cooldown and per_hour count for all of them.",
         "the monitor's own", "tunnel"},
        [](Reading& r, const Cursor& v, RepairDraft& d) {
          if (auto name = read_name(r, v)) d.limits.lock = std::move(*name);
        }},
    Key<RepairDraft>{{"env", ValueKind::environment,
                      "Environment variables for the command, on top of env at the top.", "none",
                      "{TOKEN: \"${file:/run/secrets/token}\"}"},
                     [](Reading& r, const Cursor& v, RepairDraft& d) {
                       d.environment = read_environment(r, v);
                     }},
    Key<RepairDraft>{
        {"directory", ValueKind::directory,
         "The folder in which the command runs, relative to the file that names it.",
         "minitor's own", "/srv/repairs"},
        [](Reading& r, const Cursor& v, RepairDraft& d) { d.directory = read_directory(r, v); }},
};

constexpr std::array kWindowKeys{
    Key<WindowDraft>{
        {"schedule", ValueKind::cron,
         "When it opens, again and again: five fields as in crontab, or @daily, @weekly …",
         "required, this and for, or from and to", "0 3 * * sun"},
        [](Reading& r, const Cursor& v, WindowDraft& d) {
          d.scheduled = true;
          d.schedule = read_cron(r, v);
        }},
    Key<WindowDraft>{
        {"for", ValueKind::duration,
         "How long it stays open, in time that passes, also when the clocks are changed.",
         "required with schedule", "45m"},
        [](Reading& r, const Cursor& v, WindowDraft& d) {
          d.length_place = v.place();
          d.length = read_duration(r, v);
        }},
    Key<WindowDraft>{
        {"from", ValueKind::instant, "When it opens, once.", "required without schedule",
         "2026-12-01 22:00"},
        [](Reading& r, const Cursor& v, WindowDraft& d) { d.from = read_placed_text(r, v); }},
    Key<WindowDraft>{
        {"to", ValueKind::instant, "When it closes for good.", "required without schedule",
         "2026-12-02 04:00"},
        [](Reading& r, const Cursor& v, WindowDraft& d) { d.until = read_placed_text(r, v); }},
    Key<WindowDraft>{
        {"time_zone", ValueKind::zone, "The zone in which its times are meant.",
         "the time_zone at the top", "America/New_York"},
        [](Reading& r, const Cursor& v, WindowDraft& d) { d.zone = read_placed_text(r, v); }},
    Key<WindowDraft>{{"description", ValueKind::text, "A sentence for people.", "none",
                      "The hoster updates its routers."},
                     [](Reading& r, const Cursor& v, WindowDraft& d) {
                       d.description = read_text(r, v).value_or("");
                     }},
};

}  // namespace

std::span<const Key<RepairDraft>> repair_keys() { return kRepairKeys; }
std::span<const Key<WindowDraft>> window_keys() { return kWindowKeys; }

}  // namespace minitor::config
