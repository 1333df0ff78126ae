// watch --on-change: a shell command that the user wrote, run when a target goes up or down.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tracker_probe {

struct Change {
  std::string target;  // all three clean for a terminal
  bool up = false;
  std::string code;  // of the error, or empty
  std::string text;  // the line about the check that made it so
};

/// What is known of the change is in TRACKER_PROBE_TARGET, _STATE (UP or DOWN), _CODE and _TEXT: data,
/// never part of the command. The command runs beside the watch, its output on standard error.
class ChangeCommand {
 public:
  /// Empty: run() does nothing.
  explicit ChangeCommand(std::string command) : command_(std::move(command)) {}
  /// Waits for the commands under way, ten seconds at most.
  ~ChangeCommand();
  ChangeCommand(const ChangeCommand&) = delete;
  ChangeCommand& operator=(const ChangeCommand&) = delete;

  /// Starts it. What cannot be started, or would be one too many, is told on standard error.
  void run(const Change& change);

 private:
  void reap();
  std::string command_;
  std::vector<pid_t> running_;
};

}  // namespace tracker_probe
