// What a command leaves behind: processes that hold its output, processes in other sessions, orphans.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "commands.hpp"
#include "minitor/process/descriptor.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;

namespace {

// A fifo: what reads it waits until the test opens it.
std::string gate_in(const Folder& folder) {
  std::string gate = folder / "gate";
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  return gate;
}

pid_t parent_of(pid_t process) {
  std::ifstream stat{"/proc/" + std::to_string(process) + "/stat"};
  std::string number;
  std::string name;
  std::string state;
  pid_t parent = 0;
  stat >> number >> name >> state >> parent;
  return parent;
}

// Whoever waits at the gate goes on; there must be one.
void open_gate(Commands& commands, const std::string& gate) {
  REQUIRE(commands.until(
      [&] { return Descriptor{open(gate.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)}.open(); }));
}

}  // namespace

TEST_CASE("the leader's end is the run's end, though a grandchild holds the pipe") {
  const Folder folder;
  Commands commands;
  Command command = shell("sleep 1000 & echo $! > number; echo out; exit 4", folder.path());

  SECTION("the grandchild of a check is killed") {
    command.leftovers = Leftovers::kill;
    const CommandOutcome outcome = commands.run(command);
    CHECK(outcome.ending == Ending{Exited{4}});
    CHECK(outcome.output == "out\n");
    const pid_t sleeper = commands.number_in(folder / "number");
    CHECK(commands.until([&] { return !exists(sleeper); }));  // and reaped: by us
    CHECK(commands.until([] { return !has_children(); }));
  }
  SECTION("the grandchild of an alert lives on") {
    command.leftovers = Leftovers::leave;
    const CommandOutcome outcome = commands.run(command);
    CHECK(outcome.ending == Ending{Exited{4}});
    CHECK(outcome.output == "out\n");
    CHECK(outcome.output_held);
    CHECK(outcome.elapsed < kPatience / 2);
    const pid_t sleeper = commands.number_in(folder / "number");
    CHECK(exists(sleeper));
    CHECK(getpgid(sleeper) != getpgrp());
    kill(sleeper, SIGKILL);
    CHECK(commands.until([&] { return !exists(sleeper); }));
  }
}

TEST_CASE("a grandchild in its own session is out of reach, and delays nothing") {
  const Folder folder;
  Commands commands;
  const CommandOutcome outcome =
      commands.run(shell("setsid sleep 1000 & echo $! > number; echo out; exit 4", folder.path()));
  CHECK(outcome.ending == Ending{Exited{4}});
  CHECK(outcome.output == "out\n");
  CHECK(outcome.elapsed < kPatience / 2);
  const pid_t sleeper = commands.number_in(folder / "number");
  kill(sleeper, SIGKILL);
  CHECK(commands.until([&] { return !exists(sleeper); }));
}

TEST_CASE("what holds the output of a dead run is told") {
  const Folder folder;
  const std::string gate = gate_in(folder);
  Commands commands;
  // The run ends when its grandchild is in its own session.
  const CommandOutcome outcome =
      commands.run(shell("setsid sh -c 'echo there > there; read x < gate' & "
                         "until [ -s there ]; do :; done; echo out; exit 4",
                         folder.path()));
  CHECK(outcome.ending == Ending{Exited{4}});
  CHECK(outcome.output == "out\n");
  CHECK(outcome.output_held);
  open_gate(commands, gate);
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("what an alert handed over to may go on writing") {
  const Folder folder;
  const std::string gate = gate_in(folder);
  Commands commands;
  Command command = shell(
      "(read x < gate; head -c 200000 /dev/zero; echo on; touch survived) & exit 0", folder.path());
  command.leftovers = Leftovers::leave;
  const CommandOutcome outcome = commands.run(command);
  CHECK(outcome.ending == Ending{Exited{0}});
  CHECK(outcome.output_held);
  open_gate(commands, gate);
  CHECK(commands.until([&] { return std::filesystem::exists(folder / "survived"); }));
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("an orphan of a dead run is reaped by us") {
  const Folder folder;
  const std::string gate = gate_in(folder);
  Commands commands;
  const CommandOutcome outcome = commands.run(shell("setsid sh -c '" + tell_number("number") +
                                                        "read x < gate' > /dev/null 2>&1 & "
                                                        "until [ -s number ]; do :; done",
                                                    folder.path()));
  CHECK(outcome.ending == Ending{Exited{0}});
  CHECK_FALSE(outcome.output_held);
  const pid_t orphan = commands.number_in(folder / "number");
  CHECK(exists(orphan));
  CHECK(parent_of(orphan) == getpid());
  open_gate(commands, gate);
  CHECK(commands.until([&] { return !exists(orphan); }));  // a zombie exists, too
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("a child that ended before there was a runner is reaped, too") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(0);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  Commands commands;
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("a runner that goes leaves no process behind, and calls nobody") {
  const Folder folder;
  Commands commands;
  std::vector<pid_t> numbers;
  for (int i = 0; i < 10; ++i) {
    const std::string file = "number" + std::to_string(i);
    commands.start(shell("trap '' TERM; sleep 1000 & echo $! > inner" + std::to_string(i) + "\n" +
                             tell_number(file) + "wait",
                         folder.path()));
    numbers.push_back(commands.number_in(folder / file));
    numbers.push_back(commands.number_in(folder / ("inner" + std::to_string(i))));
  }
  commands.start(program({"true"}));
  commands.start(program({"/no/such/program"}));
  commands.outcomes.clear();
  const std::size_t told = commands.outcomes.size();
  commands.runner.reset();
  // The grandchildren are orphans now, ours to reap as long as nobody else does.
  while (has_children()) waitpid(-1, nullptr, 0);
  for (const pid_t number : numbers) CHECK_FALSE(exists(number));
  commands.loop.restart();
  commands.loop.run();
  CHECK(commands.outcomes.size() == told);
}
