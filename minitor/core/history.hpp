// What happened, as data: the records that the history is made of, and the one interface through
// which page, API and command line read it. Nothing here knows where it is kept.
//
// The instant of a check is its end: then its verdict was known, and the transition that follows
// from it has the same. All instants are wall-clock time, in the history to the millisecond.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/event.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/outages.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/saved_state.hpp"
#include "minitor/core/status.hpp"

namespace minitor {

// ---- what is written -------------------------------------------------------------------------

// So much of a check's output is kept: of one that was ok, and of one that was not. The latest
// check of a monitor is kept as it came.
inline constexpr std::size_t kKeptOkOutput = 256;
inline constexpr std::size_t kKeptOutput = 4096;

struct CheckRecord {
  std::string monitor;
  Timestamp at;  // its end
  Duration took{};
  Verdict verdict{};
  Verdict counted{};  // what the policy makes of it: unknown where it says nothing of its target
  std::string outcome = {};
  std::string output = {};
  bool output_cut = false;
  bool manual = false;  // asked for by a person, beside the schedule: changes no status
};

struct TransitionRecord {
  std::string monitor;
  Timestamp at;
  Status from{};
  Status to{};
  std::string reason;
  std::string incident;
  Timestamp first_failure;  // of the outage, where `to` is down
  std::string cause;        // what the check said that brought it down
};

struct NoticeRecord {
  std::shared_ptr<const Notice> notice;
  std::string alert;
  NoticeStage stage{};
  int attempt = 0;
  std::string detail;
  Timestamp at;
  std::optional<Timestamp> next_attempt;
};

// An incident that ends without a recovery.
struct ClosedRecord {
  std::string monitor;
  std::string incident;
  Timestamp at;
  std::string reason;
};

// A repair that ended, or was passed over (attempt 0).
struct RepairRecord {
  std::string monitor;
  Timestamp at;  // its start
  Duration took{};
  int step = 1;
  int attempt = 0;
  std::string outcome;
  std::string output;
};

// A notice that was due and was held back.
struct HeldRecord {
  std::string monitor;
  Timestamp at;
  NoticeKind kind{};
  std::string incident;  // empty: there is none yet
  std::string reason;
};

// Nothing is known of a monitor from `since` on, until a check of it counts.
struct UnobservedRecord {
  std::string monitor;
  Timestamp since;
  std::string reason;
};

// An overlay that began or ended. From a pause on nobody looks, until the next check that can tell.
struct OverlayRecord {
  std::string monitor;
  Timestamp at;
  OverlayKind kind{};
  RecordOverlay::What what{};
  Overlay overlay;
  std::string reason;
};

// Other monitors are watched from now on, and some are called otherwise: what is kept of those goes under
// the new name. What is no longer watched is unobserved.
struct WatchedRecord {
  Timestamp at;
  Renames renamed;
  std::vector<std::string> monitors;
};

using HistoryRecord =
    std::variant<CheckRecord, TransitionRecord, NoticeRecord, ClosedRecord, RepairRecord,
                 HeldRecord, UnobservedRecord, OverlayRecord, WatchedRecord>;

// The record of one effect, or none for an effect that is none. Takes the texts out of `effect`.
[[nodiscard]] std::optional<HistoryRecord> history_record(Effect& effect, const Config& config,
                                                          Timestamp when);

// What the plugin grammar calls performance data: what stands behind the first | of the first line,
// and behind the first | of what follows it.
[[nodiscard]] std::string performance_data(std::string_view output);

// ---- what is read ----------------------------------------------------------------------------

struct MonitorRow {
  std::string name;
  Status status{};
  Timestamp since;         // of the status
  bool watched = true;     // in the configuration of the daemon that wrote last
  std::string unobserved;  // why nothing is known of it at present; empty: it is observed
  std::optional<Timestamp> last_check;
  std::optional<Timestamp> last_success;
  Verdict last_verdict{};
  Duration last_took{};
  std::string last_outcome;
  std::string last_output;
};

struct CheckRow {
  std::int64_t id = 0;  // grows with time
  Timestamp at;
  Duration took{};
  Verdict verdict{};
  std::string outcome;
  std::string output;
  bool output_cut = false;
  bool manual = false;
  std::string perfdata;
};

struct IncidentRow {
  std::string id;
  std::string monitor;
  Timestamp first_failure;
  Timestamp down;
  std::optional<Timestamp> ended;
  std::string cause;        // what the check said that brought it down
  std::string closed;       // why it ended without a recovery; empty: it did not
  int delivered = 0;        // notices
  std::int64_t number = 0;  // grows with each
};

// What became of one notice at one alert.
struct NoticeRow {
  std::string id;
  std::string alert;
  std::string incident;  // empty for a test
  std::string monitor;
  NoticeKind kind{};
  NoticeStage stage{};  // the latest
  int attempts = 0;
  std::string reason;  // why it was to be sent
  std::string detail;  // what happened last: what the command said, why it was dropped
  Timestamp created;
  Timestamp updated;
  std::optional<Timestamp> next_attempt;
  std::int64_t number = 0;  // grows with each
};

// One attempt to repair a monitor, or a repair that was passed over.
struct RepairRow {
  std::int64_t number = 0;  // grows with each
  std::string monitor;
  Timestamp at;  // its start
  Duration took{};
  int step = 1;     // its place in `recover`, from 1
  int attempt = 0;  // of this step, from 1; 0: it was passed over
  std::string outcome;
  std::string output;
};

// A notice that was due and was not told then, with the reason; told later if it still holds.
struct HeldRow {
  std::int64_t number = 0;  // grows with each
  std::string monitor;
  std::string incident;  // empty: the monitor was not down yet
  NoticeKind kind{};
  Timestamp at;
  std::string reason;
};

// A pause, a silence or an acknowledgement: who, until when, why, and how it ended.
struct OverlayRow {
  std::int64_t number = 0;  // grows with each
  std::string monitor;
  OverlayKind kind{};
  Timestamp since;
  Timestamp until;  // as it was meant
  std::optional<Timestamp> ended;
  std::string by;
  std::string note;
  std::string end;  // why it ended; empty while it lasts
};

// Checks of one monitor in one stretch of time. The figures of duration are of those that told
// something (all but unknown).
struct Bucket {
  Timestamp start;
  std::int64_t ok = 0;  // warnings included
  std::int64_t failed = 0;
  std::int64_t unknown = 0;
  Duration total{};  // of the durations
  Duration shortest{};
  Duration longest{};

  [[nodiscard]] std::int64_t told() const { return ok + failed; }
  [[nodiscard]] Duration mean() const { return told() == 0 ? Duration{} : total / told(); }
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

enum class Resolution : std::uint8_t { minute, hour, day };
[[nodiscard]] Duration length(Resolution resolution);
// The start of the stretch that `when` lies in, in UTC.
[[nodiscard]] Timestamp floor(Timestamp when, Resolution resolution);

// Pages of more than this are cut to it.
inline constexpr int kMostRows = 1000;

struct ChecksQuery {
  std::string monitor;
  TimeRange range;
  std::optional<std::int64_t> before = {};  // only what stands behind this check: the next page
  bool only_bad = false;                    // neither ok nor warning
  int most = 100;
};
struct IncidentsQuery {
  std::string monitor;  // empty: of all
  TimeRange range;      // those that overlap it
  bool only_open = false;
  int most = 100;
  std::optional<std::int64_t> before = {};  // only smaller numbers: the next page
};
struct NoticesQuery {
  std::string monitor;   // empty: of all
  std::string incident;  // empty: of all
  TimeRange range;       // by creation
  int most = 100;
  std::optional<std::int64_t> before = {};  // only smaller numbers: the next page
};
// Of repairs, of what was held back, and of overlays (by their beginning).
struct PastQuery {
  std::string monitor;  // empty: of all
  TimeRange range;
  int most = 100;
  std::optional<std::int64_t> before = {};  // only smaller numbers: the next page
};

// Reading. Every call may take as long as a disk takes, so none is for the loop's thread: the store
// room's `HistoryReader` runs work on a thread of its own and brings the result back.
// A failure is a HistoryError.
class HistoryReads {
 public:
  virtual ~HistoryReads() = default;

  // What the daemon saved last: a little older than what it knows. What cannot be read of it is left out.
  [[nodiscard]] virtual SavedState load() { return {}; }

  // All that were ever watched and not thinned out, by name.
  [[nodiscard]] virtual std::vector<MonitorRow> monitors() = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<CheckRow> checks(const ChecksQuery& query) = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<IncidentRow> incidents(const IncidentsQuery& query) = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<NoticeRow> notices(const NoticesQuery& query) = 0;
  // Newest first. Those of an incident are those of its monitor from its first failure to its end.
  [[nodiscard]] virtual std::vector<RepairRow> repairs(const PastQuery& query) = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<HeldRow> held(const PastQuery& query) = 0;
  // Newest first.
  [[nodiscard]] virtual std::vector<OverlayRow> overlays(const PastQuery& query) = 0;
  // What each monitor was in `range` (the name empty: all of them), for uptime() and outages().
  [[nodiscard]] virtual std::map<std::string, Timeline> timelines(const std::string& monitor,
                                                                  TimeRange range) = 0;
  // The stretches in which there were checks, whole ones, oldest first: from the one that holds the
  // beginning of `range` to the last that begins before its end. The present one as far as it has
  // come.
  [[nodiscard]] virtual std::vector<Bucket> buckets(const std::string& monitor, TimeRange range,
                                                    Resolution resolution) = 0;
};

// How page, API and command line ask without waiting: `work` runs on the reader's thread and puts what
// it needs into something that it shares with `done`; `done` runs on the loop's thread after it, with
// "" or with why the history could not be read. So one page is one question.
//   auto rows = std::make_shared<std::vector<MonitorRow>>();
//   ask([rows](HistoryReads& history) { *rows = history.monitors(); },
//       [rows](const std::string& error) { … });
using HistoryWork = std::function<void(HistoryReads&)>;
using HistoryDone = std::function<void(const std::string& error)>;
using AskHistory = std::function<void(HistoryWork, HistoryDone)>;

// Why the history could not be read or written, in words for the user.
class HistoryError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Uptime of one monitor over the usual periods that end at `now`.
struct Uptimes {
  Uptime day, week, month, quarter;  // 24 hours, 7, 30 and 90 days
};
[[nodiscard]] Uptimes uptimes(const Timeline& timeline, Timestamp now);

// The last `days` days, UTC, the present one last: the bars of a page.
struct DayBar {
  Timestamp start;
  Uptime uptime;
  int outages = 0;  // that began in it
};
[[nodiscard]] std::vector<DayBar> day_bars(const Timeline& timeline, Timestamp now, int days);

// A resolution at which `range` has at most about `points` points.
[[nodiscard]] Resolution fitting_resolution(TimeRange range, int points);

}  // namespace minitor
