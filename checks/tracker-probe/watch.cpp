// The same targets again and again: what changed, and a summary at the end.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>

#include "checks/net/json_writer.hpp"
#include "checks/tracker-probe/change_command.hpp"
#include "checks/tracker-probe/modes.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/session.hpp"
#include "checks/tracker-probe/udp_loss.hpp"

namespace tracker_probe {

namespace {

struct WatchedTarget {
  bool known = false;
  bool up = true;
  unsigned row = 0;  // results in a row that contradict `up`
  std::uint64_t total = 0;
  std::uint64_t good = 0;
  Instant down_since{};
  Microseconds longest_outage{0};
  std::vector<Microseconds> latencies;
};

class Watch {
 public:
  Watch(const CommandLine& line, Output& output)
      : line_(line), output_(output), on_change_(line.watch.on_change) {}

  void add(const TargetResult& result) {
    WatchedTarget& seen = targets_[result.target];
    const bool good = result.state == State::ok || (result.state == State::warning);
    ++seen.total;
    if (good) ++seen.good;
    if (seen.latencies.size() < max_latencies) keep_latency(seen, result);
    const bool changed = step(seen, good);
    if (changed) on_change_.run(change_of(result, seen.up));
    if (line_.format == Format::jsonl || line_.format == Format::json) {
      if (!line_.watch.changes_only || changed)
        output_.write(json_text(result, report_options(line_)) + "\n");
      return;
    }
    if (line_.format == Format::quiet) return;
    if (!line_.watch.changes_only)
      output_.write(stamp() + short_text(result, report_options(line_)));
    if (changed)
      output_.write(fmt::format("{}{} is {}\n", stamp(), result.target, seen.up ? "UP" : "DOWN"));
  }

  std::string summary() const {
    std::string out;
    for (const auto& [name, seen] : targets_) {
      checks::net::JsonWriter json;
      const auto times = summarise(seen.latencies).value_or(RoundTripSummary{});
      const auto ms = [](Microseconds time) { return static_cast<double>(time.count()) / 1000; };
      json.begin_object().field("target", name).field("total", seen.total).field("ok", seen.good);
      json.field("timeouts", seen.total - seen.good);
      json.field("timeout_percent", seen.total == 0
                                        ? 0.0
                                        : 100.0 * static_cast<double>(seen.total - seen.good) /
                                              static_cast<double>(seen.total));
      json.field("min_ms", ms(times.least))
          .field("average_ms", ms(times.mean))
          .field("p50_ms", ms(times.median));
      json.field("p95_ms", ms(times.p95)).field("max_ms", ms(times.most));
      json.field("last_ms", seen.latencies.empty() ? 0.0 : ms(seen.latencies.back()));
      json.field("longest_outage_s", static_cast<double>(seen.longest_outage.count()) / 1e6);
      json.field("up", seen.up).end_object();
      out += json.take() + "\n";
    }
    return out;
  }

  [[nodiscard]] bool all_up() const {
    return std::all_of(targets_.begin(), targets_.end(),
                       [](const auto& entry) { return entry.second.up; });
  }

 private:
  static constexpr std::size_t max_latencies = 100000;

  static void keep_latency(WatchedTarget& seen, const TargetResult& result) {
    for (const AddressResult& address : result.addresses) {
      const auto value = metric(result, address, "latency");
      if (!value) continue;
      seen.latencies.emplace_back(static_cast<std::int64_t>(*value * 1e6));
      return;
    }
  }

  bool step(WatchedTarget& seen, bool good) const {
    const Instant now = std::chrono::steady_clock::now();
    if (!good && seen.down_since == Instant{}) seen.down_since = now;
    if (seen.down_since != Instant{}) {
      seen.longest_outage = std::max(
          seen.longest_outage, std::chrono::duration_cast<Microseconds>(now - seen.down_since));
    }
    if (good) seen.down_since = Instant{};
    seen.row = good == seen.up ? 0 : seen.row + 1;
    if (seen.row < (seen.up ? line_.watch.fall : line_.watch.rise) || good == seen.up) return false;
    seen.up = good;
    seen.row = 0;
    return true;
  }

  [[nodiscard]] Change change_of(const TargetResult& result, bool up) const {
    Change change{result.target, up, "", short_text(result, {})};
    if (result.error) change.code = result.error->code;
    for (const AddressResult& address : result.addresses) {
      if (change.code.empty() && address.error) change.code = address.error->code;
    }
    change.text.pop_back();  // the newline
    return change;
  }

  static std::string stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return fmt::format("{:02}:{:02}:{:02}Z ", parts.tm_hour, parts.tm_min, parts.tm_sec);
  }

  const CommandLine& line_;
  Output& output_;
  ChangeCommand on_change_;
  std::map<std::string, WatchedTarget> targets_;
};

}  // namespace

int run_watch(const CommandLine& line) {
  std::string problem;
  const std::vector<TargetSpec> targets = gather_targets(line, problem);
  if (!problem.empty()) return give_up(problem);
  Session session(line);
  Output output(line.output_file);
  Watch watch(line, output);
  const Instant start = std::chrono::steady_clock::now();
  Instant next = start;
  while (!session.interrupted()) {
    for (const TargetResult& result : session.probe_all(targets, line.bulk.parallel))
      watch.add(result);
    output.flush();
    next += line.watch.every;
    const Instant now = std::chrono::steady_clock::now();
    if (next < now) next = now;  // missed rounds are skipped, not queued
    if (line.watch.length.count() > 0 && next - start >= line.watch.length) break;
    if (!session.pause(std::chrono::duration_cast<std::chrono::milliseconds>(next - now))) break;
  }
  output.write(watch.summary());
  const bool written = output.close();
  session.finish_clean_up(Instant::max());
  if (!written) return 3;
  return watch.all_up() ? 0 : 2;
}

}  // namespace tracker_probe
