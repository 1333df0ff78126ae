// The output of a bulk run: a line a target, as it comes or in an order, the summary, and the lists.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checks/tracker-probe/command_line.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/report.hpp"

namespace tracker_probe {

/// OK or WARNING.
[[nodiscard]] bool works(const TargetResult& result);

class BulkReport {
 public:
  /// `indexes`: of the targets that will be added, rising. `line` outlives the report.
  BulkReport(const CommandLine& line, std::vector<std::size_t> indexes);

  /// `text`: the target as it was given, for --write-working.
  void add(TargetResult result, const std::string& text);
  /// Ten times a second: what is done goes out, the progress is drawn.
  void tick();
  /// The exit status.
  [[nodiscard]] int finish(bool interrupted);

 private:
  struct Tally {
    std::size_t total = 0;
    std::size_t counts[5] = {};
    State worst = State::skipped;
    [[nodiscard]] std::size_t count(State state) const {
      return counts[static_cast<std::size_t>(state)];
    }
    [[nodiscard]] std::size_t up() const { return count(State::ok) + count(State::warning); }
    [[nodiscard]] std::size_t down() const {
      return count(State::critical) + count(State::unknown);
    }
  };
  /// A line that waits for its place.
  struct Waiting {
    double latency = 0;
    std::string target;
    std::string text;
  };

  [[nodiscard]] bool shown(const TargetResult& result) const;
  [[nodiscard]] std::string line_text(const TargetResult& result) const;
  void write_waiting();
  void write_whole();
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] int status() const;

  const CommandLine& line_;
  std::vector<std::size_t> indexes_;
  ReportOptions report_;
  Output output_;
  bool progress_;
  bool whole_;  // the format needs all results at once
  Tally tally_;
  std::map<std::size_t, Waiting> waiting_;  // by index
  std::map<std::size_t, TargetResult> kept_;
  std::map<std::size_t, std::string> working_;
  std::size_t next_ = 0;  // in indexes_
};

}  // namespace tracker_probe
