// How a run ended, and what that says about the thing it looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "minitor/core/moment.hpp"

namespace minitor {

// The program ended by itself.
struct Exited {
  int code;  // 0..255
  friend bool operator==(const Exited&, const Exited&) = default;
};

// A signal that we did not send ended it.
struct Killed {
  int signal;
  bool core_dumped = false;
  friend bool operator==(const Killed&, const Killed&) = default;
};

// It ran into its deadline and was ended by us.
struct TimedOut {
  Duration limit;
  bool forced = false;  // TERM was not enough: it took a KILL
  friend bool operator==(const TimedOut&, const TimedOut&) = default;
};

// It ran into its deadline, and not even KILL ended it (another user's process behind sudo, or
// uninterruptible sleep). Its run is over for us; the process may still be there.
struct Unkillable {
  Duration limit;
  friend bool operator==(const Unkillable&, const Unkillable&) = default;
};

// Where starting it failed.
enum class StartStage : std::uint8_t { pipe, input, directory, spawn };

// It never ran.
struct NotStarted {
  StartStage stage;
  int error;  // errno
  friend bool operator==(const NotStarted&, const NotStarted&) = default;
};

// We ended it because the daemon is stopping.
struct Stopped {
  friend bool operator==(const Stopped&, const Stopped&) = default;
};

using Ending = std::variant<Exited, Killed, TimedOut, Unkillable, NotStarted, Stopped>;

// The one thing that comes back from every run, exactly once.
struct CommandOutcome {
  Ending ending;
  // stdout and stderr as they came, merged: the first and the last half of Command::output_bytes
  // when there was more. Raw bytes: may hold NUL, escapes and invalid UTF-8.
  std::string output;
  std::uint64_t output_total = 0;  // bytes written by the command, kept or not
  bool output_held = false;        // a process left behind kept the output open after the end
  Duration elapsed{};
};

// What one run says: the words of the Nagios plugin API for `ok`, `warning`, `unknown`.
enum class Verdict : std::uint8_t { ok, warning, failure, unknown };

// How a monitor's exit codes are read. `plain`: 0 is ok, all others are a failure. `nagios`: 0 ok,
// 1 warning, 2 failure, 3 unknown, all others a failure.
enum class ExitCodes : std::uint8_t { plain, nagios };

// An exit code by `codes`; whatever is the observer's own fault (no descriptors, no memory, no process
// slot, stopped by us) is unknown; everything else is a failure of the target.
[[nodiscard]] Verdict judge(const Ending& ending, ExitCodes codes = ExitCodes::plain);

// What the alert policy is to make of a verdict. A plugin that says "unknown" by itself (it was called
// wrongly, or what it asks does not answer) counts as failed: silence about it would hide an outage for
// as long as it lasts. Only what this machine could not do stays unknown.
[[nodiscard]] Verdict counts_as(Verdict verdict, const Ending& ending);

// True when the run could not start because this machine is short of something, not because of the
// target: EMFILE, ENFILE, EAGAIN, ENOMEM, or no pipe or input for it.
[[nodiscard]] bool observers_fault(const Ending& ending);

// In words, without the output: "exit 1", "exit 127 (command not found)", "killed by SIGSEGV (core
// dumped)", "timed out after 30s", "not started: curl: No such file or directory".
// `program` is named where that helps. With `nagios` a code has its meaning beside it: "exit 2
// (critical)", "exit 42 (not a plugin's code: 0 to 3)".
[[nodiscard]] std::string describe(const Ending& ending, std::string_view program,
                                   ExitCodes codes = ExitCodes::plain);

[[nodiscard]] std::string_view name(Verdict verdict);

}  // namespace minitor
