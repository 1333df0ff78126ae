// What the store can do: checks written a second, bytes a check and a year, the time that reading takes.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "minitor/store/sqlite_history.hpp"

namespace {

using namespace minitor;
using Clock = std::chrono::steady_clock;

constexpr int kMonitors = 1000;
constexpr int kRounds = 300;  // of one check of each, 30 seconds apart
constexpr Timestamp kStart{std::chrono::seconds{1795219200}};

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

HistoryBatch round_of(int round) {
  HistoryBatch batch;
  batch.now = kStart + std::chrono::seconds{30} * round;
  for (int i = 0; i < kMonitors; ++i) {
    CheckRecord check;
    check.monitor = fmt::format("monitor {}", i);
    check.at = batch.now + std::chrono::milliseconds{i};
    check.took = std::chrono::microseconds{20'000 + (i * 37 + round * 101) % 9000};
    check.outcome = "exit 0";
    check.output = fmt::format("HTTP 200, {} bytes in {} ms\n", 5120 + i, 20 + round % 9);
    batch.records.emplace_back(std::move(check));
    SavedMonitor state;
    state.name = fmt::format("monitor {}", i);
    state.counters.ok = static_cast<std::uint64_t>(round);
    batch.changes.emplace_back(std::move(state));
  }
  return batch;
}

void bench(const std::string& path) {
  SqliteHistory history(path, Database::Mode::write);
  LifeRecord life{"bench", "bench", kStart, {}};
  for (int i = 0; i < kMonitors; ++i) life.monitors.push_back(fmt::format("monitor {}", i));
  history.begin(life);
  double writing = 0;
  double tidying = 0;
  double longest = 0;
  Timestamp now = kStart;
  for (int round = 0; round < kRounds; ++round) {
    const HistoryBatch batch = round_of(round);
    now = batch.now;
    const auto begun = Clock::now();
    history.write(batch);
    writing += since(begun);
    for (bool more = true; more && round % 2 == 1;) {
      const auto step = Clock::now();
      more = history.tidy(Retention{}, now);
      tidying += since(step);
      longest = std::max(longest, since(step));
    }
  }
  const double checks = double{kMonitors} * kRounds;
  fmt::print("checks written, with the state of their monitor: {:.0f}/s, and rolled up {:.0f}/s\n",
             checks / writing, checks / (writing + tidying));
  fmt::print("longest step of tidying up: {:.1f} ms\n", longest * 1000);
  Database database(path, Database::Mode::write);
  const auto bytes_of = [&](const char* tables) {
    return static_cast<double>(
        database.number(fmt::format("SELECT sum(pgsize) FROM dbstat WHERE name IN ({})", tables)));
  };
  try {
    const double raw = bytes_of("'checks', 'checks_of_monitor'") / checks;
    const double minutes = bytes_of("'minutes'") /
                           static_cast<double>(database.number("SELECT count(*) FROM minutes"));
    const double hours =
        bytes_of("'hours'") / static_cast<double>(database.number("SELECT count(*) FROM hours"));
    const double year = raw * 2880 * 7 + minutes * 1440 * 30 + hours * 24 * 365 + hours * 365;
    fmt::print("bytes: {:.0f} a check, {:.0f} a minute, {:.0f} an hour\n", raw, minutes, hours);
    fmt::print("a monitor every 30 s, as kept by default, after a year: {:.1f} MB\n", year / 1e6);
  } catch (const HistoryError&) {
    fmt::print("bytes: this SQLite does not tell (no dbstat)\n");
  }
  const auto begun = Clock::now();
  const auto timelines = history.timelines("", {now - std::chrono::hours{24 * 90}, now});
  const auto rows = history.monitors();
  fmt::print("all of {} monitors for a page: {:.1f} ms\n", rows.size(), since(begun) * 1000);
  const auto one = Clock::now();
  const auto buckets =
      history.buckets("monitor 7", {now - std::chrono::hours{24}, now}, Resolution::minute);
  const auto checks_of_one = history.checks({"monitor 7", {Timestamp{}, now}});
  fmt::print("one monitor, {} points and {} checks: {:.1f} ms\n", buckets.size(),
             checks_of_one.size(), since(one) * 1000);
}

}  // namespace

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "minitor-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  int code = 0;
  try {
    bench(folder + "/history.db");
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    code = 1;
  }
  std::filesystem::remove_all(folder);
  return code;
}
