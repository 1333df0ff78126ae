// Thousands of targets: which of them, in which order, how many at once, and those that failed again.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <random>

#include "checks/net/random.hpp"
#include "checks/tracker-probe/bulk_report.hpp"
#include "checks/tracker-probe/modes.hpp"
#include "checks/tracker-probe/resume_file.hpp"
#include "checks/tracker-probe/session.hpp"

namespace tracker_probe {

namespace {

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

struct KernelGenerator {
  using result_type = std::uint32_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT32_MAX; }
  result_type operator()() { return random.number(); }
  checks::net::Random random;
};

class BulkRun {
 public:
  /// `targets` in the order in which they are to be probed.
  BulkRun(const CommandLine& line, std::vector<TargetSpec> targets, ResumeFile& done)
      : line_(line),
        targets_(std::move(targets)),
        done_(done),
        report_(line, rising_indexes(targets_)),
        session_(line) {
    for (const TargetSpec& target : targets_) {
      positions_.resize(std::max(positions_.size(), target.index + 1));
      positions_[target.index] = static_cast<std::uint32_t>(&target - targets_.data());
    }
  }

  int run() {
    const std::size_t parallel = parallel_within_limits(line_, targets_);
    pass(targets_, parallel, line_.bulk.retry_failed);
    for (unsigned left = line_.bulk.retry_failed; left > 0 && !session_.interrupted(); --left) {
      std::vector<TargetSpec> again;
      for (const auto& [index, result] : failed_) again.push_back(at(index));
      if (again.empty()) break;
      pass(again, parallel, left - 1);
    }
    for (auto& [index, result] : failed_) tell(std::move(result));  // those that were cut short
    const int status = report_.finish(session_.interrupted());
    session_.finish_clean_up(Instant::max());
    if (!session_.interrupted()) done_.remove();
    return status;
  }

 private:
  [[nodiscard]] const TargetSpec& at(std::size_t index) const {
    return targets_[positions_[index]];
  }

  static std::vector<std::size_t> rising_indexes(const std::vector<TargetSpec>& targets) {
    std::vector<std::size_t> indexes;
    indexes.reserve(targets.size());
    for (const TargetSpec& target : targets) indexes.push_back(target.index);
    std::sort(indexes.begin(), indexes.end());
    return indexes;
  }

  void pass(const std::vector<TargetSpec>& targets, std::size_t parallel, unsigned passes_left) {
    session_.run(
        targets, parallel, line_.bulk.rate,
        [&](TargetResult result) {
          failed_.erase(result.index);
          const bool failed = !works(result) && result.state != State::skipped;
          const bool hopeless = result.error && result.error->code == "target.invalid";
          if (failed && !hopeless && passes_left > 0) {
            failed_.emplace(result.index, std::move(result));
          } else {
            tell(std::move(result));
          }
        },
        [&] {
          report_.tick();
          done_.flush();
        });
  }

  void tell(TargetResult result) {
    const std::string& text = at(result.index).text;
    done_.add(text);
    report_.add(std::move(result), text);
  }

  const CommandLine& line_;
  const std::vector<TargetSpec> targets_;
  ResumeFile& done_;
  BulkReport report_;
  Session session_;
  std::vector<std::uint32_t> positions_;        // in targets_, by index
  std::map<std::size_t, TargetResult> failed_;  // to be probed again
};

}  // namespace

int run_bulk(const CommandLine& line) {
  CommandLine copy = line;
  if (copy.targets.empty() && copy.config_file.empty() &&
      std::getenv("TORRUST_CHECKER_CONFIG") == nullptr &&
      std::getenv("TORRUST_CHECKER_CONFIG_PATH") == nullptr) {
    copy.targets.emplace_back("-");
  }
  std::string problem;
  std::vector<TargetSpec> targets = gather_targets(copy, problem);
  if (!problem.empty()) return give_up(problem);
  ResumeFile done(line.bulk.resume);
  if (problem = done.open(); !problem.empty()) return give_up(problem);
  targets.erase(std::remove_if(targets.begin(), targets.end(),
                               [&](const TargetSpec& target) { return done.has(target.text); }),
                targets.end());
  if (line.bulk.shuffle) std::shuffle(targets.begin(), targets.end(), KernelGenerator{});
  return BulkRun(line, std::move(targets), done).run();
}

}  // namespace tracker_probe
