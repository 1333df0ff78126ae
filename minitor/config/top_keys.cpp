// The keys at the top of a file.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "minitor/config/calendar_values.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

void read_monitors(Reading& reading, const Cursor& value, TopDraft& draft) {
  draft.monitors_given = draft.monitors_given || !value.is_sequence() || value.size() > 0;
  if (!value.is_sequence()) {
    reading.findings.error(value.place(),
                           fmt::format("must be a list (put \"- \" before each monitor), not {}",
                                       describe(value.kind())));
    return;
  }
  draft.monitors.reserve(draft.monitors.size() + value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    draft.monitors.emplace_back();
    read_monitor(reading, value.item(i), draft.monitors.back());
  }
}

void read_alerts(Reading& reading, const Cursor& value, TopDraft& draft) {
  if (!value.is_map()) {
    reading.findings.error(
        value.place(),
        fmt::format("must be a map from names to alerts (mail: {{command: …}}), not {}",
                    describe(value.kind())));
    return;
  }
  for (const MapEntry& entry : entries(value, reading.findings)) {
    AlertDraft alert;
    alert.name = std::string(entry.name);
    alert.name_place = value.place_of(entry.key);
    if (!is_name(reading, alert.name_place, alert.name)) continue;
    const Cursor block = value.at_key(entry.name, entry.value);
    alert.name_place.path = block.path();
    read_alert(reading, block, alert);
    draft.alerts.push_back(std::move(alert));
  }
}

void read_windows(Reading& reading, const Cursor& value, TopDraft& draft) {
  if (!value.is_map()) {
    reading.findings.error(
        value.place(),
        fmt::format(
            "must be a map from names to windows (nightly: {{schedule: \"0 3 * * *\", for: 45m}}), "
            "not {}",
            describe(value.kind())));
    return;
  }
  for (const MapEntry& entry : entries(value, reading.findings)) {
    WindowDraft window;
    window.name = std::string(entry.name);
    window.name_place = value.place_of(entry.key);
    if (!is_name(reading, window.name_place, window.name)) continue;
    const Cursor block = value.at_key(entry.name, entry.value);
    window.name_place.path = block.path();
    read_window(reading, block, window);
    draft.windows.push_back(std::move(window));
  }
}

void read_includes(Reading& reading, const Cursor& value, TopDraft& draft) {
  const auto add = [&](const Cursor& item) {
    auto pattern = read_text(reading, item);
    if (pattern && pattern->empty())
      reading.findings.error(item.place(),
                             "an empty path; name a file or a pattern, as in conf.d/*.yml");
    else if (pattern)
      draft.includes.push_back({std::move(*pattern), item.place()});
  };
  if (value.is_scalar()) return add(value);
  if (!value.is_sequence()) {
    reading.findings.error(value.place(), "must be a path, a pattern or a list of them, not a map");
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i) add(value.item(i));
}

void read_dialect(Reading& reading, const Cursor& value, TopDraft& draft) {
  const auto name = read_text(reading, value);
  if (!name) return;
  if (*name == "python")
    draft.dialect = Dialect::python;
  else if (*name != "go")
    reading.findings.error(
        value.place(), fmt::format("{} is neither go nor python{}", reading.findings.quoted(*name),
                                   did_you_mean(*name, {"go", "python"})));
}

void read_history(Reading& reading, const Cursor& value, TopDraft& draft) {
  constexpr std::string_view kSqlite = "sqlite://";
  const auto text = read_text(reading, value);
  if (!text) return;
  if (*text == "memory") {
    draft.history.place = HistorySettings::Place::memory;
  } else if (text->starts_with(kSqlite) && text->size() > kSqlite.size()) {
    draft.history.place = HistorySettings::Place::file;
    draft.history.path = text->substr(kSqlite.size());
  } else {
    reading.findings.error(
        value.place(),
        fmt::format("{} is no place for the history; write sqlite:///var/lib/minitor/minitor.db "
                    "(three slashes: the path begins with one) or memory",
                    reading.findings.quoted(*text)));
  }
}

void read_control(Reading& reading, const Cursor& value, TopDraft& draft) {
  const auto text = read_text(reading, value);
  if (!text) return;
  if (text->empty()) {
    reading.findings.error(value.place(),
                           "an empty path; write one, as in /run/minitor/minitor.sock, or off");
  } else if (*text == "off") {
    draft.control.place = ControlSettings::Place::off;
  } else {
    draft.control.place = ControlSettings::Place::file;
    draft.control.path = *text;
  }
}

void read_history_size(Reading& reading, const Cursor& value, TopDraft& draft) {
  constexpr std::int64_t kLeast = 1'000'000;
  constexpr std::int64_t kMost = 1'000'000'000'000;
  const auto text = read_text(reading, value);
  if (!text) return;
  std::int64_t bytes = 0;
  const char* const end = text->data() + text->size();
  const auto [unit, error] = std::from_chars(text->data(), end, bytes);
  const std::string_view name(unit, static_cast<std::size_t>(end - unit));
  const std::int64_t factor = name == "MB" ? 1'000'000 : name == "GB" ? 1'000'000'000 : 0;
  if (error != std::errc{} || factor == 0 || bytes < 0 || bytes > kMost / factor ||
      bytes * factor < kLeast) {
    reading.findings.error(value.place(),
                           fmt::format("{} is no size; write 500MB or 2GB (1MB to 1000GB)",
                                       reading.findings.quoted(*text)));
    return;
  }
  draft.history.max_bytes = bytes * factor;
}

void keep(Reading& reading, const Cursor& value, Duration& kept) {
  if (const auto duration = read_duration(reading, value)) kept = *duration;
}

void read_page(Reading& reading, const Cursor& value, TopDraft& draft) {
  draft.web.emplace();
  read_web(reading, value, *draft.web);
}

constexpr std::array kTopKeys{
    Key<TopDraft>{{"monitors", ValueKind::monitors, "What is watched: a list of monitors.",
                   "required", "[{name: web, command: [curl, -sf, \"https://example.org\"]}]"},
                  read_monitors},
    Key<TopDraft>{
        {"alerts", ValueKind::alerts,
         "Ways to tell someone: a map from the name of an alert to its command. The alert log "
         "exists without "
         "being defined: a line in minitor's own log. Defining it replaces it.",
         "only log", "{mail: {command: [mail, -s, \"{alert_message}\", me@example.org]}}"},
        read_alerts},
    Key<TopDraft>{{"windows", ValueKind::windows,
                   "Stretches of time that monitors name in maintenance and only_in: a map from "
                   "the name of a "
                   "window to it.",
                   "none", "{nightly: {schedule: \"0 3 * * *\", for: 45m}}"},
                  read_windows},
    Key<TopDraft>{
        {"time_zone", ValueKind::zone,
         "The zone of schedules and windows that name none, as in Europe/Berlin.",
         "the zone of the machine", "Europe/Berlin"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.zone = read_placed_text(r, v); }},
    Key<TopDraft>{
        {"check_interval", ValueKind::duration,
         "Time between two checks of a monitor that has none of its own.", "30s", "1m"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.interval = read_duration(r, v); }},
    Key<TopDraft>{
        {"default_timeout", ValueKind::duration,
         "Longest run of the check of a monitor that has no timeout of its own.",
         "the monitor's interval, at least 10s and at most 5m", "20s"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.timeout = read_duration(r, v); }},
    Key<TopDraft>{
        {"default_alert_after", ValueKind::after, "alert_after of monitors that have none.",
         "1, or 4 with compat: python", "3"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.after = read_alert_after(r, v); }},
    Key<TopDraft>{
        {"default_alert_every", ValueKind::every, "alert_every of monitors that have none.", "-1",
         "1h"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.every = read_alert_every(r, v); }},
    Key<TopDraft>{
        {"default_alert_down", ValueKind::alert_names,
         "alert_down of monitors that have none, or an empty one.", "[log]", "[log, mail]"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.alert_down = read_names(r, v); }},
    Key<TopDraft>{
        {"default_alert_up", ValueKind::alert_names,
         "alert_up of monitors that have none, or an empty one.", "see alert_up", "[log, mail]"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.alert_up = read_names(r, v); }},
    Key<TopDraft>{
        {"default_maintenance", ValueKind::window_names, "maintenance of monitors that have none.",
         "none", "[nightly]"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.maintenance = read_names(r, v); }},
    Key<TopDraft>{{"max_concurrent", ValueKind::count,
                   "Checks that may run at one time, over all monitors.", "256", "32"},
                  [](Reading& r, const Cursor& v, TopDraft& d) {
                    d.max_concurrent = read_count(r, v, 1, kMostConcurrent);
                  }},
    Key<TopDraft>{
        {"env", ValueKind::environment,
         "Environment variables for every check and alert, on top of minitor's own environment.",
         "none", "{LANG: C}"},
        [](Reading& r, const Cursor& v, TopDraft& d) { d.environment = read_environment(r, v); }},
    Key<TopDraft>{{"include", ValueKind::files,
                   "More files with monitors and alerts: a path, a pattern or a list of them, "
                   "relative to the file that "
                   "names them. Files of a pattern are read in the order of their names.",
                   "none", "conf.d/*.yml"},
                  read_includes},
    Key<TopDraft>{
        {"history", ValueKind::text,
         "Where checks, incidents and notices are kept, and what a restart goes on from: "
         "sqlite:// and a path, or memory. A path without a slash at its beginning is relative to "
         "the folder of the configuration.",
         "see docs/history.md", "sqlite:///var/lib/minitor/minitor.db"},
        read_history},
    Key<TopDraft>{
        {"history_max_size", ValueKind::text,
         "What the history may take on disk, in MB or GB; beyond it the oldest goes first.", "1GB",
         "500MB"},
        read_history_size},
    Key<TopDraft>{
        {"history_checks", ValueKind::duration, "How long every single check is kept.", "7d", "2d"},
        [](Reading& r, const Cursor& v, TopDraft& d) { keep(r, v, d.history.checks); }},
    Key<TopDraft>{{"history_minutes", ValueKind::duration,
                   "How long what happened in each minute is kept.", "30d", "14d"},
                  [](Reading& r, const Cursor& v, TopDraft& d) { keep(r, v, d.history.minutes); }},
    Key<TopDraft>{
        {"history_hours", ValueKind::duration,
         "How long what happened in each hour is kept; days are kept for ever.", "365d", "90d"},
        [](Reading& r, const Cursor& v, TopDraft& d) { keep(r, v, d.history.hours); }},
    Key<TopDraft>{
        {"control", ValueKind::text,
         "Path of the socket through which the command line talks to the daemon (pause, silence, "
         "ack, test --now), or off. A path without a slash at its beginning is relative to the "
         "folder of the configuration.",
         "beside the history, as minitor.sock", "/run/minitor/minitor.sock"},
        read_control},
    Key<TopDraft>{{"compat", ValueKind::dialect,
                   "go or python: whose reading is followed where the two Minitors differ. With "
                   "python, alert_after is 4 by "
                   "default and alert_every: 0 alerts one failure late.",
                   "go", "python"},
                  read_dialect},
    Key<TopDraft>{
        {"web", ValueKind::web,
         "Serve the status page, the API and /metrics: an address and a port, or a map (see "
         "below).",
         "off", "127.0.0.1:8080"},
        read_page},
};

}  // namespace

std::span<const Key<TopDraft>> top_keys() { return kTopKeys; }

}  // namespace minitor::config
