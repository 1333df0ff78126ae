#include "checks/tracker-probe/change_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>

namespace tracker_probe {

namespace {

constexpr std::size_t most_at_once = 16;
constexpr std::chrono::seconds last_wait{10};

std::vector<std::string> variables(const Change& change) {
  return {"TRACKER_PROBE_TARGET=" + change.target,
          std::string("TRACKER_PROBE_STATE=") + (change.up ? "UP" : "DOWN"),
          "TRACKER_PROBE_CODE=" + change.code, "TRACKER_PROBE_TEXT=" + change.text};
}

/// 0 and the child, or an errno.
int start(const std::string& command, std::vector<std::string> added, pid_t& child) {
  std::vector<char*> environment;
  for (char** entry = ::environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  for (std::string& entry : added) environment.push_back(entry.data());
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  char* const words[] = {shell.data(), option.data(), text.data(), nullptr};

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);  // which this program ignores
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error =
      ::posix_spawn(&child, "/bin/sh", &files, &attributes, words, environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return error;
}

}  // namespace

ChangeCommand::~ChangeCommand() {
  const auto end = std::chrono::steady_clock::now() + last_wait;
  for (reap(); !running_.empty() && std::chrono::steady_clock::now() < end; reap())
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void ChangeCommand::run(const Change& change) {
  if (command_.empty()) return;
  reap();
  if (running_.size() >= most_at_once) {
    fmt::print(stderr, "--on-change: {} commands are still running, not run for {}\n",
               running_.size(), change.target);
    return;
  }
  pid_t child = 0;
  if (const int error = start(command_, variables(change), child); error != 0) {
    fmt::print(stderr, "--on-change: cannot be run: {}\n", std::generic_category().message(error));
    return;
  }
  running_.push_back(child);
}

void ChangeCommand::reap() {
  running_.erase(
      std::remove_if(running_.begin(), running_.end(),
                     [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; }),
      running_.end());
}

}  // namespace tracker_probe
