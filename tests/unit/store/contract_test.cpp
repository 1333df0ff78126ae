// What both histories must do: the same words are told to the one in memory and to the one in SQLite,
// and whatever is asked, the answers are the same.
#include <limits>
#include <memory>

#include "minitor/core/outages.hpp"
#include "minitor/store/memory_history.hpp"
#include "minitor/store/sqlite_history.hpp"
#include "tests/catch.hpp"
#include "tests/unit/store/folder.hpp"
#include "tests/unit/store/past.hpp"

namespace minitor {

// For comparing; the rows are plain data.
static bool operator==(const CheckRow& a, const CheckRow& b) {
  return a.id == b.id && a.at == b.at && a.took == b.took && a.verdict == b.verdict &&
         a.outcome == b.outcome && a.output == b.output && a.output_cut == b.output_cut &&
         a.manual == b.manual && a.perfdata == b.perfdata;
}
static bool operator==(const MonitorRow& a, const MonitorRow& b) {
  return a.name == b.name && a.status == b.status && a.since == b.since && a.watched == b.watched &&
         a.unobserved == b.unobserved && a.last_check == b.last_check &&
         a.last_success == b.last_success && a.last_verdict == b.last_verdict &&
         a.last_took == b.last_took && a.last_outcome == b.last_outcome &&
         a.last_output == b.last_output;
}
static bool operator==(const IncidentRow& a, const IncidentRow& b) {
  return a.id == b.id && a.monitor == b.monitor && a.first_failure == b.first_failure &&
         a.down == b.down && a.ended == b.ended && a.cause == b.cause && a.closed == b.closed &&
         a.delivered == b.delivered;
}
static bool operator==(const NoticeRow& a, const NoticeRow& b) {
  return a.id == b.id && a.alert == b.alert && a.incident == b.incident && a.monitor == b.monitor &&
         a.kind == b.kind && a.stage == b.stage && a.attempts == b.attempts &&
         a.reason == b.reason && a.detail == b.detail && a.created == b.created &&
         a.updated == b.updated && a.next_attempt == b.next_attempt;
}

static bool operator==(const RepairRow& a, const RepairRow& b) {
  return a.monitor == b.monitor && a.at == b.at && a.took == b.took && a.step == b.step &&
         a.attempt == b.attempt && a.outcome == b.outcome && a.output == b.output;
}
static bool operator==(const HeldRow& a, const HeldRow& b) {
  return a.monitor == b.monitor && a.incident == b.incident && a.kind == b.kind && a.at == b.at &&
         a.reason == b.reason;
}

namespace {

using store_test::Folder;
using store_test::Past;

const TimeRange kEver{Timestamp{}, Timestamp{std::chrono::hours{24 * 365 * 90}}};

// A few ranges: all of it, parts of it, and borders that nothing is aligned to.
std::vector<TimeRange> ranges(Timestamp now) {
  using std::chrono::hours;
  using std::chrono::seconds;
  return {kEver,
          {now - hours{24}, now},
          {now - hours{24 * 7}, now - hours{5}},
          {now - seconds{3601}, now + seconds{7}},
          {now, now}};
}

void require_same(HistoryReads& a, HistoryReads& b, const Past& past) {
  CHECK(a.monitors() == b.monitors());
  for (const TimeRange& range : ranges(past.now())) {
    CHECK(a.timelines("", range) == b.timelines("", range));
    CHECK(a.incidents({"", range}) == b.incidents({"", range}));
    CHECK(a.incidents({"blog", range, true, 3}) == b.incidents({"blog", range, true, 3}));
    CHECK(a.notices({"", "", range}) == b.notices({"", "", range}));
    CHECK(a.notices({"shop", "", range, 7}) == b.notices({"shop", "", range, 7}));
    CHECK(a.notices({"", "i2", range}) == b.notices({"", "i2", range}));
    CHECK(a.repairs({"", range}) == b.repairs({"", range}));
    CHECK(a.repairs({"shop", range, 5}) == b.repairs({"shop", range, 5}));
    CHECK(a.held({"", range, 1000}) == b.held({"", range, 1000}));
    CHECK(a.held({"blog", range, 7}) == b.held({"blog", range, 7}));
    for (const std::string& name : past.names()) {
      CHECK(a.checks({name, range}) == b.checks({name, range}));
      CHECK(a.checks({name, range, 100, true, 5}) == b.checks({name, range, 100, true, 5}));
      CHECK(a.timelines(name, range) == b.timelines(name, range));
      for (const Resolution resolution : {Resolution::minute, Resolution::hour, Resolution::day})
        CHECK(a.buckets(name, range, resolution) == b.buckets(name, range, resolution));
    }
  }
  CHECK(a.checks({"nobody", kEver}).empty());
  CHECK(a.buckets("nobody", kEver, Resolution::hour).empty());
  CHECK(b.timelines("nobody", kEver).empty());
}

}  // namespace

TEST_CASE("both histories answer the same") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    INFO("seed " << seed);
    Folder folder;
    MemoryHistory memory;
    SqliteHistory sqlite(folder.file("h.db"), Database::Mode::write);
    SqliteHistory reader(folder.file("h.db"), Database::Mode::read);
    Past past(seed);
    past.live({&memory, &sqlite}, 300);
    require_same(memory, sqlite, past);
    // Rolled up, in steps, it says the same as before.
    Retention retention;
    retention.checks = retention.minutes = retention.hours = std::chrono::hours{24 * 3650};
    while (sqlite.tidy(retention, past.now())) {
    }
    require_same(memory, sqlite, past);
    past.live({&memory, &sqlite}, 200);
    require_same(memory, reader, past);
    while (sqlite.tidy(retention, past.now())) {
    }
    require_same(memory, reader, past);
  }
}

TEST_CASE("uptime from transitions is uptime from raw checks") {
  for (unsigned seed = 10; seed < 30; ++seed) {
    INFO("seed " << seed);
    MemoryHistory memory;
    Past past(seed);
    past.live({&memory}, 400);
    for (const TimeRange& range : ranges(past.now())) {
      for (const std::string& name : past.names()) {
        const auto timelines = memory.timelines(name, range);
        REQUIRE(timelines.size() == 1);
        const Uptime folded = uptime(timelines.begin()->second, range);
        const Uptime naive = past.naive_uptime(name, range);
        CHECK(folded.up == naive.up);
        CHECK(folded.down == naive.down);
        CHECK(folded.unobserved == naive.unobserved);
        CHECK(folded.up + folded.down + folded.unobserved == range.to - range.from);
      }
    }
  }
}

TEST_CASE("day bars and the usual periods are parts of one timeline") {
  MemoryHistory memory;
  Past past(7);
  past.live({&memory}, 400);
  const Timestamp now = past.now();
  const Timeline timeline =
      memory.timelines("blog", {now - std::chrono::hours{24 * 91}, now}).at("blog");
  const Uptimes all = uptimes(timeline, now);
  CHECK(all.week == past.naive_uptime("blog", {now - std::chrono::hours{24 * 7}, now}));
  CHECK(all.quarter.up + all.quarter.down + all.quarter.unobserved == std::chrono::hours{24 * 90});
  const auto bars = day_bars(timeline, now, 30);
  REQUIRE(bars.size() == 30);
  CHECK(bars.back().start == floor(now, Resolution::day));
  Duration up{};
  int outages_begun = 0;
  for (const DayBar& bar : bars) {
    up += bar.uptime.up;
    outages_begun += bar.outages;
  }
  CHECK(up == past.naive_uptime("blog", {bars.front().start, now}).up);
  CHECK(outages_begun == static_cast<int>(outages(timeline, {bars.front().start, now}).size()));
}

namespace {

// All rows in pages of seven; each page begins behind the last row of the one before.
template <typename Row, typename Ask, typename Number>
std::vector<Row> paged(const Ask& ask, Number Row::*number) {
  std::vector<Row> all;
  std::optional<std::int64_t> before;
  while (true) {
    const std::vector<Row> page = ask(before);
    if (page.empty()) return all;
    all.insert(all.end(), page.begin(), page.end());
    before = page.back().*number;
  }
}

}  // namespace

TEST_CASE("pages follow each other without a hole, also when the clock was set back") {
  Folder folder;
  SqliteHistory sqlite(folder.file("h.db"), Database::Mode::write);
  MemoryHistory memory;
  Past past(3);
  past.live({&sqlite, &memory}, 200);
  // Rows of one instant, and rows that come later with an earlier one.
  const Timestamp then = past.now();
  HistoryBatch batch;
  for (int i = 0; i < 60; ++i) {
    const Timestamp at = then - std::chrono::seconds{i / 20 * 30};
    const std::string id = "twin" + std::to_string(i);
    batch.records.emplace_back(
        CheckRecord{"blog", at, {}, Verdict::failure, Verdict::failure, "exit 1", id});
    batch.records.emplace_back(
        TransitionRecord{"blog", at, Status::failing, Status::down, "so it was", id, at, "exit 1"});
    auto notice = std::make_shared<Notice>();
    notice->id = id;
    notice->monitor = "blog";
    notice->created = at;
    batch.records.emplace_back(NoticeRecord{notice, "mail", NoticeStage::intended, 0, "", at, {}});
    batch.records.emplace_back(RepairRecord{"blog", at, {}, 1, 1, id, ""});
    batch.records.emplace_back(HeldRecord{"blog", at, NoticeKind::problem, id, "because"});
  }
  batch.now = then;
  sqlite.write(batch);
  memory.write(batch);
  for (HistoryReads* history :
       {static_cast<HistoryReads*>(&sqlite), static_cast<HistoryReads*>(&memory)}) {
    using Before = std::optional<std::int64_t>;
    const auto checks = history->checks({"blog", kEver, std::nullopt, false, 1000});
    CHECK(checks.size() > 100);
    CHECK(checks == paged<CheckRow>(
                        [&](Before before) {
                          return history->checks({"blog", kEver, before, false, 7});
                        },
                        &CheckRow::id));
    const auto incidents = history->incidents({"blog", kEver, false, 1000});
    CHECK(incidents.size() >= 60);
    CHECK(incidents == paged<IncidentRow>(
                           [&](Before before) {
                             return history->incidents({"blog", kEver, false, 7, before});
                           },
                           &IncidentRow::number));
    const auto notices = history->notices({"", "", kEver, 1000});
    CHECK(notices == paged<NoticeRow>(
                         [&](Before before) {
                           return history->notices({"", "", kEver, 7, before});
                         },
                         &NoticeRow::number));
    const auto repairs = history->repairs({"blog", kEver, 1000});
    CHECK(repairs.size() >= 60);
    CHECK(repairs == paged<RepairRow>(
                         [&](Before before) {
                           return history->repairs({"blog", kEver, 7, before});
                         },
                         &RepairRow::number));
    const auto held = history->held({"", kEver, 1000});
    CHECK(held == paged<HeldRow>(
                      [&](Before before) {
                        return history->held({"", kEver, 7, before});
                      },
                      &HeldRow::number));
  }
}

TEST_CASE("uptime outlives the transitions that it was counted from") {
  using std::chrono::hours;
  Folder folder;
  const std::string path = folder.file("h.db");
  SqliteHistory sqlite(path, Database::Mode::write);
  Past past(11);
  past.live({&sqlite}, 9000);
  Retention small;
  small.checks = hours{24};
  small.minutes = small.hours = hours{48};
  small.max_bytes = 100'000;
  const auto number = [&](const char* sql) {
    return Database(path, Database::Mode::read).number(sql);
  };
  const std::int64_t before = number("SELECT count(*) FROM transitions");
  for (int i = 0; i < 2000 && sqlite.tidy(small, past.now()); ++i) {
  }
  CHECK(number("SELECT count(*) FROM transitions") < before * 3 / 4);
  const Timestamp first = floor(past.now(), Resolution::day) - hours{24 * 200};
  for (const std::string& name : past.names()) {
    for (int from = 0; from < 200; from += 7) {
      for (const Duration length :
           {Duration{hours{24}}, Duration{hours{24 * 30}}, past.now() - first - hours{24 * from}}) {
        const TimeRange range{first + hours{24 * from}, first + hours{24 * from} + length};
        INFO(name << " from day " << from << " for " << length.count());
        const auto timelines = sqlite.timelines(name, range);
        CHECK(uptime(timelines.at(name), range) == past.naive_uptime(name, range));
      }
    }
    // The usual figures and the bars of a page are made of the same.
    const TimeRange quarter{past.now() - hours{24 * 90}, past.now()};
    const Timeline timeline = sqlite.timelines(name, quarter).at(name);
    const Uptime all = uptimes(timeline, past.now()).quarter;
    CHECK(all.up + all.down + all.unobserved == hours{24 * 90});
    CHECK(all.up + all.down > hours{24});
    for (const DayBar& bar : day_bars(timeline, past.now(), 89)) {
      const TimeRange day{bar.start, std::min(bar.start + hours{24}, past.now())};
      CHECK(bar.uptime == past.naive_uptime(name, day));
    }
  }
}

}  // namespace minitor
