// Thousands of targets: one line each, in input order or as they come.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "checks/tracker-probe/modes.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/session.hpp"

namespace tracker_probe {

namespace {

bool works(const TargetResult& result) {
  return result.state == State::ok || result.state == State::warning;
}

/// What is kept of a result after it is printed.
struct Tally {
  std::size_t total = 0;
  std::size_t counts[5] = {};
  State worst = State::skipped;
  [[nodiscard]] std::size_t down() const {
    return counts[static_cast<int>(State::critical)] + counts[static_cast<int>(State::unknown)];
  }
};

class BulkRun {
 public:
  BulkRun(const CommandLine& line, const std::vector<TargetSpec>& targets)
      : line_(line),
        targets_(targets),
        report_(report_options(line)),
        output_(line.output_file),
        progress_(!line.bulk.no_progress && ::isatty(STDERR_FILENO) == 1),
        whole_(line.format == Format::prom || line.format == Format::tracker_checker ||
               line.format == Format::nagios) {}

  void add(TargetResult result) {
    ++tally_.total;
    ++tally_.counts[static_cast<int>(result.state)];
    tally_.worst = worse(tally_.worst, result.state);
    if (works(result) && !line_.bulk.write_working.empty())
      working_.emplace(result.index, targets_[result.index].text);
    if (whole_) {
      kept_.emplace(result.index, std::move(result));
      return;
    }
    std::string text = shown(result) ? line_text(result) : "";
    if (line_.bulk.order == Order::completion) {
      output_.write(text);
      return;
    }
    waiting_.emplace(result.index, std::move(text));
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      output_.write(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      ++next_;
    }
  }

  void tick() {
    output_.flush();
    if (!progress_) return;
    fmt::print(stderr, "\r{}/{}  up {}  down {}\x1b[K", tally_.total, targets_.size(),
               tally_.total - tally_.down(), tally_.down());
    std::fflush(stderr);
  }

  int finish(bool interrupted) {
    if (progress_) fmt::print(stderr, "\r\x1b[K");
    for (const auto& [index, text] : waiting_) output_.write(text);
    if (whole_) write_whole();
    if (line_.bulk.summary) output_.write(summary());
    bool good = output_.close();
    if (!line_.bulk.write_working.empty()) {
      std::string list;
      for (const auto& [index, text] : working_)
        list += text + "\n\n";  // as trackerslist publishes them
      good = replace_file(line_.bulk.write_working, list) && good;
    }
    if (interrupted || !good) return 3;
    return status();
  }

 private:
  [[nodiscard]] bool shown(const TargetResult& result) const {
    if (line_.bulk.show == Show::all) return true;
    return (line_.bulk.show == Show::up) == works(result);
  }

  [[nodiscard]] std::string line_text(const TargetResult& result) const {
    switch (line_.format) {
      case Format::json:
      case Format::jsonl: return json_text(result, report_) + "\n";
      case Format::quiet: return {};
      default: return short_text(result, report_);
    }
  }

  void write_whole() {
    std::vector<TargetResult> results;
    results.reserve(kept_.size());
    for (auto& [index, result] : kept_) {
      if (shown(result)) results.push_back(std::move(result));
    }
    if (line_.format == Format::prom) output_.write(prometheus_text(results));
    if (line_.format == Format::nagios) output_.write(nagios_text(results, report_));
    if (line_.format == Format::tracker_checker) output_.write(tracker_checker_text(results));
  }

  [[nodiscard]] std::string summary() const {
    if (line_.format == Format::json || line_.format == Format::jsonl) {
      return fmt::format(
          "{{\"summary\":{{\"total\":{},\"ok\":{},\"warning\":{},\"critical\":{},\"unknown\":{}}}}}"
          "\n",
          tally_.total, tally_.counts[0], tally_.counts[1], tally_.counts[2], tally_.counts[3]);
    }
    return fmt::format("{} targets: {} ok, {} warning, {} critical, {} unknown\n", tally_.total,
                       tally_.counts[0], tally_.counts[1], tally_.counts[2], tally_.counts[3]);
  }

  [[nodiscard]] int status() const {
    const std::string& rule = line_.bulk.fail_if;
    if (rule == "never") return 0;
    if (rule == "any") return exit_status(tally_.worst, line_);
    const auto limit = static_cast<std::size_t>(std::strtoul(rule.c_str() + 6, nullptr, 10));
    const bool percent = rule.back() == '%';
    const bool failed =
        percent ? tally_.down() * 100 >= limit * tally_.total : tally_.down() >= limit;
    return failed ? 2 : 0;
  }

  const CommandLine& line_;
  const std::vector<TargetSpec>& targets_;
  ReportOptions report_;
  Output output_;
  bool progress_;
  bool whole_;  // the format needs all results at once
  Tally tally_;
  std::map<std::size_t, std::string> waiting_;
  std::map<std::size_t, TargetResult> kept_;
  std::map<std::size_t, std::string> working_;
  std::size_t next_ = 0;
};

/// Every HTTP probe takes a descriptor or two: stay below what the system allows.
std::size_t parallel_within_limits(const CommandLine& line,
                                   const std::vector<TargetSpec>& targets) {
  bool tcp = false;
  for (const TargetSpec& target : targets) {
    const auto* url = std::get_if<TrackerUrl>(&target.url);
    tcp = tcp || (url != nullptr && url->scheme != Scheme::udp);
  }
  rlimit limit{};
  if (!tcp || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return line.bulk.parallel;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return line.bulk.parallel;
  const std::size_t spare = limit.rlim_cur > 48 ? limit.rlim_cur - 40 : 8;
  return std::max<std::size_t>(1, std::min(line.bulk.parallel, spare / 4));
}

}  // namespace

int run_bulk(const CommandLine& line) {
  CommandLine copy = line;
  if (copy.targets.empty() && copy.config_file.empty() &&
      std::getenv("TORRUST_CHECKER_CONFIG") == nullptr &&
      std::getenv("TORRUST_CHECKER_CONFIG_PATH") == nullptr) {
    copy.targets.emplace_back("-");
  }
  std::string problem;
  const std::vector<TargetSpec> targets = gather_targets(copy, problem);
  if (!problem.empty()) return give_up(problem);
  BulkRun run(line, targets);
  Session session(line);
  session.run(
      targets, parallel_within_limits(line, targets), line.bulk.rate,
      [&](TargetResult result) { run.add(std::move(result)); }, [&] { run.tick(); });
  const int status = run.finish(session.interrupted());
  session.finish_clean_up(Instant::max());
  return status;
}

}  // namespace tracker_probe
