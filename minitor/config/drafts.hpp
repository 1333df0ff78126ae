// What was read from the files, before defaults are filled in and names are looked up.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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

// A text that stands for something, and where it stands.
struct TextDraft {
  std::string text;
  Place place;
};
struct CronDraft {
  Cron cron;
  Place place;
};

// depends_on: all of these, and any of those.
struct ParentsDraft {
  Place place;
  std::optional<References> all;
  std::optional<References> any;
};

struct RepairDraft {
  Place place;
  CommandDraft<std::variant<Argv, ShellText>> command;
  Environment environment;
  std::string directory;
  std::optional<Duration> timeout;
  RepairLimits limits;
};

// A step of escalate.
struct EscalationDraft {
  Place place;
  bool is_map = false;  // otherwise that was reported
  std::optional<Place> after_place;
  std::optional<AlertAfter> after;
  std::optional<References> alerts;
};

struct WindowDraft {
  Place place;
  std::string name;
  Place name_place;
  std::string description;
  std::optional<CronDraft> schedule;
  bool scheduled = false;  // a schedule was given, be it a wrong one
  std::optional<Duration> length;
  std::optional<Place> length_place;
  std::optional<TextDraft> from;
  std::optional<TextDraft> until;
  std::optional<TextDraft> zone;
};

struct MonitorDraft {
  Place place;
  bool named = false;  // a name was given, be it a wrong one
  std::string name;
  Place name_place;
  std::optional<Reference> was;
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
  std::optional<References> alert_recovered;
  std::optional<AlertAfter> recover_after;
  std::optional<bool> warnings;
  std::optional<bool> flapping;
  std::optional<bool> canary;
  Place canary_place;
  std::optional<TextDraft> scope;
  std::optional<CronDraft> schedule;
  std::optional<TextDraft> zone;
  std::vector<RepairDraft> repairs;
  std::optional<std::vector<EscalationDraft>> escalate;
  std::optional<ParentsDraft> parents;
  std::optional<References> maintenance;
  std::optional<References> only_in;
  CommandDraft<std::variant<Argv, ShellText>> only_when;
  PageShows shown;
  // Of a heartbeat; what a monitor that is none must not have.
  bool heartbeat = false;
  std::optional<Duration> period;
  std::optional<Duration> grace;
  std::string token;
  // Where keys stand that one of the two kinds cannot have.
  std::vector<std::pair<std::string_view, Place>> only_checks;
  std::vector<std::pair<std::string_view, Place>> only_heartbeats;
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
  StormRules storm;
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
  std::vector<WindowDraft> windows;
  std::optional<TextDraft> zone;
  std::optional<References> maintenance;
  std::vector<Reference> includes;  // patterns, in the order in which they were named
  std::optional<Duration> interval;
  std::optional<Duration> timeout;
  std::optional<AlertAfter> after;
  std::optional<AlertEvery> every;
  std::optional<References> alert_down;
  std::optional<References> alert_up;
  std::optional<std::vector<EscalationDraft>> escalate;
  std::optional<int> max_concurrent;
  std::optional<References> blind_alerts;
  BlindWhen blind_when = BlindWhen::all;
  std::optional<Duration> late_after;
  HistorySettings history;
  ControlSettings control;
  Environment environment;
  Dialect dialect = Dialect::go;
  std::optional<WebDraft> web;
};

}  // namespace minitor::config
