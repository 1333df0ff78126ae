// Reading a block: each entry is looked up in its table, and its function reads it.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

template <typename Draft>
std::vector<KeyInfo> infos(std::span<const Key<Draft>> keys) {
  std::vector<KeyInfo> all;
  for (const Key<Draft>& key : keys) all.push_back(key.info);
  return all;
}

template <typename Draft>
void unknown_key(Reading& reading, const Cursor& map, const MapEntry& entry,
                 std::span<const Key<Draft>> keys) {
  std::vector<std::string_view> names;
  for (const Key<Draft>& key : keys) names.push_back(key.info.name);
  std::string message = fmt::format("unknown key {}", quoted(entry.name));
  if (const std::string hint = did_you_mean(entry.name, names); !hint.empty()) {
    message += hint;
  } else {
    message += "; known here are ";
    for (std::size_t i = 0; i < names.size(); ++i)
      message += fmt::format("{}{}",
                             i == 0                  ? ""
                             : i + 1 == names.size() ? " and "
                                                     : ", ",
                             names[i]);
  }
  reading.findings.error(map.place_of(entry.key), std::move(message));
}

template <typename Draft>
void read_entry(Reading& reading, const Cursor& map, const MapEntry& entry,
                std::span<const Key<Draft>> keys, Draft& draft) {
  const auto known = std::find_if(
      keys.begin(), keys.end(), [&](const Key<Draft>& key) { return key.info.name == entry.name; });
  if (known == keys.end()) return unknown_key(reading, map, entry, keys);
  const Cursor value = map.at_key(known->info.name, entry.value);
  if (value.is_null())
    reading.findings.note(value.place(), fmt::format("{} empty", entry.name),
                          fmt::format("{} has no value and is taken as not given", entry.name));
  else
    known->read(reading, value, draft);
}

template <typename Draft>
void read_entries(Reading& reading, const Cursor& map, std::span<const Key<Draft>> keys,
                  Draft& draft) {
  for (const MapEntry& entry : entries(map, reading.findings))
    read_entry(reading, map, entry, keys, draft);
}

// An included file adds to the whole; what holds for the whole stands in the main file.
bool may_be_included(std::string_view key) {
  return key == "monitors" || key == "alerts" || key == "windows" || key == "include";
}

}  // namespace

std::vector<KeyInfo> key_infos(Block block) {
  switch (block) {
    case Block::top: return infos(top_keys());
    case Block::monitor: return infos(monitor_keys());
    case Block::alert: return infos(alert_keys());
    case Block::repair: return infos(repair_keys());
    case Block::escalation: return infos(escalation_keys());
    case Block::window: return infos(window_keys());
    case Block::web: return infos(web_keys());
  }
  return {};
}

void read_top(Reading& reading, const Cursor& value, TopDraft& draft) {
  if (!value.is_map()) {
    reading.findings.error(
        value.is_null() ? draft.place : value.place(),
        value.is_null() ? std::string("the file is empty; it needs monitors:")
                        : fmt::format("a configuration is a map that begins with monitors:, not {}",
                                      describe(value.kind())));
    draft.monitors_given = true;
    return;
  }
  for (const MapEntry& entry : entries(value, reading.findings)) {
    if (entry.name.substr(0, kOwnKeys.size()) == kOwnKeys) continue;
    const auto keys = top_keys();
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const auto& key) { return key.info.name == entry.name; });
    if (reading.included && known && !may_be_included(entry.name))
      reading.findings.error(
          value.place_of(entry.key),
          fmt::format(
              "{} belongs in the main file; an included file holds monitors, alerts, windows and "
              "include",
              entry.name));
    else
      read_entry(reading, value, entry, keys, draft);
  }
}

void read_monitor(Reading& reading, const Cursor& value, MonitorDraft& draft) {
  draft.place = value.place();
  if (value.is_map()) return read_entries(reading, value, monitor_keys(), draft);
  draft.named = true;
  draft.command.list_or_text = draft.place;
  reading.findings.error(
      draft.place,
      fmt::format("must be a map, as in {{name: web, command: [curl, -sf, URL]}}, not {}",
                  describe(value.kind())));
}

void read_alert(Reading& reading, const Cursor& value, AlertDraft& draft) {
  draft.place = value.place();
  if (value.is_map()) return read_entries(reading, value, alert_keys(), draft);
  draft.command.list_or_text = draft.place;
  reading.findings.error(
      draft.place, fmt::format("must be a map, as in {{command: [mail, me@example.org]}}, not {}",
                               describe(value.kind())));
}

void read_repair(Reading& reading, const Cursor& value, RepairDraft& draft) {
  draft.place = value.place();
  if (value.is_map()) return read_entries(reading, value, repair_keys(), draft);
  draft.command.list_or_text = draft.place;
  reading.findings.error(
      draft.place,
      fmt::format("must be a map, as in {{command: [systemctl, restart, nginx]}}, not {}",
                  describe(value.kind())));
}

void read_escalation(Reading& reading, const Cursor& value, EscalationDraft& draft) {
  draft.place = value.place();
  draft.is_map = value.is_map();
  if (draft.is_map) return read_entries(reading, value, escalation_keys(), draft);
  reading.findings.error(draft.place,
                         fmt::format("must be a map, as in {{after: 15m, alerts: [sms]}}, not {}",
                                     describe(value.kind())));
}

void read_window(Reading& reading, const Cursor& value, WindowDraft& draft) {
  draft.place = value.place();
  if (value.is_map()) return read_entries(reading, value, window_keys(), draft);
  draft.scheduled = true;  // no word of what else is missing
  draft.length_place = draft.place;
  reading.findings.error(
      draft.place, fmt::format("must be a map, as in {{schedule: \"0 3 * * *\", for: 1h}}, not {}",
                               describe(value.kind())));
}

void read_web(Reading& reading, const Cursor& value, WebDraft& draft) {
  if (value.is_map()) return read_entries(reading, value, web_keys(), draft);
  if (value.is_scalar()) return web_keys().front().read(reading, value, draft);
  reading.findings.error(value.place(),
                         fmt::format("must be an address and a port, or a map, as in {{listen: "
                                     "\"127.0.0.1:8080\"}}, not {}",
                                     describe(value.kind())));
}

}  // namespace minitor::config
