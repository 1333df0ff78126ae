// Reading: what page, API and command line ask for.
#include <algorithm>
#include <array>
#include <limits>

#include "minitor/store/columns.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {
namespace {

constexpr std::array kStatuses{Status::unknown, Status::up, Status::failing, Status::down};
constexpr std::array kVerdicts{Verdict::unknown, Verdict::ok, Verdict::warning, Verdict::failure};
constexpr std::array kKinds{NoticeKind::problem, NoticeKind::reminder, NoticeKind::recovery,
                            NoticeKind::test, NoticeKind::repaired};
constexpr std::array kStages{NoticeStage::intended, NoticeStage::delivered, NoticeStage::failed,
                             NoticeStage::given_up, NoticeStage::dropped};

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

int rows(int most) { return std::clamp(most, 1, kMostRows); }

std::optional<Timestamp> maybe_time(const Statement& row, int at) {
  return row.is_null(at) ? std::nullopt : std::optional{timestamp(row.integer(at))};
}

Bucket bucket_of(const Statement& row) {
  return {
      timestamp(row.integer(0)), row.integer(1),           row.integer(2),          row.integer(3),
      duration(row.integer(4)),  duration(row.integer(5)), duration(row.integer(6))};
}

}  // namespace

std::optional<std::int64_t> SqliteHistory::id_of(const std::string& monitor) {
  Statement& one = database_.statement("SELECT id FROM monitors WHERE name = ?1").with(monitor);
  if (!one.step()) return std::nullopt;
  const std::int64_t id = one.integer(0);
  one.reset();
  return id;
}

std::vector<MonitorRow> SqliteHistory::monitors() {
  std::vector<MonitorRow> result;
  Statement& all = database_.statement(
      "SELECT name, status, since, watched, coalesce((SELECT reason FROM gaps WHERE "
      "monitor = monitors.id AND until IS NULL LIMIT 1), ''), last_check, last_success, "
      "last_verdict, last_duration, last_outcome, last_output FROM monitors ORDER BY name");
  all.with();
  while (all.step()) {
    MonitorRow row;
    row.name = all.text(0);
    row.status = from_name(all.text(1), kStatuses);
    row.since = timestamp(all.integer(2));
    row.watched = all.integer(3) != 0;
    row.unobserved = all.text(4);
    row.last_check = maybe_time(all, 5);
    row.last_success = maybe_time(all, 6);
    row.last_verdict = from_name(all.text(7), kVerdicts);
    row.last_took = duration(all.integer(8));
    row.last_outcome = all.text(9);
    row.last_output = all.text(10);
    result.push_back(std::move(row));
  }
  return result;
}

std::vector<CheckRow> SqliteHistory::checks(const ChecksQuery& query) {
  std::vector<CheckRow> result;
  const auto monitor = id_of(query.monitor);
  if (!monitor) return result;
  // Behind this one: a clock that was set back makes later checks stand behind earlier ones.
  std::optional<std::int64_t> last;
  if (query.before) {
    Statement& one = database_.statement("SELECT at FROM checks WHERE id = ?1 AND monitor = ?2");
    one.with(*query.before, *monitor);
    if (one.step()) last = one.integer(0);
    one.reset();
  }
  Statement& all = database_.statement(
      "SELECT id, at, duration, verdict, outcome, output, output_cut, manual, perfdata FROM checks "
      "WHERE monitor = ?1 AND at >= ?2 AND at < ?3 AND at <= ?4 AND (at < ?8 OR id < ?7) "
      "AND (?5 = 0 OR verdict NOT IN ('ok', 'warning')) ORDER BY at DESC, id DESC LIMIT ?6");
  all.with(*monitor, column(query.range.from), column(query.range.to), last.value_or(kNoLimit),
           query.only_bad ? 1 : 0, rows(query.most), query.before.value_or(kNoLimit),
           last.value_or(0));
  while (all.step()) {
    result.push_back({all.integer(0), timestamp(all.integer(1)), duration(all.integer(2)),
                      from_name(all.text(3), kVerdicts), all.text(4), all.text(5),
                      all.integer(6) != 0, all.integer(7) != 0, all.text(8)});
  }
  return result;
}

std::vector<IncidentRow> SqliteHistory::incidents(const IncidentsQuery& query) {
  std::vector<IncidentRow> result;
  Statement& all = database_.statement(
      "SELECT number, incidents.id, monitors.name, first_failure, down, ended, cause, closed, "
      "(SELECT count(*) FROM notices WHERE incident = incidents.id AND stage = 'delivered') "
      "FROM incidents JOIN monitors ON monitors.id = monitor "
      "WHERE (?1 = '' OR monitors.name = ?1) AND first_failure < ?3 "
      "AND (ended IS NULL OR (ended >= ?2 AND ?4 = 0)) AND number < ?6 "
      "ORDER BY number DESC LIMIT ?5");
  all.with(query.monitor, column(query.range.from), column(query.range.to), query.only_open ? 1 : 0,
           rows(query.most), query.before.value_or(kNoLimit));
  while (all.step()) {
    result.push_back({all.text(1), all.text(2), timestamp(all.integer(3)),
                      timestamp(all.integer(4)), maybe_time(all, 5), all.text(6), all.text(7),
                      static_cast<int>(all.integer(8)), all.integer(0)});
  }
  return result;
}

std::vector<NoticeRow> SqliteHistory::notices(const NoticesQuery& query) {
  std::vector<NoticeRow> result;
  Statement& all = database_.statement(
      "SELECT number, id, alert, incident, monitor, kind, stage, attempts, reason, detail, "
      "created, "
      "updated, next_attempt FROM notices WHERE (?1 = '' OR monitor = ?1) "
      "AND (?2 = '' OR incident = ?2) AND created >= ?3 AND created < ?4 "
      "AND number < ?6 ORDER BY number DESC LIMIT ?5");
  all.with(query.monitor, query.incident, column(query.range.from), column(query.range.to),
           rows(query.most), query.before.value_or(kNoLimit));
  while (all.step()) {
    result.push_back({all.text(1), all.text(2), all.text(3), all.text(4),
                      from_name(all.text(5), kKinds), from_name(all.text(6), kStages),
                      static_cast<int>(all.integer(7)), all.text(8), all.text(9),
                      timestamp(all.integer(10)), timestamp(all.integer(11)), maybe_time(all, 12),
                      all.integer(0)});
  }
  return result;
}

std::vector<RepairRow> SqliteHistory::repairs(const PastQuery& query) {
  std::vector<RepairRow> result;
  Statement& all = database_.statement(
      "SELECT number, name, at, duration, step, attempt, outcome, output FROM repairs "
      "JOIN monitors ON monitors.id = monitor WHERE (?1 = '' OR name = ?1) AND at >= ?2 "
      "AND at < ?3 AND number < ?4 ORDER BY number DESC LIMIT ?5");
  all.with(query.monitor, column(query.range.from), column(query.range.to),
           query.before.value_or(kNoLimit), rows(query.most));
  while (all.step()) {
    result.push_back({all.integer(0), all.text(1), timestamp(all.integer(2)),
                      duration(all.integer(3)), static_cast<int>(all.integer(4)),
                      static_cast<int>(all.integer(5)), all.text(6), all.text(7)});
  }
  return result;
}

std::vector<HeldRow> SqliteHistory::held(const PastQuery& query) {
  std::vector<HeldRow> result;
  Statement& all = database_.statement(
      "SELECT number, name, incident, kind, at, reason FROM held "
      "JOIN monitors ON monitors.id = monitor WHERE (?1 = '' OR name = ?1) AND at >= ?2 "
      "AND at < ?3 AND number < ?4 ORDER BY number DESC LIMIT ?5");
  all.with(query.monitor, column(query.range.from), column(query.range.to),
           query.before.value_or(kNoLimit), rows(query.most));
  while (all.step()) {
    result.push_back({all.integer(0), all.text(1), all.text(2), from_name(all.text(3), kKinds),
                      timestamp(all.integer(4)), all.text(5)});
  }
  return result;
}

std::map<std::string, Timeline> SqliteHistory::timelines(const std::string& monitor,
                                                         TimeRange range) {
  std::map<std::string, Timeline> result;
  std::unordered_map<std::int64_t, Timeline*> by_id;
  const Timestamp known_until =
      timestamp(database_.number("SELECT coalesce(max(alive), 0) FROM lives"));
  // What was before that, only days tell.
  const std::int64_t thinned = database_.number(
      "SELECT coalesce((SELECT done FROM progress WHERE what = 'transitions thinned'), 0)");
  const std::int64_t from = std::max(column(range.from), thinned);
  const std::int64_t to = column(range.to);
  const std::int64_t only = monitor.empty() ? 0 : id_of(monitor).value_or(-1);
  Statement& before = database_.statement(
      only == 0 ? std::string_view{"SELECT id, name, coalesce((SELECT after FROM transitions WHERE "
                                   "monitor = monitors.id AND at < ?1 ORDER BY at DESC, id DESC "
                                   "LIMIT 1), 'unknown') FROM monitors"}
                : std::string_view{"SELECT id, name, coalesce((SELECT after FROM transitions WHERE "
                                   "monitor = monitors.id AND at < ?1 ORDER BY at DESC, id DESC "
                                   "LIMIT 1), 'unknown') FROM monitors WHERE id = ?2"});
  before.with(from);
  if (only != 0) before.with(from, only);
  while (before.step()) {
    Timeline& timeline = result[before.text(1)];
    timeline.before = from_name(before.text(2), kStatuses);
    timeline.known_until = known_until;
    by_id[before.integer(0)] = &timeline;
  }
  // In the order of their ids: the order in which they happened, whatever the clock said.
  Statement& changes = database_.statement(
      only == 0 ? std::string_view{"SELECT monitor, at, after, reason, incident FROM transitions "
                                   "WHERE at >= ?1 AND at < ?2 ORDER BY id"}
                : std::string_view{"SELECT monitor, at, after, reason, incident FROM transitions "
                                   "WHERE at >= ?1 AND at < ?2 AND monitor = ?3 ORDER BY id"});
  changes.with(from, to);
  if (only != 0) changes.with(from, to, only);
  while (changes.step()) {
    const auto found = by_id.find(changes.integer(0));
    if (found == by_id.end()) continue;
    found->second->changes.push_back({timestamp(changes.integer(1)),
                                      from_name(changes.text(2), kStatuses), changes.text(3),
                                      changes.text(4)});
  }
  Statement& gaps = database_.statement(
      only == 0
          ? std::string_view{"SELECT monitor, since, until, reason FROM gaps WHERE since < ?2 "
                             "AND (until IS NULL OR until > ?1) ORDER BY since, id"}
          : std::string_view{"SELECT monitor, since, until, reason FROM gaps WHERE since < ?2 "
                             "AND (until IS NULL OR until > ?1) AND monitor = ?3 "
                             "ORDER BY since, id"});
  gaps.with(from, to);
  if (only != 0) gaps.with(from, to, only);
  while (gaps.step()) {
    const auto found = by_id.find(gaps.integer(0));
    if (found == by_id.end()) continue;
    found->second->gaps.push_back({timestamp(gaps.integer(1)), maybe_time(gaps, 2), gaps.text(3)});
  }
  if (column(range.from) >= thinned) return result;
  for (auto& [id, timeline] : by_id) {
    timeline->known_from = timestamp(thinned);
    Statement& days = database_.statement(
        "SELECT at, up, down FROM days WHERE monitor = ?1 AND at >= ?2 AND at < ?3 "
        "AND up IS NOT NULL ORDER BY at");
    days.with(id, column(floor(range.from, Resolution::day)), std::min(to, thinned));
    while (days.step())
      timeline->days.push_back({timestamp(days.integer(0)),
                                std::chrono::milliseconds{days.integer(1)},
                                std::chrono::milliseconds{days.integer(2)}});
  }
  return result;
}

std::vector<Bucket> SqliteHistory::buckets(const std::string& monitor, TimeRange range,
                                           Resolution resolution) {
  const auto id = id_of(monitor);
  if (!id) return {};
  // One picture of both, whatever the writer does meanwhile.
  database_.execute("BEGIN");
  std::map<std::int64_t, Bucket> found;
  try {
    constexpr std::string_view kMinutes =
        "SELECT at, ok, failed, unknown, total, shortest, longest FROM minutes "
        "WHERE monitor = ?1 AND at >= ?2 AND at < ?3";
    constexpr std::string_view kHours =
        "SELECT at, ok, failed, unknown, total, shortest, longest FROM hours "
        "WHERE monitor = ?1 AND at >= ?2 AND at < ?3";
    constexpr std::string_view kDays =
        "SELECT at, ok, failed, unknown, total, shortest, longest FROM days "
        "WHERE monitor = ?1 AND at >= ?2 AND at < ?3 AND ok + failed + unknown > 0";
    std::string_view sql = kDays;
    if (resolution == Resolution::minute) sql = kMinutes;
    if (resolution == Resolution::hour) sql = kHours;
    Statement& all = database_.statement(sql);
    all.with(*id, column(floor(range.from, resolution)), column(range.to));
    while (all.step()) found[all.integer(0)] = bucket_of(all);
    add_unrolled(found, *id, range, resolution);
  } catch (...) {
    database_.execute("ROLLBACK");
    throw;
  }
  database_.execute("COMMIT");
  std::vector<Bucket> result;
  result.reserve(found.size());
  for (const auto& [at, bucket] : found) result.push_back(bucket);
  return result;
}

// Adds the checks that no roll-up knows yet.
void SqliteHistory::add_unrolled(std::map<std::int64_t, Bucket>& buckets, std::int64_t monitor,
                                 TimeRange range, Resolution resolution) {
  Statement& fresh = database_.statement(
      "SELECT at, counted, duration FROM checks WHERE id > coalesce((SELECT done FROM progress "
      "WHERE what = 'rolled up'), 0) AND +monitor = ?1 AND +at >= ?2 AND +at < ?3 AND manual = 0");
  fresh.with(monitor, column(floor(range.from, resolution)),
             column(floor(range.to - Duration{1}, resolution) + length(resolution)));
  while (fresh.step()) {
    const Timestamp start = floor(timestamp(fresh.integer(0)), resolution);
    Bucket& bucket = buckets[column(start)];
    bucket.start = start;
    const Verdict counted = from_name(fresh.text(1), kVerdicts);
    if (counted == Verdict::unknown) {
      ++bucket.unknown;
      continue;
    }
    const Duration took = duration(fresh.integer(2));
    bucket.shortest = bucket.told() == 0 ? took : std::min(bucket.shortest, took);
    bucket.longest = std::max(bucket.longest, took);
    bucket.total += took;
    ++(counted == Verdict::failure ? bucket.failed : bucket.ok);
  }
}

}  // namespace minitor
