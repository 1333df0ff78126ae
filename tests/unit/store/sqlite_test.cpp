// What only a file can suffer: damage, other programs, newer ones, too little room.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "minitor/core/saved_json.hpp"
#include "minitor/store/open_history.hpp"
#include "minitor/store/schema.hpp"
#include "minitor/store/sqlite_history.hpp"
#include "tests/catch.hpp"
#include "tests/unit/store/folder.hpp"
#include "tests/unit/store/past.hpp"

namespace minitor {
namespace {

using store_test::Folder;
using store_test::Past;

const Timestamp kNow{std::chrono::seconds{1795219200}};

SavedMonitor some_monitor(const std::string& name) {
  SavedMonitor monitor;
  monitor.name = name;
  monitor.policy.status = Status::down;
  monitor.policy.failures = 7;
  monitor.policy.failures_at_down = 3;
  monitor.policy.alerts = 2;
  monitor.policy.first_failure = {Monotonic{std::chrono::seconds{5}}, kNow};
  monitor.policy.last_success = kNow - std::chrono::hours{1};
  monitor.last_alert = {Monotonic{std::chrono::seconds{9}}, kNow};
  monitor.incident = "t-i1";
  monitor.due = {Monotonic{std::chrono::seconds{30}}, kNow + std::chrono::seconds{25}};
  monitor.counters.ok = 12345678901234;
  monitor.counters.last_ok_took = std::chrono::nanoseconds{1234567};
  monitor.delivered = {{"mail", 3}, {"it's \"odd\"", 1}};
  return monitor;
}

SavedIncident some_incident() {
  auto notice = std::make_shared<Notice>();
  notice->id = "t-n2";
  notice->incident = "t-i1";
  notice->kind = NoticeKind::problem;
  notice->monitor = "blog";
  notice->labels = {{"site", "attic"}, {"team", "ünïcode"}};
  notice->output = "line\nwith \"quotes\" and \t tabs \x01 and \\";
  notice->created = kNow;
  notice->first_failure = kNow;
  SavedIncident incident;
  incident.id = "t-i1";
  incident.monitor = "blog";
  incident.notices = {{notice, {"mail", "chat"}}};
  incident.entries = {{"mail", "t-n2", 7, 1, 2, Moment{Monotonic{std::chrono::seconds{3}}, kNow}},
                      {"chat", "t-n2", 8, 0, 0, std::nullopt}};
  incident.down = {"mail", "chat"};
  incident.by = {"", "chat"};
  incident.recovery_order = 9;
  return incident;
}

void scribble(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file << "this is no database at all, and never was one";
}

}  // namespace

TEST_CASE("the state comes back as it was saved") {
  Folder folder;
  {
    SqliteHistory history(folder.file("h.db"), Database::Mode::write);
    history.begin({"one", "test", kNow, {"blog"}});
    HistoryBatch batch;
    batch.now = kNow;
    batch.changes = {SavedLife{"boot", "one"}, some_monitor("blog"), some_monitor("gone"),
                     some_incident(), ForgetMonitor{"gone"}};
    history.write(batch);
  }
  SqliteHistory history(folder.file("h.db"), Database::Mode::write);
  const SavedState state = history.load();
  CHECK(state.life == SavedLife{"boot", "one"});
  REQUIRE(state.monitors.size() == 1);
  SavedMonitor expected = some_monitor("blog");
  expected.policy.last_alert = {};  // stands in last_alert, on both clocks
  CHECK(state.monitors.front() == expected);
  REQUIRE(state.incidents.size() == 1);
  CHECK(saved_json(state.incidents.front()) == saved_json(some_incident()));
  const Notice& notice = *state.incidents.front().notices.front().notice;
  CHECK(notice.output == some_incident().notices.front().notice->output);
  CHECK(notice.labels == some_incident().notices.front().notice->labels);
}

TEST_CASE("what is no saved state is left out, and numbers come back within bounds") {
  for (const char* text : {"", "{", "[]", "{}", "null", "{\"name\":5}", "{\"name\":\"\"}",
                           "{\"name\":\"x\"", "\"name\"", "{\"name\":\"x\"}x"}) {
    INFO(text);
    CHECK_FALSE(saved_monitor(text));
  }
  const auto monitor = saved_monitor(
      R"({"name":"x","policy":{"status":"weird","failures":-3,"failures_at_down":99,)"
      R"("alerts":99999999999999,"first_failure":{"monotonic":9223372036854775807}},"due":7,)"
      R"("counters":[],"delivered":{"mail":-1}})");
  REQUIRE(monitor);
  CHECK(monitor->policy.status == Status::unknown);
  CHECK(monitor->policy.failures == 0);
  CHECK(monitor->policy.failures_at_down == 0);
  CHECK(monitor->policy.alerts == std::numeric_limits<int>::max());
  CHECK(monitor->delivered.at("mail") == 0);
  CHECK(monitor->policy.first_failure.monotonic.time_since_epoch() <
        std::chrono::hours{24 * 40000});
}

TEST_CASE("a damaged file is set aside and a new one begun") {
  Folder folder;
  const std::string path = folder.file("h.db");
  { SqliteHistory history(path, Database::Mode::write); }
  scribble(path);
  const OpenedHistory opened = open_history(path, kNow);
  CHECK(opened.warning.find("is damaged") != std::string::npos);
  CHECK(std::filesystem::exists(path + ".damaged-2026-11-21T000000Z"));
  CHECK(opened.state.monitors.empty());
  Past past(1);
  past.live({opened.history.get()}, 20);
  CHECK_FALSE(opened.history->monitors().empty());
  CHECK(open_history(folder.file("new/folder/h.db"), kNow).warning.empty());
}

TEST_CASE("a file of a newer minitor or of another program is refused and left alone") {
  Folder folder;
  const std::string path = folder.file("h.db");
  {
    Database database(path, Database::Mode::write);
    prepare_schema(database);
    database.execute("PRAGMA user_version = 99");
  }
  CHECK_THROWS_AS(open_history(path, kNow), HistoryRefused);
  CHECK_THROWS_AS(open_for_reading(path), HistoryRefused);
  const std::string other = folder.file("other.db");
  {
    Database database(other, Database::Mode::write);
    database.execute("CREATE TABLE theirs (x)");
  }
  CHECK_THROWS_AS(open_history(other, kNow), HistoryRefused);
  CHECK(Database(other, Database::Mode::read).number("SELECT count(*) FROM sqlite_schema") == 1);
  CHECK_THROWS_AS(open_for_reading(folder.file("none.db")), HistoryError);
}

TEST_CASE("a file of the first schema is brought up to the present one") {
  Folder folder;
  const std::string path = folder.file("h.db");
  Past past(4);
  {
    SqliteHistory history(path, Database::Mode::write);
    past.live({&history}, 50);
  }
  Database(path, Database::Mode::write)
      .execute("DROP TABLE repairs; DROP TABLE held; PRAGMA user_version = 1");
  CHECK_THROWS_AS(SqliteHistory(path, Database::Mode::read), HistoryError);
  SqliteHistory history(path, Database::Mode::write);
  HistoryBatch batch;
  batch.now = past.now();
  batch.records.emplace_back(RepairRecord{"blog", past.now(), {}, 1, 2, "exit 0", "done"});
  history.write(batch);
  const TimeRange ever{Timestamp{}, past.now() + std::chrono::hours{1}};
  REQUIRE(history.repairs({"blog", ever}).size() == 1);
  CHECK(history.repairs({"blog", ever})[0].output == "done");
  CHECK_FALSE(history.checks({"blog", ever}).empty());
}

TEST_CASE("a batch is written as a whole or not at all") {
  Folder folder;
  SqliteHistory history(folder.file("h.db"), Database::Mode::write);
  history.begin({"one", "test", kNow, {"blog"}});
  Database other(folder.file("h.db"), Database::Mode::write);
  // The state's place is taken away: the last of the batch fails.
  other.execute("ALTER TABLE state RENAME TO elsewhere");
  HistoryBatch batch;
  batch.now = kNow;
  batch.records.emplace_back(CheckRecord{"new one", kNow, {}, Verdict::ok, Verdict::ok, "exit 0"});
  batch.changes = {some_monitor("blog")};
  CHECK_THROWS_AS(history.write(batch), HistoryError);
  CHECK(other.number("SELECT count(*) FROM checks") == 0);
  other.execute("ALTER TABLE elsewhere RENAME TO state");
  history.write(batch);
  CHECK(other.number("SELECT count(*) FROM checks JOIN monitors ON monitors.id = monitor") == 1);
  CHECK(other.number("SELECT count(*) FROM state") == 1);
}

TEST_CASE("old things go, days stay, and the file gets smaller") {
  Folder folder;
  const std::string path = folder.file("h.db");
  SqliteHistory history(path, Database::Mode::write);
  Past past(5);
  past.live({&history}, 6000);
  Retention retention;
  retention.checks = std::chrono::hours{24};
  retention.minutes = std::chrono::hours{48};
  const auto number = [&](const char* sql) {
    return Database(path, Database::Mode::read).number(sql);
  };
  const std::int64_t before = number("SELECT count(*) FROM checks");
  const std::int64_t told = number("SELECT count(*) FROM checks WHERE counted <> 'unknown'");
  const std::int64_t pages = number("PRAGMA page_count");
  while (history.tidy(retention, past.now())) {
  }
  for (int i = 0; i < 50; ++i) (void)history.tidy(retention, past.now());
  CHECK(number("SELECT count(*) FROM checks") < before / 2);
  const auto days = history.buckets("blog", {Timestamp{}, past.now()}, Resolution::day);
  CHECK_FALSE(days.empty());
  CHECK(number("SELECT sum(ok + failed) FROM days") == told);
  CHECK(number("SELECT count(*) FROM days WHERE up + down > 0") > 3);
  CHECK(number("PRAGMA page_count") < pages * 9 / 10);

  const std::int64_t days_kept = number("SELECT count(*) FROM days");
  retention.max_bytes = 300'000;
  for (int i = 0; i < 500 && history.tidy(retention, past.now()); ++i) {
  }
  for (int i = 0; i < 20; ++i) (void)history.tidy(retention, past.now());
  CHECK(number("PRAGMA page_count") * 4096 <= 450'000);
  CHECK(number("SELECT count(*) FROM days") == days_kept);
}

}  // namespace minitor
