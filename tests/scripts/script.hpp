// Golden scripts: a configuration, commands, and under each command the lines that came out.
//
//   # The sentence that this script proves.
//   config
//     monitors: [{name: blog, command: [check], alerts: [mail], alert_after: 3}]
//     alerts: {mail: {command: [send]}}
//
//   > fail x3
//   00:01:00 blog: failing to down, failed 3 times in a row (alert_after: 3) [i1]
//
// A `config` block begins a new world; `env NAME=value` lines before it are its environment. See
// README.md for the commands.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/store/memory_history.hpp"
#include "tests/scripts/world.hpp"

namespace minitor::scripts {

class Script {
 public:
  // The text as it would be if every expectation were met.
  [[nodiscard]] std::string run(std::string_view text);

 private:
  using Words = std::vector<std::string>;

  void begin(const std::string& config);
  [[nodiscard]] Config load(const std::string& config) const;
  void command(const std::string& line);
  void dispatch(Words words);
  bool run_command(const Words& words);
  bool change_command(const Words& words);
  bool overlay_command(const Words& words);
  bool stop_command(const Words& words);
  bool restart_command(const Words& words);
  void set_fate(Manner& how, const Words& words);
  void run_checks(const Words& words);
  void beat(const Words& words);
  void show(const Words& words, bool shown);
  void status();
  void why_of(const Words& words);
  void sequence(int failures);
  void say(std::string line) { lines_.push_back(std::move(line)); }
  void observe(const Effect& effect);
  [[nodiscard]] Manner& manner(const std::string& name);
  [[nodiscard]] MonitorId monitor(const std::string& name) const;

  std::map<std::string, std::string> environment_;
  std::string config_;
  std::string next_config_;  // of a `restart with`; empty: the same again
  std::unique_ptr<World> world_;
  std::unique_ptr<MemoryHistory> history_;  // for `why`
  std::set<std::string> shown_;
  std::vector<std::string> lines_;  // of the present command
  // Kind and failures of every notice, for `sequence`.
  std::vector<std::pair<std::string, int>> told_;
};

}  // namespace minitor::scripts
