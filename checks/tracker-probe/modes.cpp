// Check, loss, watch and decode; bulk has a file of its own.
#include "checks/tracker-probe/modes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/net/watchdog.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/session.hpp"
#include "checks/tracker-probe/target_list.hpp"
#include "checks/tracker-probe/udp_loss.hpp"

namespace tracker_probe {

namespace {

// What a check may take beyond its deadline: the verdict is out at once, the clean-up ends by the
// first of these, the process by the second.
constexpr std::chrono::milliseconds clean_up_margin{100};
constexpr std::chrono::milliseconds watchdog_margin{150};

/// --config, or Torrust's two variables when nothing else names a target.
std::string read_config_text(const CommandLine& line, std::string& text) {
  std::string path = line.config_file;
  if (path.empty() && line.targets.empty()) {
    if (const char* content = std::getenv("TORRUST_CHECKER_CONFIG");
        content != nullptr && *content != '\0') {
      text = content;
      return {};
    }
    if (const char* name = std::getenv("TORRUST_CHECKER_CONFIG_PATH"); name != nullptr) path = name;
  }
  if (path.empty()) return {};
  FileText file = read_file(path, max_config_bytes);
  text = std::move(file.text);
  return file.error;
}

std::string add_config_targets(const CommandLine& line, std::vector<TargetSpec>& targets) {
  std::string text;
  if (auto problem = read_config_text(line, text); !problem.empty()) return problem;
  if (text.empty()) return line.config_file.empty() ? "" : "the configuration is empty";
  const auto config = read_checker_config(text);
  if (const auto* problem = std::get_if<std::string>(&config)) return "configuration:" + *problem;
  for (const ConfigTarget& target : *std::get_if<std::vector<ConfigTarget>>(&config)) {
    const bool udp = target.kind == ConfigTarget::Kind::udp;
    TargetSpec spec = make_target(target.text, udp ? Scheme::udp : Scheme::http, targets.size());
    if (target.kind == ConfigTarget::Kind::health) {
      spec.url = UrlError{"health checks are not probed by this program"};
    }
    targets.push_back(std::move(spec));
  }
  return {};
}

std::string print_results(const CommandLine& line, const std::vector<TargetResult>& results) {
  const ReportOptions options = report_options(line);
  std::string out;
  switch (line.format) {
    case Format::nagios: return nagios_text(results, options);
    case Format::prom: return prometheus_text(results);
    case Format::tracker_checker: return tracker_checker_text(results);
    case Format::quiet: return {};
    case Format::human:
    case Format::json:
    case Format::jsonl:
      for (const TargetResult& result : results) {
        const bool loss = line.mode == Mode::loss;
        out += line.format != Format::human ? json_text(result, options) + "\n"
               : loss                       ? loss_text(result)
                                            : human_text(result, options);
      }
      return out;
  }
  return out;
}

/// Writes what was found; the exit status.
int tell_verdict(const CommandLine& line, const std::vector<TargetResult>& results,
                 bool interrupted) {
  Output output(line.output_file);
  output.write(interrupted ? "UNKNOWN: interrupted\n" : print_results(line, results));
  if (!output.close() || interrupted) return 3;
  return exit_status(overall(results), line);
}

/// One pass over the targets; results in input order.
std::vector<TargetResult> probe_all(Session& session, const CommandLine& line,
                                    const std::vector<TargetSpec>& targets) {
  std::vector<TargetResult> results;
  session.run(targets, line.bulk.parallel, 0,
              [&](TargetResult result) { results.push_back(std::move(result)); });
  std::sort(results.begin(), results.end(),
            [](const TargetResult& a, const TargetResult& b) { return a.index < b.index; });
  return results;
}

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
  Watch(const CommandLine& line, Output& output) : line_(line), output_(output) {}

  void add(const TargetResult& result) {
    WatchedTarget& seen = targets_[result.target];
    const bool good = result.state == State::ok || (result.state == State::warning);
    ++seen.total;
    if (good) ++seen.good;
    if (seen.latencies.size() < max_latencies) keep_latency(seen, result);
    const bool changed = step(seen, good);
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

  static std::string stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return fmt::format("{:02}:{:02}:{:02}Z ", parts.tm_hour, parts.tm_min, parts.tm_sec);
  }

  const CommandLine& line_;
  Output& output_;
  std::map<std::string, WatchedTarget> targets_;
};

}  // namespace

ReportOptions report_options(const CommandLine& line) {
  ReportOptions options;
  options.depth = line.probe.depth;
  options.thresholds = line.target.verdict.thresholds;
  options.timeout = line.probe.timeout;
  options.colour = !line.no_colour && line.output_file.empty() && ::isatty(STDOUT_FILENO) == 1 &&
                   std::getenv("NO_COLOR") == nullptr;
  return options;
}

int exit_status(State state, const CommandLine& line) {
  switch (state) {
    case State::ok: return 0;
    case State::warning: return line.warning_exit;
    case State::critical: return 2;
    case State::unknown:
    case State::skipped: return line.unknown_exit;
  }
  return 3;
}

int give_up(const std::string& problem) {
  Output output{""};
  output.write("UNKNOWN: " + problem + "\n");
  (void)output.close();
  return 3;
}

std::vector<TargetSpec> gather_targets(const CommandLine& line, std::string& problem) {
  std::vector<TargetSpec> targets;
  for (const std::string& text : line.targets) {
    const bool list = line.mode == Mode::bulk || text.substr(0, 1) == "@";
    if (!list) {
      targets.push_back(make_target(text, line.default_scheme, targets.size()));
      continue;
    }
    const FileText file =
        read_file(text.substr(0, 1) == "@" ? text.substr(1) : text, max_list_bytes);
    if (!file.error.empty()) problem = file.error;
    for (std::string& entry : read_list(file.text)) {
      targets.push_back(make_target(std::move(entry), line.default_scheme, targets.size()));
    }
  }
  if (auto trouble = add_config_targets(line, targets); !trouble.empty()) problem = trouble;
  if (problem.empty() && targets.empty()) problem = "no target given";
  return targets;
}

int run_check(const CommandLine& line) {
  std::string problem;
  const std::vector<TargetSpec> targets = gather_targets(line, problem);
  if (!problem.empty()) return give_up(problem);
  auto limit = line.probe.timeout;
  if (line.mode == Mode::loss) limit += line.probe.loss_gap * line.probe.loss_count;
  const auto rounds =
      static_cast<int>((targets.size() + line.bulk.parallel - 1) / line.bulk.parallel);
  const Instant deadline = std::chrono::steady_clock::now() + limit * rounds;
  checks::net::end_process_at(deadline + watchdog_margin * rounds, line.unknown_exit,
                              "UNKNOWN: internal: no verdict before the deadline\n");
  Session session(line);
  const std::vector<TargetResult> results = probe_all(session, line, targets);
  checks::net::begin_verdict();
  const int status = tell_verdict(line, results, session.interrupted());
  checks::net::end_verdict(status);
  session.finish_clean_up(deadline + clean_up_margin * rounds);
  return status;
}

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
    for (const TargetResult& result : probe_all(session, line, targets)) watch.add(result);
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

int run_decode(const CommandLine& line) {
  Output output(line.output_file);
  if (line.targets.empty()) return give_up("decode needs hex text");
  for (const std::string& text : line.targets) {
    std::vector<std::uint8_t> bytes;
    std::string digits;
    for (const char c : text) {
      if (c != ' ' && c != '\n' && c != ':') digits += c;
    }
    bool good = digits.size() % 2 == 0 && !digits.empty();
    for (std::size_t i = 0; good && i < digits.size(); i += 2) {
      char* end = nullptr;
      const std::string pair = digits.substr(i, 2);
      const auto value = std::strtoul(pair.c_str(), &end, 16);
      good = end == pair.c_str() + 2 && pair.find_first_of("+-xX") == std::string::npos;
      bytes.push_back(static_cast<std::uint8_t>(value));
    }
    if (!good) return give_up(fmt::format("\"{}\" is not hex", checks::net::clean_text(text, 40)));
    const Family family = line.target.families == Families::v6 ? Family::v6 : Family::v4;
    output.write(describe_datagram(bytes, Wire::reply, family) + "\n");
    const auto reply = read_announce_reply(bytes, family);
    const auto header = read_header(bytes);
    for (std::size_t i = 0; reply && header && header->action == 1 && i < reply->peers && i < 200;
         ++i) {
      output.write("  peer " + checks::net::to_text(peer_at(*reply, family, i)) + "\n");
    }
  }
  return output.close() ? 0 : 3;
}

}  // namespace tracker_probe
