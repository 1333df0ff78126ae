#include "checks/net/watchdog.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <system_error>
#include <thread>

namespace checks::net {

namespace {

std::atomic<bool> somebody_speaks{false};
constexpr int no_verdict = -1;
std::atomic<int> verdict_code{no_verdict};

void speak(const std::string& line) {
  // The writer may be what is stuck: never wait for the pipe.
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags >= 0) ::fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, line.data(), line.size());
  if (flags >= 0) ::fcntl(STDOUT_FILENO, F_SETFL, flags);
}

}  // namespace

void end_process_at(std::chrono::steady_clock::time_point at, int exit_code, std::string line) {
  try {
    std::thread([at, exit_code, line = std::move(line)] {
      std::this_thread::sleep_until(at);
      if (!somebody_speaks.exchange(true)) speak(line);
      const int verdict = verdict_code.load();
      ::_exit(verdict == no_verdict ? exit_code : verdict);
    }).detach();
  } catch (const std::system_error&) {
  }
}

void begin_verdict() {
  while (somebody_speaks.exchange(true)) ::pause();  // the process ends within microseconds
}

void end_verdict(int exit_code) { verdict_code.store(exit_code); }

}  // namespace checks::net
