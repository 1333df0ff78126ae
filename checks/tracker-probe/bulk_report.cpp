#include "checks/tracker-probe/bulk_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include "checks/tracker-probe/modes.hpp"

namespace tracker_probe {

namespace {

/// Of the fastest address that works; what does not work comes last.
double latency_of(const TargetResult& result) {
  double least = std::numeric_limits<double>::infinity();
  for (const AddressResult& address : result.addresses) {
    if (address.error && address.state != State::warning) continue;
    least = std::min(least, metric(result, address, "latency").value_or(least));
  }
  return least;
}

}  // namespace

bool works(const TargetResult& result) {
  return result.state == State::ok || result.state == State::warning;
}

BulkReport::BulkReport(const CommandLine& line, std::vector<std::size_t> indexes)
    : line_(line),
      indexes_(std::move(indexes)),
      report_(report_options(line)),
      output_(line.output_file),
      progress_(!line.bulk.no_progress && ::isatty(STDERR_FILENO) == 1),
      whole_(line.format == Format::prom || line.format == Format::tracker_checker ||
             line.format == Format::nagios) {}

void BulkReport::add(TargetResult result, const std::string& text) {
  ++tally_.total;
  ++tally_.counts[static_cast<std::size_t>(result.state)];
  tally_.worst = worse(tally_.worst, result.state);
  if (works(result) && !line_.bulk.write_working.empty()) working_.emplace(result.index, text);
  if (whole_) {
    kept_.emplace(result.index, std::move(result));
    return;
  }
  std::string words = shown(result) ? line_text(result) : "";
  switch (line_.bulk.order) {
    case Order::completion: return output_.write(words);
    case Order::latency:
      waiting_.emplace(result.index, Waiting{latency_of(result), "", std::move(words)});
      return;
    case Order::name:
      waiting_.emplace(result.index, Waiting{0, result.target, std::move(words)});
      return;
    case Order::input: break;
  }
  if (next_ >= indexes_.size() || result.index != indexes_[next_]) {
    waiting_.emplace(result.index, Waiting{0, "", std::move(words)});
    return;
  }
  output_.write(words);
  for (++next_; !waiting_.empty() && waiting_.begin()->first == indexes_[next_]; ++next_) {
    output_.write(waiting_.begin()->second.text);
    waiting_.erase(waiting_.begin());
  }
}

void BulkReport::tick() {
  output_.flush();
  if (!progress_) return;
  fmt::print(stderr, "\r{}/{}  up {}  down {}\x1b[K", tally_.total, indexes_.size(), tally_.up(),
             tally_.down());
  std::fflush(stderr);
}

int BulkReport::finish(bool interrupted) {
  if (progress_) fmt::print(stderr, "\r\x1b[K");
  write_waiting();
  if (whole_) write_whole();
  if (line_.bulk.summary) output_.write(summary());
  bool good = output_.close();
  if (!line_.bulk.write_working.empty()) {
    std::string list;
    for (const auto& [index, text] : working_) list += text + "\n\n";  // as trackerslist does
    good = replace_file(line_.bulk.write_working, list) && good;
  }
  return interrupted || !good ? 3 : status();
}

bool BulkReport::shown(const TargetResult& result) const {
  switch (line_.bulk.show) {
    case Show::all: return true;
    case Show::up: return works(result);
    case Show::down: return !works(result) && result.state != State::skipped;
  }
  return true;
}

std::string BulkReport::line_text(const TargetResult& result) const {
  switch (line_.format) {
    case Format::json:
    case Format::jsonl: return json_text(result, report_) + "\n";
    case Format::quiet: return {};
    default: return short_text(result, report_);
  }
}

void BulkReport::write_waiting() {
  std::vector<Waiting> lines;
  lines.reserve(waiting_.size());
  for (auto& [index, line] : waiting_) lines.push_back(std::move(line));
  waiting_.clear();
  std::stable_sort(lines.begin(), lines.end(), [](const Waiting& a, const Waiting& b) {
    return std::pair(a.latency, std::string_view(a.target)) <
           std::pair(b.latency, std::string_view(b.target));
  });
  for (const Waiting& line : lines) output_.write(line.text);
}

void BulkReport::write_whole() {
  std::vector<TargetResult> results;
  results.reserve(kept_.size());
  for (auto& [index, result] : kept_) {
    if (shown(result)) results.push_back(std::move(result));
  }
  if (line_.format == Format::prom) output_.write(prometheus_text(results));
  if (line_.format == Format::nagios) output_.write(nagios_text(results, report_));
  if (line_.format == Format::tracker_checker) output_.write(tracker_checker_text(results));
}

std::string BulkReport::summary() const {
  const auto& counts = tally_.counts;
  if (line_.format == Format::json || line_.format == Format::jsonl) {
    return fmt::format(
        "{{\"summary\":{{\"total\":{},\"ok\":{},\"warning\":{},\"critical\":{},\"unknown\":{},"
        "\"skipped\":{}}}}}\n",
        tally_.total, counts[0], counts[1], counts[2], counts[3], counts[4]);
  }
  return fmt::format("{} targets: {} ok, {} warning, {} critical, {} unknown{}\n", tally_.total,
                     counts[0], counts[1], counts[2], counts[3],
                     counts[4] > 0 ? fmt::format(", {} skipped", counts[4]) : "");
}

int BulkReport::status() const {
  const std::string& rule = line_.bulk.fail_if;
  if (rule == "never") return 0;
  if (rule == "any") return exit_status(tally_.worst, line_);
  const auto limit = static_cast<std::size_t>(std::strtoul(rule.c_str() + 6, nullptr, 10));
  const bool percent = rule.back() == '%';
  const bool failed =
      percent ? tally_.down() * 100 >= limit * tally_.total : tally_.down() >= limit;
  return failed ? 2 : 0;
}

}  // namespace tracker_probe
