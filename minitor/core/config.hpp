// The configuration as plain data: immutable, every default resolved, every name checked. Made by
// the config room, read by everyone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/core/calendar.hpp"
#include "minitor/core/command.hpp"
#include "minitor/core/cron.hpp"
#include "minitor/core/dependencies.hpp"
#include "minitor/core/heartbeat.hpp"
#include "minitor/core/message_template.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/observer.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/recovery.hpp"
#include "minitor/core/redactor.hpp"
#include "minitor/core/time_zone.hpp"
#include "minitor/core/web_settings.hpp"

namespace minitor {

// Positions in Config::monitors, Config::alerts and Config::windows.
struct MonitorId {
  std::uint32_t value = 0;
  friend auto operator<=>(const MonitorId&, const MonitorId&) = default;
};
struct AlertId {
  std::uint32_t value = 0;
  friend auto operator<=>(const AlertId&, const AlertId&) = default;
};

struct WindowId {
  std::uint32_t value = 0;
  friend auto operator<=>(const WindowId&, const WindowId&) = default;
};

// alert_after: so many failed checks in a row, or failing for so long since the first failed check.
struct AfterFailures {
  int count = 1;  // >= 1
  friend bool operator==(const AfterFailures&, const AfterFailures&) = default;
};
struct AfterDuration {
  Duration duration{};  // > 0
  friend bool operator==(const AfterDuration&, const AfterDuration&) = default;
};
using AlertAfter = std::variant<AfterFailures, AfterDuration>;

// alert_every: what comes after the first alert of an incident.
struct EveryBackoff {  // at 0, 1, 3, 7, 15 … failures after the first alert (any negative number)
  friend bool operator==(const EveryBackoff&, const EveryBackoff&) = default;
};
struct EveryNever {  // no reminder (0); `late` is Python's reading of 0: one failure late
  bool late = false;
  friend bool operator==(const EveryNever&, const EveryNever&) = default;
};
struct EveryFailures {
  int count = 1;  // >= 1
  friend bool operator==(const EveryFailures&, const EveryFailures&) = default;
};
struct EveryDuration {
  Duration duration{};  // > 0
  friend bool operator==(const EveryDuration&, const EveryDuration&) = default;
};
using AlertEvery = std::variant<EveryBackoff, EveryNever, EveryFailures, EveryDuration>;

struct AlertRules {
  AlertAfter after = AfterFailures{};
  AlertEvery every = EveryBackoff{};
  // recover_after: so many successes in a row, or successes for so long since the first of them.
  AlertAfter recover_after = AfterFailures{};
  bool warnings = false;  // alert_on: a warning counts as a failure
  friend bool operator==(const AlertRules&, const AlertRules&) = default;
};

// When a monitor is checked that has no interval.
struct Schedule {
  Cron cron;
  TimeZone zone;
};

// A step of the ladder in recovery.hpp.
struct Repair {
  Command command;
  RepairLimits limits;
  friend bool operator==(const Repair&, const Repair&) = default;
};

// A step of `escalate`: who else is told of an incident that goes on, and when. So many failed checks,
// or so long, after the problem was told; the steps of one ladder are all counts or all durations,
// ascending (see escalation.hpp).
struct EscalationStep {
  AlertAfter after;
  std::vector<AlertId> alerts;  // told of the problem, and of its end when they can tell it
};

struct Monitor {
  std::string name;
  std::string was;  // the name that it had before; empty: it had none
  std::string description;
  std::string group;
  std::vector<std::pair<std::string, std::string>> labels;
  Command command;
  Duration interval{};  // between starts, > 0; of no meaning when there is a schedule
  std::optional<Schedule> schedule;
  // It is told of rather than asked: it has no command, its interval is the period.
  std::optional<HeartbeatRules> heartbeat;
  // How its exit codes are read; with `nagios` its performance data are read, too.
  ExitCodes exit_codes = ExitCodes::plain;
  AlertRules rules;
  std::vector<AlertId> alert_down;       // told of problems
  std::vector<AlertId> alert_up;         // told of recoveries
  std::vector<AlertId> alert_recovered;  // told when a repair helped and nobody had been told
  std::vector<Repair> repairs;           // tried in this order before it is down
  std::vector<EscalationStep> escalate;  // who else is told when it goes on
  Needs needs;                           // monitors whose outage explains this one's
  std::vector<WindowId> maintenance;     // while one of them is open nobody is told
  std::vector<WindowId> only_in;         // unless empty: while none of them is open nobody is told
  std::optional<Command> only_when;      // a problem is told only when this exits 0
  bool canary = false;                   // while it fails, minitor may be blind in its scope
  std::string scope;                     // from where it is seen; empty: as all that name none
  bool flapping = false;                 // told as flapping when it changes too often
  PageShows shown;                       // on the page and in the API
};

// The alert that exists without being defined: a line in the daemon's log, no process.
struct LogLine {
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

// How often delivering is tried before the fallback alerts run.
inline constexpr int kDefaultAttempts = 8;
inline constexpr int kMaxAttempts = 1000;
inline constexpr Duration kDefaultRetryAfter = std::chrono::seconds{5};
// However often it was doubled, the wait between two attempts stays below this.
inline constexpr Duration kRetryCap = std::chrono::minutes{5};

// rate: no more than `count` runs of an alert begin within any stretch of time of this length.
struct RateCap {
  int count = 1;   // >= 1
  Duration per{};  // > 0
  friend bool operator==(const RateCap&, const RateCap&) = default;
};

// What keeps a storm of notices from an alert (see storm.hpp).
struct StormRules {
  Duration group{};             // how long notices are gathered into one message; 0: not at all
  std::optional<RateCap> rate;  // none: as many as there are
  [[nodiscard]] bool any() const { return group > Duration::zero() || rate.has_value(); }
  friend bool operator==(const StormRules&, const StormRules&) = default;
};

struct Alert {
  std::string name;
  std::string description;
  // A process whose text is filled in for each notice, or the log.
  std::variant<LogLine, ArgvTemplate, ShellTemplate> message;
  Environment environment;
  std::string directory;
  Duration timeout{};
  Duration grace = kDefaultGrace;
  int attempts = kDefaultAttempts;            // >= 1
  Duration retry_after = kDefaultRetryAfter;  // before the second attempt; doubles, up to kRetryCap
  std::vector<AlertId> fallback;              // told when all attempts failed; never a cycle
  // Whether its message can say that something is up again; what takes over as a fallback is told
  // of the recovery only then. An alert named in `alert_up` is told in any case.
  bool tells_recovery = true;
  StormRules storm;
};

// Running checks at one time, over all monitors.
inline constexpr int kDefaultMaxConcurrent = 256;
// Running alert commands at one time, of one alert: a channel that hangs delays no other.
inline constexpr int kMaxRunsPerAlert = 8;

// Where the history is kept, and how long.
struct HistorySettings {
  enum class Place : std::uint8_t {
    usual,   // where the system keeps such things, or beside the configuration
    file,    // `path`
    memory,  // nowhere: a restart begins anew
  };
  Place place = Place::usual;
  std::string path;
  Duration checks = std::chrono::hours{24 * 7};    // every single one
  Duration minutes = std::chrono::hours{24 * 30};  // rolled up
  Duration hours = std::chrono::hours{24 * 365};   // rolled up; days are kept for ever
  std::int64_t max_bytes = std::int64_t{1} << 30;
};

// The socket through which the command line talks to the daemon.
struct ControlSettings {
  enum class Place : std::uint8_t {
    usual,  // beside the history, or beside the configuration
    file,   // `path`
    off,    // nowhere
  };
  Place place = Place::usual;
  std::string path;
};

// What minitor makes of its own troubles.
struct ObserverSettings {
  std::vector<AlertId> alerts;  // told that it is blind, and that it sees again
  BlindWhen blind_when = BlindWhen::all;
  Duration late_after = kDefaultLateAfter;
};

struct Config {
  std::vector<Monitor> monitors;
  std::vector<Alert> alerts;  // `log` is always among them
  std::vector<Window> windows;
  int max_concurrent = kDefaultMaxConcurrent;
  ObserverSettings observer;
  HistorySettings history;
  ControlSettings control;
  std::optional<WebSettings> web;  // none: no page
  Redactor redactor;
};

}  // namespace minitor
