// How a run ends: by itself, by a signal, by its deadline, by us.
#include <sys/resource.h>

#include <thread>

#include "commands.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;
using namespace std::chrono_literals;

namespace {

// Gives back a run that has ended, though nobody has noticed.
RunId start_and_sleep_over_its_end(Commands& commands, const Command& command) {
  REQUIRE(commands.until([] { return !has_children(); }));  // orphans of the test before
  const RunId run = commands.start(command);
  siginfo_t info{};
  REQUIRE(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  return run;
}

}  // namespace

TEST_CASE("the exit code is the program's") {
  Commands commands;
  CHECK(commands.run(program({"true"})).ending == Ending{Exited{0}});
  CHECK(commands.run(program({"false"})).ending == Ending{Exited{1}});
  CHECK(commands.run(shell("exit 9")).ending == Ending{Exited{9}});  // no signal, though 9 is KILL
  CHECK(commands.run(shell("exit 255")).ending == Ending{Exited{255}});
  CHECK(commands.runner->running() == 0);
}

TEST_CASE("a signal that another sent is told from an exit") {
  Commands commands;
  CHECK(commands.run(shell("kill -KILL $$")).ending == Ending{Killed{SIGKILL}});
  CHECK(commands.run(shell("kill -TERM $$")).ending == Ending{Killed{SIGTERM}});
}

TEST_CASE("a dumped core is told") {
  const Folder folder;
  const std::string text = "ulimit -c unlimited; kill -SEGV $$";
  // What a process without a runner comes to here.
  const int status = std::system(
      ("exec 2> /dev/null; cd " + folder.path() + "; exec /bin/sh -c '" + text + "'").c_str());
  REQUIRE(WIFSIGNALED(status));
  const bool dumps = WCOREDUMP(status);
  Commands commands;
  CHECK(commands.run(shell(text, folder.path())).ending == Ending{Killed{SIGSEGV, dumps}});
}

TEST_CASE("a run that is over its limit gets TERM, and its whole group with it") {
  const Folder folder;
  Commands commands;
  Command slow = shell("sleep 1000 & echo $! > new; mv new number; wait", folder.path());
  slow.timeout = 300ms;
  const CommandOutcome outcome = commands.run(slow);
  CHECK(outcome.ending == Ending{TimedOut{300ms, false}});
  CHECK(outcome.elapsed >= 300ms);
  CHECK(outcome.elapsed < slow.grace);
  const pid_t sleeper = commands.number_in(folder / "number");
  CHECK(commands.until([&] { return !exists(sleeper); }));
}

TEST_CASE("a run that ignores TERM gets KILL after its grace") {
  Commands commands;
  Command stubborn = shell("trap '' TERM; echo deaf; while :; do sleep 1000; done");
  stubborn.timeout = 1s;
  stubborn.grace = 200ms;
  const CommandOutcome outcome = commands.run(stubborn);
  CHECK(outcome.ending == Ending{TimedOut{1s, true}});
  CHECK(outcome.output == "deaf\n");
  CHECK(outcome.elapsed >= 1200ms);
}

TEST_CASE("a stopped run hears its TERM") {
  Commands commands;
  Command stopped = shell("trap 'echo heard; exit 3' TERM; kill -STOP $$; exit 4");
  stopped.timeout = 1s;
  stopped.grace = kPatience;
  const CommandOutcome outcome = commands.run(stopped);
  CHECK(outcome.ending == Ending{TimedOut{1s, false}});
  CHECK(outcome.output == "heard\n");
}

TEST_CASE("a limit too long for the clock is none") {
  Commands commands;
  Command endless = program({"true"});
  endless.timeout = Duration::max();
  CHECK(commands.run(endless).ending == Ending{Exited{0}});
}

TEST_CASE("the limits of many runs are kept apart") {
  Commands commands;
  std::vector<RunId> early;
  std::vector<RunId> late;
  for (int i = 0; i < 40; ++i) {
    Command command = program({"sleep", "1000"});
    command.timeout = i % 2 == 0 ? 50ms : Duration{kPatience};
    (i % 2 == 0 ? early : late).push_back(commands.start(command));
  }
  for (const RunId run : early)
    CHECK(commands.outcome(run).ending == Ending{TimedOut{50ms, false}});
  CHECK(commands.runner->running() == late.size());
}

TEST_CASE("a run is ended when we are told to") {
  const Folder folder;
  Commands commands;

  SECTION("by TERM") {
    const RunId run = commands.start(program({"sleep", "1000"}));
    commands.runner->end(run);
    CHECK(commands.outcomes.empty());  // not from inside
    CHECK(commands.outcome(run).ending == Ending{Stopped{}});
  }
  SECTION("by KILL after its grace, however often it is told") {
    Command deaf = shell("trap '' TERM\n" + tell_number("number") + "while :; do sleep 1000; done",
                         folder.path());
    deaf.grace = 200ms;
    const RunId run = commands.start(deaf);
    const pid_t number = commands.number_in(folder / "number");
    commands.runner->end(run);
    commands.runner->end(run);
    CHECK(commands.outcome(run).ending == Ending{Stopped{}});
    CHECK(commands.outcome(run).elapsed >= 200ms);
    CHECK_FALSE(exists(number));
  }
  SECTION("unless it has ended by itself") {
    const RunId run = start_and_sleep_over_its_end(commands, shell("exit 7"));
    commands.runner->end(run);
    CHECK(commands.outcomes.empty());
    CHECK(commands.outcome(run).ending == Ending{Exited{7}});
  }
  SECTION("unless it is not known") { commands.runner->end(RunId{12345}); }
  CHECK(commands.told_twice == 0);
}

TEST_CASE("what came before the deadline counts, however late the loop is") {
  Commands commands;
  Command quick = shell("head -c 60000 /dev/zero; exit 5");
  quick.timeout = 2s;
  const RunId run = start_and_sleep_over_its_end(commands, quick);
  std::this_thread::sleep_for(2300ms);  // this is the late loop
  const CommandOutcome outcome = commands.outcome(run);
  CHECK(outcome.ending == Ending{Exited{5}});
  CHECK(outcome.output_total == 60000);
  CHECK_FALSE(outcome.output_held);
}
