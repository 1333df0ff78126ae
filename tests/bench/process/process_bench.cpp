// How many checks a second the runner carries, against a bare loop of posix_spawn, read and waitpid
// of the same program with as many at once, in the same run; with and without ballast in the process.
// The two take turns, and the best round of each counts: what else the machine does disturbs both.
// It measures as a service runs, without a controlling terminal.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "minitor/process/command_runner.hpp"

namespace {

using namespace minitor;
using Seconds = std::chrono::duration<double>;

constexpr int kRuns = 400;  // a round
constexpr int kRounds = 15;
constexpr const char* kProgram = "/bin/true";
constexpr std::size_t kBallast = 100 * 1000 * 1000;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

// ---- bare --------------------------------------------------------------------------------------

struct Bare {
  pid_t child = -1;
  std::string output;
};

int start_bare(Bare& bare) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  char* const arguments[] = {const_cast<char*>(kProgram), nullptr};
  if (posix_spawn(&bare.child, kProgram, &actions, nullptr, arguments, environ) != 0) {
    give_up("posix_spawn");
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  return ends[0];
}

void run_bare(int at_once) {
  std::vector<pollfd> pipes;
  std::vector<Bare> running;
  int started = 0;
  int ended = 0;
  char buffer[65536];
  while (ended < kRuns) {
    while (started < kRuns && running.size() < static_cast<std::size_t>(at_once)) {
      running.emplace_back();
      pipes.push_back({start_bare(running.back()), POLLIN, 0});
      ++started;
    }
    if (poll(pipes.data(), pipes.size(), -1) < 0) give_up("poll");
    for (std::size_t i = pipes.size(); i-- > 0;) {
      if (pipes[i].revents == 0) continue;
      const ssize_t got = read(pipes[i].fd, buffer, sizeof buffer);
      if (got > 0) {
        running[i].output.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      close(pipes[i].fd);
      int status = 0;
      waitpid(running[i].child, &status, 0);
      pipes[i] = pipes.back();
      pipes.pop_back();
      std::swap(running[i], running.back());
      running.pop_back();
      ++ended;
    }
  }
}

// ---- the runner --------------------------------------------------------------------------------

void run_runner(int at_once) {
  boost::asio::io_context loop{1};
  Command it;
  it.program = Argv{{kProgram}};
  it.timeout = std::chrono::seconds{60};
  const auto command = std::make_shared<const Command>(it);
  std::uint64_t started = 0;
  int ended = 0;
  std::unique_ptr<CommandRunner> runner;
  const auto start = [&] { runner->start(RunId{++started}, command, {}); };
  runner = std::make_unique<CommandRunner>(loop, [&](RunId, const CommandOutcome& outcome) {
    if (outcome.ending != Ending{Exited{0}}) give_up(describe(outcome.ending, kProgram).c_str());
    if (++ended == kRuns) return loop.stop();
    if (started < kRuns) start();
  });
  for (int i = 0; i < at_once; ++i) start();
  loop.run();
}

// What the machine itself spends on us, without the children.
Seconds own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return Seconds{seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

struct Best {
  double per_second = 0;
  double cpu_us = 1e9;  // own CPU time of a check

  void measure(void (*run)(int), int at_once) {
    const auto begin = std::chrono::steady_clock::now();
    const Seconds cpu = own_cpu_time();
    run(at_once);
    const Seconds wall = std::chrono::steady_clock::now() - begin;
    per_second = std::max(per_second, kRuns / wall.count());
    cpu_us = std::min(cpu_us, (own_cpu_time() - cpu).count() * 1e6 / kRuns);
  }
};

void compare(int at_once, const char* ballast) {
  Best bare;
  Best runner;
  for (int round = 0; round < kRounds; ++round) {
    bare.measure(run_bare, at_once);
    runner.measure(run_runner, at_once);
  }
  std::printf("bare posix_spawn, %d at once%s: %.0f checks/s (own CPU time %.0f us each)\n",
              at_once, ballast, bare.per_second, bare.cpu_us);
  std::printf("runner, %d at once%s: %.0f checks/s (ratio %.2f; own CPU time %.0f us each)\n",
              at_once, ballast, runner.per_second, runner.per_second / bare.per_second,
              runner.cpu_us);
  std::fflush(stdout);
}

void compare_all() {
  for (const int at_once : {1, 8, 64}) compare(at_once, "");
  const std::string ballast(kBallast, 'x');  // written to, so that it is there
  for (const int at_once : {1, 8, 64}) compare(at_once, ", 100 MB of ballast");
}

}  // namespace

int main() {
  const pid_t measuring = fork();
  if (measuring < 0) give_up("fork");
  if (measuring == 0) {
    setsid();
    compare_all();
    return 0;
  }
  int status = 0;
  waitpid(measuring, &status, 0);
  return status == 0 ? 0 : 1;
}
