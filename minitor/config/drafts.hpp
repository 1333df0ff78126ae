// What was read from the files, before defaults are filled in and names are looked up.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/config/findings.hpp"
#include "minitor/core/command.hpp"
#include "minitor/core/config.hpp"
#include "minitor/core/message_template.hpp"

namespace minitor::config {

// An alert named somewhere.
struct Reference {
  std::string name;
  Place place;
};

struct References {
  Place place;
  std::vector<Reference> names;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// `command` and `shell_command` of one block: at most one may be given.
template <typename Program>
struct CommandDraft {
  std::optional<Place> list_or_text;  // where `command` stands
  std::optional<Place> shell;         // where `shell_command` stands
  std::optional<Program> program;     // none: not given, or wrong and reported
};

struct MonitorDraft {
  Place place;
  bool named = false;  // a name was given, be it a wrong one
  std::string name;
  Place name_place;
  std::string description;
  std::string group;
  Labels labels;
  CommandDraft<std::variant<Argv, ShellText>> command;
  Environment environment;
  std::string directory;
  std::optional<Duration> interval;
  Place interval_place;
  std::optional<Duration> timeout;
  std::optional<std::size_t> output_bytes;
  std::optional<ExitCodes> exit_codes;
  std::optional<AlertAfter> after;
  std::optional<AlertEvery> every;
  std::optional<References> alerts;
  std::optional<References> alert_down;
  std::optional<References> alert_up;
  Shown shown;
};

struct AlertDraft {
  Place place;
  std::string name;
  Place name_place;
  std::string description;
  CommandDraft<std::variant<ArgvTemplate, ShellTemplate>> command;
  Environment environment;
  std::string directory;
  std::optional<Duration> timeout;
  std::optional<int> attempts;
  std::optional<Duration> retry_after;
  std::optional<References> fallback;
  std::optional<bool> recovery;
};

struct WebDraft {
  WebSettings settings;
  std::optional<Place> public_place;
};

enum class Dialect : std::uint8_t { go, python };

struct TopDraft {
  Place place;
  bool monitors_given = false;  // also when they were wrong and reported
  std::vector<MonitorDraft> monitors;
  std::vector<AlertDraft> alerts;
  std::vector<Reference> includes;  // patterns, in the order in which they were named
  std::optional<Duration> interval;
  std::optional<Duration> timeout;
  std::optional<AlertAfter> after;
  std::optional<AlertEvery> every;
  std::optional<References> alert_down;
  std::optional<References> alert_up;
  std::optional<int> max_concurrent;
  Environment environment;
  Dialect dialect = Dialect::go;
  std::optional<WebDraft> web;
};

}  // namespace minitor::config
