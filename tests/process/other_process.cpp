#include "other_process.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace minitor::test {

std::string in_other_process(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) {
    close(ends[0]);
    std::string said;
    try {
      said = body();
    } catch (const std::exception& error) {
      said = std::string("exception: ") + error.what();
    }
    const bool written =
        write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0)
    throw std::runtime_error("the other process ended with " + std::to_string(status));
  return said;
}

void become_nobody() {
  if (geteuid() != 0) return;
  // A number of its own for each process, far from those of real users.
  const auto number = static_cast<uid_t>(1'000'000'000 + getpid());
  if (setgroups(0, nullptr) != 0 || setgid(number) != 0 || setuid(number) != 0) {
    throw std::runtime_error("cannot become another user");
  }
}

}  // namespace minitor::test
