// Tidying up: rolling up, thinning out, giving space back. Each step is a transaction of its own and
// over in milliseconds, so that what is to be written never waits long.
#include <fmt/format.h>

#include <algorithm>

#include "minitor/store/columns.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {
namespace {

constexpr std::int64_t kDay = 86'400'000;
// How far something has come, in the table `progress`.
constexpr const char* kDaysCounted = "days";
constexpr const char* kThinned = "transitions thinned";
// However small the file has to be, so much of the raw checks stays.
constexpr std::int64_t kLeastChecks = 1000;

void set_progress(Database& database, const char* what, std::int64_t done) {
  database
      .statement(
          "INSERT INTO progress (what, done) VALUES (?1, ?2) "
          "ON CONFLICT (what) DO UPDATE SET done = excluded.done")
      .with(std::string_view{what}, done)
      .run();
}

std::int64_t progress(Database& database, const char* what) {
  Statement& one = database.statement("SELECT done FROM progress WHERE what = ?1");
  one.with(std::string_view{what});
  if (!one.step()) return 0;
  const std::int64_t done = one.integer(0);
  one.reset();
  return done;
}

// Checks after ?1 up to ?2, rolled up into stretches of ?3 milliseconds.
std::string roll_up_sql(const char* table) {
  return fmt::format(
      "INSERT INTO {} (monitor, at, ok, failed, unknown, total, shortest, longest) "
      "SELECT monitor, at / ?3 * ?3, sum(counted IN ('ok', 'warning')), sum(counted = 'failure'), "
      "sum(counted = 'unknown'), sum(iif(counted = 'unknown', 0, duration)), "
      "coalesce(min(iif(counted = 'unknown', NULL, duration)), 0), "
      "coalesce(max(iif(counted = 'unknown', NULL, duration)), 0) "
      "FROM checks WHERE id > ?1 AND id <= ?2 AND manual = 0 GROUP BY 1, 2 "
      "ON CONFLICT (monitor, at) DO UPDATE SET "
      "shortest = iif(excluded.ok + excluded.failed = 0, shortest, "
      "iif(ok + failed = 0, excluded.shortest, min(shortest, excluded.shortest))), "
      "longest = max(longest, excluded.longest), ok = ok + excluded.ok, "
      "failed = failed + excluded.failed, unknown = unknown + excluded.unknown, "
      "total = total + excluded.total",
      table);
}

}  // namespace

bool SqliteHistory::tidy(const Retention& retention, Timestamp now) {
  const auto before = [&](Duration kept) { return column(now - kept); };
  bool more = roll_up();
  more = count_days(now) || more;
  more = drop_old_checks(before(retention.checks)) || more;
  more = drop_old_buckets(before(retention.minutes), before(retention.hours)) || more;
  more = keep_within(retention.max_bytes, now) || more;
  database_.execute(fmt::format("PRAGMA incremental_vacuum({})", kPagesPerStep));
  return more;
}

bool SqliteHistory::roll_up() {
  static const std::string minutes = roll_up_sql("minutes");
  static const std::string hours = roll_up_sql("hours");
  static const std::string days = roll_up_sql("days");
  const std::int64_t done = progress(database_, "rolled up");
  const std::int64_t last = database_.number("SELECT coalesce(max(id), 0) FROM checks");
  if (last <= done) return false;
  const std::int64_t until = std::min(last, done + kChecksPerStep);
  Transaction step(database_);
  database_.statement(minutes).with(done, until, std::int64_t{60'000}).run();
  database_.statement(hours).with(done, until, std::int64_t{3'600'000}).run();
  database_.statement(days).with(done, until, kDay).run();
  set_progress(database_, "rolled up", until);
  step.commit();
  return until < last;
}

// What a day was: up, down, and the rest of it not observed. Counted once it is over.
bool SqliteHistory::count_days(Timestamp now) {
  const std::int64_t today = column(now) / kDay * kDay;
  std::int64_t day = progress(database_, kDaysCounted);
  if (day == 0) {
    day = database_.number("SELECT coalesce(min(at), 0) FROM transitions") / kDay * kDay;
    if (day == 0) return false;
  }
  if (day >= today) return false;
  const TimeRange range{timestamp(day), timestamp(day + kDay)};
  const auto all = timelines("", range);
  Transaction step(database_);
  for (const auto& [name, timeline] : all) {
    const Uptime of_day = uptime(timeline, range);
    if (of_day.up + of_day.down == Duration::zero()) continue;
    database_
        .statement(
            "INSERT INTO days (monitor, at, ok, failed, unknown, total, shortest, longest, "
            "up, down) VALUES (?1, ?2, 0, 0, 0, 0, 0, 0, ?3, ?4) "
            "ON CONFLICT (monitor, at) DO UPDATE SET up = excluded.up, down = excluded.down")
        .with(known(name).id, day, column(of_day.up) / 1000, column(of_day.down) / 1000)
        .run();
  }
  set_progress(database_, kDaysCounted, day + kDay);
  step.commit();
  return day + kDay < today;
}

bool SqliteHistory::drop_old_checks(std::int64_t before) {
  return database_
             .statement(
                 "DELETE FROM checks WHERE id IN (SELECT id FROM checks WHERE id <= "
                 "coalesce((SELECT done FROM progress WHERE what = 'rolled up'), 0) "
                 "ORDER BY id LIMIT ?2) AND at < ?1")
             .with(before, kRowsPerStep)
             .run() > 0;
}

// A few monitors at a time, round and round; true until all have had their turn.
bool SqliteHistory::drop_old_buckets(std::int64_t minutes_before, std::int64_t hours_before) {
  std::vector<std::int64_t> monitors;
  Statement& some =
      database_.statement("SELECT id FROM monitors WHERE id > ?1 ORDER BY id LIMIT ?2");
  some.with(thinned_until_, kMonitorsPerStep);
  while (some.step()) monitors.push_back(some.integer(0));
  if (monitors.empty()) {
    thinned_until_ = 0;
    return false;
  }
  Transaction step(database_);
  for (const std::int64_t monitor : monitors) {
    database_.statement("DELETE FROM minutes WHERE monitor = ?1 AND at < ?2")
        .with(monitor, minutes_before)
        .run();
    database_.statement("DELETE FROM hours WHERE monitor = ?1 AND at < ?2")
        .with(monitor, hours_before)
        .run();
  }
  step.commit();
  thinned_until_ = monitors.back();
  return true;
}

std::int64_t SqliteHistory::used_bytes() {
  return (database_.number("PRAGMA page_count") - database_.number("PRAGMA freelist_count")) *
         database_.number("PRAGMA page_size");
}

// What is most and says least goes first: the oldest raw checks, then minutes, hours, and at last
// what happened long ago. Days stay.
bool SqliteHistory::keep_within(std::int64_t max_bytes, Timestamp now) {
  if (used_bytes() <= max_bytes) return false;
  if (database_.number("SELECT count(*) FROM (SELECT 1 FROM checks LIMIT 1001)") > kLeastChecks) {
    return database_
               .statement(
                   "DELETE FROM checks WHERE id IN (SELECT id FROM checks WHERE id <= "
                   "coalesce((SELECT done FROM progress WHERE what = 'rolled up'), 0) "
                   "ORDER BY id LIMIT ?1)")
               .with(kRowsPerStep)
               .run() > 0;
  }
  const auto thin = [&](std::string_view oldest, std::string_view drop, std::int64_t step) {
    const std::int64_t from = database_.number(oldest);
    if (from == 0 || from >= column(now) - step) return false;
    return database_.statement(drop).with(from + step).run() > 0;
  };
  if (thin("SELECT coalesce(min(at), 0) FROM minutes", "DELETE FROM minutes WHERE at < ?1", kDay))
    return true;
  if (thin("SELECT coalesce(min(at), 0) FROM hours", "DELETE FROM hours WHERE at < ?1", 7 * kDay))
    return true;
  if (thin("SELECT coalesce(min(created), 0) FROM notices",
           "DELETE FROM notices WHERE created < ?1 AND stage IN ('delivered', 'given_up', "
           "'dropped')",
           30 * kDay))
    return true;
  if (thin("SELECT coalesce(min(at), 0) FROM repairs", "DELETE FROM repairs WHERE at < ?1",
           30 * kDay))
    return true;
  if (thin("SELECT coalesce(min(at), 0) FROM held", "DELETE FROM held WHERE at < ?1", 30 * kDay))
    return true;
  return drop_old_transitions(now);
}

// From here on days tell of that time. The last change before it stays: it says what the monitor has
// been since.
bool SqliteHistory::drop_old_transitions(Timestamp now) {
  const std::int64_t done = progress(database_, kThinned);
  Statement& first =
      database_.statement("SELECT coalesce(min(at), 0) FROM transitions WHERE at >= ?1").with(done);
  first.step();
  const std::int64_t oldest = first.integer(0);
  first.reset();
  if (oldest == 0 || oldest >= column(now) - 30 * kDay) return false;
  const std::int64_t until =
      std::min((oldest / kDay + 30) * kDay, progress(database_, kDaysCounted));
  if (until <= oldest) return false;
  Transaction step(database_);
  database_
      .statement(
          "DELETE FROM transitions WHERE at < ?1 AND id NOT IN (SELECT coalesce((SELECT id FROM "
          "transitions AS one WHERE one.monitor = monitors.id AND at < ?1 "
          "ORDER BY at DESC, id DESC LIMIT 1), 0) FROM monitors)")
      .with(until)
      .run();
  database_.statement("DELETE FROM gaps WHERE until < ?1").with(until).run();
  set_progress(database_, kThinned, until);
  step.commit();
  return true;
}

}  // namespace minitor
