// What a reload changes in a history: names, and what is watched.
#include <algorithm>

#include "folder.hpp"
#include "minitor/store/memory_history.hpp"
#include "minitor/store/sqlite_history.hpp"
#include "past.hpp"
#include "tests/catch.hpp"

namespace minitor {
namespace {

using store_test::Folder;
using store_test::Past;

const TimeRange kEver{Timestamp{}, Timestamp{std::chrono::hours{24 * 365 * 90}}};

std::vector<std::string> watched(HistoryReads& history) {
  std::vector<std::string> names;
  for (const MonitorRow& row : history.monitors()) {
    if (row.watched) names.push_back(row.name);
  }
  return names;
}

}  // namespace

TEST_CASE("a renamed monitor takes its history along, and what is gone is not observed") {
  Folder folder;
  MemoryHistory memory;
  SqliteHistory sqlite(folder.file("h.db"), Database::Mode::write);
  Past past(3);
  past.live({&memory, &sqlite}, 300);
  const std::string from = past.names().front();
  const std::string gone = past.names().back();
  for (History* history : {static_cast<History*>(&memory), static_cast<History*>(&sqlite)}) {
    const auto checks = history->checks({from, kEver}).size();
    const auto incidents = history->incidents({from, kEver}).size();
    const auto notices = history->notices({from, "", kEver}).size();
    REQUIRE(checks > 0);
    REQUIRE(incidents > 0);
    REQUIRE(notices > 0);
    HistoryBatch batch;
    batch.now = past.now();
    batch.records.emplace_back(WatchedRecord{past.now(), {{from, "renamed"}}, {"renamed", "new"}});
    history->write(batch);
    CHECK(history->checks({from, kEver}).empty());
    CHECK(history->checks({"renamed", kEver}).size() == checks);
    CHECK(history->incidents({"renamed", kEver}).size() == incidents);
    CHECK(history->notices({"renamed", "", kEver}).size() == notices);
    CHECK(watched(*history) == std::vector<std::string>{"new", "renamed"});
    for (const MonitorRow& row : history->monitors()) {
      if (row.name == gone) CHECK_FALSE(row.unobserved.empty());
    }
    // A name that another one had before is given to the one that has it now; both are kept.
    batch.records.clear();
    batch.records.emplace_back(WatchedRecord{past.now(), {{"renamed", gone}}, {gone}});
    history->write(batch);
    CHECK(history->checks({gone, kEver}).size() == checks);
    CHECK(history->monitors().size() == past.names().size() + 1);
  }
}

TEST_CASE("what was laid over a monitor ends with it, at a reload and at a start") {
  Folder folder;
  MemoryHistory memory;
  SqliteHistory sqlite(folder.file("h.db"), Database::Mode::write);
  const Timestamp noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} +
                       std::chrono::hours{12}};
  for (History* history : {static_cast<History*>(&memory), static_cast<History*>(&sqlite)}) {
    history->begin({"one", "test", noon, {"stays", "goes", "goes later"}, {}});
    HistoryBatch batch;
    batch.now = noon;
    for (const char* name : {"stays", "goes", "goes later"}) {
      OverlayRecord silence;
      silence.monitor = name;
      silence.at = noon;
      silence.kind = OverlayKind::silence;
      silence.what = RecordOverlay::What::set;
      silence.overlay.since = noon;
      silence.overlay.until = noon + std::chrono::hours{20};
      batch.records.emplace_back(silence);
    }
    batch.records.emplace_back(WatchedRecord{noon, {}, {"stays", "goes later"}});
    history->write(batch);
    const auto open = [history] {
      std::vector<std::string> names;
      for (const OverlayRow& row : history->overlays({"", kEver})) {
        if (!row.ended) names.push_back(row.monitor);
      }
      std::sort(names.begin(), names.end());
      return names;
    };
    CHECK(open() == std::vector<std::string>{"goes later", "stays"});
    history->begin({"two", "test", noon + std::chrono::hours{1}, {"stays"}, {}});
    CHECK(open() == std::vector<std::string>{"stays"});
  }
}

TEST_CASE("of what was saved, the part of some monitors can be asked for alone") {
  Folder folder;
  MemoryHistory memory;
  SqliteHistory sqlite(folder.file("h.db"), Database::Mode::write);
  for (History* history : {static_cast<History*>(&memory), static_cast<History*>(&sqlite)}) {
    HistoryBatch batch;
    for (const char* name : {"one", "two", "three"}) {
      SavedMonitor saved;
      saved.name = name;
      batch.changes.emplace_back(saved);
    }
    batch.changes.emplace_back(SavedLife{"boot", "instance"});
    history->begin({"one", "test", Timestamp{}, {"one", "two", "three"}, {}});
    history->write(batch);
    const SavedState some = history->load_of({"two", "never was"});
    REQUIRE(some.monitors.size() == 1);
    CHECK(some.monitors[0].name == "two");
    CHECK(some.life.boot == "boot");
    CHECK(history->load().monitors.size() == 3);
  }
}

}  // namespace minitor
