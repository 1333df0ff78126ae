// Runs commands: the only door to processes in this house.
//
// Every command that is started ends in exactly one outcome, whatever it does: ignores TERM, floods
// its output, leaves a grandchild behind that holds the pipe, or does not exist.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "minitor/core/event.hpp"

namespace boost::asio {
class io_context;
}

namespace minitor {

class CommandRunner {
 public:
  // Called on the loop's thread, once for each start(), never from inside start() or end().
  using Done = std::function<void(RunId, CommandOutcome)>;

  // One runner a process: it owns SIGCHLD and reaps every child, its own and those that were left
  // to it (the process is a subreaper, or pid 1). Runs on the loop's one thread.
  CommandRunner(boost::asio::io_context& loop, Done done);
  ~CommandRunner();  // kills what still runs; no Done is called any more
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;

  // Starts `command` with `input` on its stdin (empty: /dev/null). Never blocks, never throws; a
  // failure to start comes back as NotStarted.
  void start(RunId run, std::shared_ptr<const Command> command, const std::string& input);

  // TERM to the run's process group, KILL after the command's grace; ends as Stopped. Unknown runs
  // are passed over: it may just have ended.
  void end(RunId run);

  [[nodiscard]] std::size_t running() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace minitor
