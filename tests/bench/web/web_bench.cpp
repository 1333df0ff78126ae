// How long the server takes for its two largest pages, from the request to the last byte, with a history
// in SQLite: the page of 1,000 monitors with 90 days, and the page of one monitor that was checked
// every 30 seconds for 90 days.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "minitor/store/open_history.hpp"
#include "minitor/web/routes.hpp"

namespace {

using namespace minitor;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kMonitors = 1000;
constexpr int kDays = 90;
constexpr int kRounds = 20;
const Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "minitor-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string name_of(int monitor) { return fmt::format("service-{:04} of a team", monitor); }

TransitionRecord transition(const std::string& name, Timestamp at, Status from, Status to) {
  return {name, at, from, to, "failed 3 times in a row", "i" + name, at, "exit 1"};
}

// An outage a month of each monitor, and a day of checks, one every 10 minutes.
void fill_many(History& history) {
  LifeRecord life{"bench", "0", kNow - 24h * kDays, {}};
  for (int i = 0; i < kMonitors; ++i) life.monitors.push_back(name_of(i));
  history.begin(life);
  for (int i = 0; i < kMonitors; ++i) {
    HistoryBatch batch;
    const std::string name = name_of(i);
    batch.now = kNow;
    const Timestamp start = kNow - 24h * kDays + 1s * i;
    batch.records.emplace_back(CheckRecord{name, start, 20ms, Verdict::ok, Verdict::ok});
    batch.records.emplace_back(transition(name, start, Status::unknown, Status::up));
    for (int month = 0; month < 3; ++month) {
      const Timestamp down = start + 24h * (30 * month + i % 29);
      batch.records.emplace_back(transition(name, down, Status::up, Status::down));
      batch.records.emplace_back(transition(name, down + 30min, Status::down, Status::up));
    }
    for (int check = 144; check > 0; --check)
      batch.records.emplace_back(CheckRecord{name, kNow - 10min * check, 20ms + 1ms * (check % 40),
                                             Verdict::ok, Verdict::ok, "exit 0"});
    history.write(batch);
  }
}

void fill_one(History& history, const std::string& name) {
  Timestamp at = kNow - 24h * kDays;
  while (at < kNow) {
    HistoryBatch batch;
    for (int i = 0; i < 20'000 && at < kNow; ++i, at += 30s)
      batch.records.emplace_back(
          CheckRecord{name, at, 20ms + 1ms * (i % 40), Verdict::ok, Verdict::ok, "exit 0"});
    batch.now = at;
    history.write(batch);
    while (history.tidy({}, at)) {
    }
  }
}

RouteSources sources() {
  auto config = std::make_shared<Config>();
  Snapshot snapshot;
  for (int i = 0; i < kMonitors; ++i) {
    Monitor& monitor = config->monitors.emplace_back();
    monitor.name = name_of(i);
    monitor.group = fmt::format("team {}", i / 20);
    monitor.interval = 30s;
    MonitorSnapshot& state = snapshot.monitors.emplace_back();
    state.name = monitor.name;
    state.status = i % 100 == 0 ? Status::down : Status::up;
    state.since = kNow - 1h * i;
    state.last_check = state.last_success = kNow - 10s;
    state.last_took = 23ms;
  }
  RouteSources all;
  all.build = {"bench"};
  all.snapshot = [snapshot] { return snapshot; };
  all.config = [config] { return config; };
  all.now = [] { return Moment{{}, kNow}; };
  return all;
}

void measure(std::string_view what, const RouteSources& all, HistoryReads& history,
             const std::string& target) {
  std::vector<double> times;
  std::size_t bytes = 0;
  const std::clock_t worked = std::clock();  // what other work on the machine does not change
  for (int i = 0; i < kRounds; ++i) {
    const auto began = Clock::now();
    Answer made = answer({"GET", target, {{"Accept-Encoding", "gzip"}}, {}}, all);
    const HttpResponse response = std::get<ReadHistory>(made).work(history);
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    bytes = response.body.size();
    if (response.status != 200) std::abort();
  }
  const double cpu = 1000.0 * static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC / kRounds;
  std::sort(times.begin(), times.end());
  fmt::print("{:<46} p50 {:6.1f} ms  max {:6.1f} ms  processor {:6.1f} ms  {:7.1f} KB\n", what,
             times[kRounds / 2], times.back(), cpu, static_cast<double>(bytes) / 1000);
}

}  // namespace

int main() {
  const Folder folder;
  const OpenedHistory opened = open_history((folder.path / "history.db").string(), kNow);
  fill_many(*opened.history);
  fill_one(*opened.history, name_of(7));
  const auto reads = open_for_reading((folder.path / "history.db").string());
  const RouteSources all = sources();
  measure("page of 1,000 monitors, 90 days", all, *reads, "/");
  measure("API: the same monitors", all, *reads, "/api/v1/monitors");
  for (const char* span : {"24h", "7d", "30d", "90d"})
    measure(fmt::format("monitor page, 90 days of 30-second checks, {}", span), all, *reads,
            fmt::format("/monitors/service-0007%20of%20a%20team?span={}", span));
  return 0;
}
