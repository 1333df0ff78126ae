// The last line of defence for a deadline: a thread of its own that ends the process, whatever the
// main thread is stuck in (a pipe nobody reads, a call into a library).
#pragma once

#include <chrono>
#include <string>

namespace checks::net {

/// From now on the process ends at `at` with `exit_code` and `line` on standard output, unless it
/// has ended before. Never comes back; to be called once. Without a thread to spare it does nothing.
void end_process_at(std::chrono::steady_clock::time_point at, int exit_code, std::string line);

}  // namespace checks::net
