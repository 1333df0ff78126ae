// The last line of defence for a deadline: a thread of its own that ends the process, whatever the
// main thread is stuck in (a pipe nobody reads, a call into a library).
#pragma once

#include <chrono>
#include <string>

namespace checks::net {

/// From now on the process ends at `at` with `exit_code` and `line` on standard output, unless it
/// has ended before. Never comes back; to be called once. Without a thread to spare it does nothing.
void end_process_at(std::chrono::steady_clock::time_point at, int exit_code, std::string line);

/// To be called before the verdict is written: from now on the watchdog ends the process without a
/// word, so that there are never two verdicts. Does not return if the watchdog is speaking already.
void begin_verdict();
/// The verdict is out: whatever clean-up the watchdog may still cut short, this is the exit code.
void end_verdict(int exit_code);

}  // namespace checks::net
