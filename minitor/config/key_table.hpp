// The one table of keys: what the loader reads, what the schema says and what the documentation
// lists are made of it, so that none of them can know a key that the others do not.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "minitor/config/drafts.hpp"
#include "minitor/config/reading.hpp"

namespace minitor::config {

enum class Block : std::uint8_t { top, monitor, alert, repair, escalation, window, web };
inline constexpr Block kBlocks[] = {Block::top,        Block::monitor, Block::alert, Block::repair,
                                    Block::escalation, Block::window,  Block::web};

enum class ValueKind : std::uint8_t {
  name,  // one line of text
  text,
  shell,     // text for the shell
  command,   // a list (argv) or text for the shell
  duration,  // seconds or a Go duration
  after,     // a count from 0 or a duration
  every,     // a count, negative too, or a duration
  count,     // a number from 1
  yes_no,
  alert_names,  // a list of names
  environment,  // a map of variables
  labels,       // a map of labels
  directory,
  monitors,
  alerts,
  cron,
  zone,     // the IANA name of a time zone
  instant,  // a date and a time of day
  windows,
  window_names,   // a list of names
  parents,        // a list of names, or {all: …, any: …}
  repairs,        // a list of repairs
  escalations,    // a list of steps
  rate,           // so many per so long
  verdict_names,  // a list of verdicts
  span,           // a duration, or 0
  files,          // a pattern or a list of them
  dialect,
  exit_codes,
  monitor_kind,
  web,
  shown,  // a list of what a page may show
};

struct KeyInfo {
  std::string_view name;
  ValueKind kind;
  std::string_view meaning;       // for the reader of the schema and the documentation
  std::string_view default_text;  // in words or as a value; "required"
  std::string_view example;       // YAML of the value
};

// A key and the function that reads it into a draft.
template <typename Draft>
struct Key {
  KeyInfo info;
  void (*read)(Reading&, const Cursor&, Draft&);
};

[[nodiscard]] std::span<const Key<TopDraft>> top_keys();
[[nodiscard]] std::span<const Key<MonitorDraft>> monitor_keys();
[[nodiscard]] std::span<const Key<AlertDraft>> alert_keys();
[[nodiscard]] std::span<const Key<RepairDraft>> repair_keys();
[[nodiscard]] std::span<const Key<EscalationDraft>> escalation_keys();
[[nodiscard]] std::span<const Key<WindowDraft>> window_keys();
[[nodiscard]] std::span<const Key<WebDraft>> web_keys();
[[nodiscard]] std::vector<KeyInfo> key_infos(Block block);

// Keys that begin so are for anchors and comments of the user's own, at the top of a file.
inline constexpr std::string_view kOwnKeys = "x-";

// Reads the block `value`, one function a key; what is wrong goes to the findings.
void read_top(Reading& reading, const Cursor& value, TopDraft& draft);
void read_monitor(Reading& reading, const Cursor& value, MonitorDraft& draft);
void read_alert(Reading& reading, const Cursor& value, AlertDraft& draft);
void read_repair(Reading& reading, const Cursor& value, RepairDraft& draft);
void read_escalation(Reading& reading, const Cursor& value, EscalationDraft& draft);
void read_window(Reading& reading, const Cursor& value, WindowDraft& draft);
void read_web(Reading& reading, const Cursor& value, WebDraft& draft);

}  // namespace minitor::config
