// Processes that KILL does not end. The program `stubborn` says how it is done.
#include <unistd.h>

#include <filesystem>

#include "commands.hpp"
#include "other_process.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;
using namespace std::chrono_literals;

TEST_CASE("a process that is not ours to kill is given up, and reaped when it ends") {
  if (geteuid() != 0) {
    WARN("skipped: needs root, to install a setuid program");
    return;
  }
  const Folder folder;
  const std::string sudo = folder / "sudo";
  std::filesystem::copy_file(STUBBORN, sudo);
  REQUIRE(chown(sudo.c_str(), 0, 0) == 0);
  REQUIRE(chmod(sudo.c_str(), 04755) == 0);
  const std::string gate = folder / "gate";
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);

  // Who runs it is not root; this process, which is, ends it when it has been given up.
  const std::string said = in_other_process([&] {
    become_nobody();
    Commands commands;
    Command command = program({sudo, "other-user"});
    command.timeout = 1s;
    command.grace = 100ms;
    const CommandOutcome outcome = commands.run(command);
    if (outcome.ending != Ending{Unkillable{1s}}) return "ended: " + describe(outcome.ending, "it");
    if (outcome.elapsed > 4s) return std::string("waited though there was nothing to wait for");
    const pid_t number = std::stoi(outcome.output);
    if (!exists(number)) return std::string("it is not there any more");
    if (commands.run(program({"true"})).ending != Ending{Exited{0}}) return std::string("stuck");
    // Its own alarm ends it; ask another run to be quicker is not possible. Leave it to the test.
    return outcome.output;
  });
  INFO(said);
  const pid_t number = std::stoi(said);
  CHECK(kill(number, SIGKILL) == 0);
}

TEST_CASE(
    "a process that KILL does not end in time is given up, and reaped when it ends after all") {
  Commands commands;
  Command command = program({STUBBORN, "held"});
  command.timeout = 1s;
  command.grace = 100ms;
  const CommandOutcome outcome = commands.run(command);
  if (outcome.ending == Ending{Exited{2}}) {
    WARN("skipped: tracing is not allowed here");
    return;
  }
  CHECK(outcome.ending == Ending{Unkillable{1s}});
  CHECK(commands.runner->running() == 0);
  CHECK(commands.run(program({"true"})).ending == Ending{Exited{0}});
  CHECK(has_children());
  const pid_t tracer = std::stoi(outcome.output);
  kill(tracer, SIGKILL);
  CHECK(commands.until([] { return !has_children(); }));
  CHECK(commands.told_twice == 0);
  CHECK(commands.outcomes.size() == 2);
}
