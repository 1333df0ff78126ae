// The writer against a file that somebody else holds, and for longer than anybody should.
#include <condition_variable>
#include <mutex>

#include "minitor/store/history_reader.hpp"
#include "minitor/store/history_writer.hpp"
#include "minitor/store/sqlite_history.hpp"
#include "tests/catch.hpp"
#include "tests/unit/store/folder.hpp"

namespace minitor {
namespace {

using store_test::Folder;

const Timestamp kNow{std::chrono::seconds{1795219200}};
constexpr std::chrono::seconds kPatience{60};

// What the writer said, and a way to wait for it.
class Heard {
 public:
  HistoryWriter::Listener listener() {
    HistoryWriter::Listener result;
    result.written = [this](std::uint64_t number) { note([&] { written_ = number; }); };
    result.trouble = [this](std::string words) { note([&] { trouble = std::move(words); }); };
    result.healed = [this](std::string words) { note([&] { healed = std::move(words); }); };
    return result;
  }
  template <typename Condition>
  [[nodiscard]] bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }
  [[nodiscard]] bool wait_written(std::uint64_t number) {
    return wait([&] { return written_ >= number; });
  }
  std::string trouble;
  std::string healed;

 private:
  template <typename Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t written_ = 0;
};

std::vector<HistoryRecord> checks(int count) {
  std::vector<HistoryRecord> records;
  for (int i = 0; i < count; ++i)
    records.emplace_back(CheckRecord{"blog", kNow, {}, Verdict::ok, Verdict::ok, "exit 0"});
  return records;
}

SavedMonitor state(int failures) {
  SavedMonitor monitor;
  monitor.name = "blog";
  monitor.policy.failures = failures;
  return monitor;
}

}  // namespace

TEST_CASE(
    "what cannot be written waits, the newest of it at least, and it is said what is missing") {
  Folder folder;
  const std::string path = folder.file("h.db");
  Heard heard;
  {
    HistoryWriter writer(std::make_shared<SqliteHistory>(path, Database::Mode::write), Retention{},
                         {"one", "test", kNow, {"blog"}}, heard.listener(),
                         [] { return OpenedHistory{}; });
    REQUIRE(heard.wait_written(writer.submit(checks(3), {state(1)}, kNow, true)));
    CHECK_FALSE(writer.failing());
    Database other(path, Database::Mode::write);
    other.execute("BEGIN IMMEDIATE");
    // Nobody waits for what does not come: "written" comes all the same, and the trouble is said.
    REQUIRE(heard.wait_written(writer.submit(checks(1), {state(2)}, kNow, true)));
    REQUIRE(heard.wait([&] { return !heard.trouble.empty(); }));
    CHECK(heard.trouble.find("database is locked") != std::string::npos);
    CHECK(writer.failing());
    for (int i = 0; i < 30; ++i) (void)writer.submit(checks(1000), {state(3 + i)}, kNow, false);
    CHECK(writer.figures().dropped > 10'000);
    CHECK(writer.figures().waiting <= kMostWaiting);
    other.execute("ROLLBACK");
    REQUIRE(heard.wait([&] { return !heard.healed.empty(); }));
    CHECK(heard.healed.find("records are missing") != std::string::npos);
  }
  SqliteHistory history(path, Database::Mode::write);
  CHECK(Database(path, Database::Mode::read).number("SELECT count(*) FROM checks") > 10'000);
  REQUIRE(history.load().monitors.size() == 1);
  CHECK(history.load().monitors.front().policy.failures == 32);
  CHECK(Database(path, Database::Mode::read).number("SELECT ended FROM lives") > 0);
}

TEST_CASE("a reader answers in order, and says why it cannot") {
  Folder folder;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> answers;
  {
    SqliteHistory writer(folder.file("h.db"), Database::Mode::write);
    writer.begin({"one", "test", kNow, {"blog"}});
  }
  bool there = false;
  HistoryReader reader(
      [&]() -> std::shared_ptr<HistoryReads> {
        if (!std::exchange(there, true)) throw HistoryError("not yet");
        return std::make_shared<SqliteHistory>(folder.file("h.db"), Database::Mode::read);
      },
      [&](const std::function<void()>& done) {
        done();
        changed.notify_all();
      });
  for (int i = 0; i < 3; ++i) {
    auto rows = std::make_shared<std::vector<MonitorRow>>();
    reader.ask([rows](HistoryReads& history) { *rows = history.monitors(); },
               [&, rows](const std::string& error) {
                 const std::lock_guard lock(mutex);
                 answers.push_back(error.empty() ? rows->at(0).name : error);
               });
  }
  std::unique_lock lock(mutex);
  REQUIRE(changed.wait_for(lock, kPatience, [&] { return answers.size() == 3; }));
  CHECK(answers == std::vector<std::string>{"not yet", "blog", "blog"});
}

}  // namespace minitor
