// One run without a loop: a real child, and a clock that says what the test wants.
#include <poll.h>

#include <array>

#include "commands.hpp"
#include "minitor/process/command_run.hpp"
#include "minitor/process/spawn.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;
using namespace std::chrono_literals;

namespace {

constexpr Monotonic kStart{1000s};

struct Alone {
  explicit Alone(const Command& command)
      : pipe(std::get<OutputPipe>(open_output_pipe())),
        child(std::get<pid_t>(Spawner{}.spawn(command, {}, pipe.write.get()))),
        run(std::make_shared<const Command>(command), child, kStart) {
    pipe.write = Descriptor{};
  }

  void wait_for_end() const {
    siginfo_t info{};
    REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  }
  void pass_deadline(Duration since_start) {
    run.pass_deadline(kStart + since_start, pipe.read.get(), buffer);
  }

  OutputPipe pipe;
  pid_t child;
  CommandRun run;
  std::array<char, 1000> buffer{};
};

Command limited(Command command, Duration timeout, Duration grace) {
  command.timeout = timeout;
  command.grace = grace;
  return command;
}

}  // namespace

TEST_CASE("a run whose end and deadline come to be known together has ended by itself") {
  Alone alone{limited(shell("head -c 60000 /dev/zero; exit 5"), 2s, 1s)};
  alone.wait_for_end();
  alone.pass_deadline(3s);
  CHECK_FALSE(alone.run.has_child());
  CHECK_FALSE(alone.run.over());
  CHECK(alone.run.deadline() == kStart + 3s + kHeldOutputWait);
  // Nobody has read anything until now, and what is there is not left there.
  alone.pass_deadline(4s);
  REQUIRE(alone.run.over());
  const CommandOutcome outcome = alone.run.take_outcome();
  CHECK(outcome.ending == Ending{Exited{5}});
  CHECK(outcome.output_total == 60000);
  CHECK_FALSE(outcome.output_held);
  CHECK(outcome.elapsed == 3s);
}

TEST_CASE("TERM, grace, KILL: each at its time, and not before") {
  Alone alone{limited(shell("trap '' TERM; echo deaf; while :; do sleep 1000; done"), 2s, 1s)};
  pollfd heard{alone.pipe.read.get(), POLLIN, 0};
  REQUIRE(poll(&heard, 1, 60'000) == 1);
  CHECK(alone.run.deadline() == kStart + 2s);
  alone.pass_deadline(1999ms);
  CHECK(alone.run.deadline() == kStart + 2s);
  alone.pass_deadline(2s);
  CHECK(alone.run.deadline() == kStart + 3s);
  alone.run.end(kStart + 2s);  // it is being ended already, and late all the same
  alone.pass_deadline(2999ms);
  CHECK(exists(alone.child));
  CHECK(alone.run.deadline() == kStart + 3s);
  alone.pass_deadline(3s);
  CHECK(alone.run.deadline() == kStart + 3s + kKillWait);
  alone.wait_for_end();
  alone.run.look_for_end(kStart + 4s);
  alone.run.read_output(alone.pipe.read.get(), alone.buffer);
  REQUIRE(poll(&heard, 1, 60'000) == 1);  // its sleep is gone, too
  alone.run.read_output(alone.pipe.read.get(), alone.buffer);
  REQUIRE(alone.run.over());
  CHECK(alone.run.take_outcome().ending == Ending{TimedOut{2s, true}});
}

TEST_CASE("a child that somebody else reaped does not keep its run") {
  Alone alone{limited(program({"true"}), 2s, 1s)};
  REQUIRE(waitpid(alone.child, nullptr, 0) == alone.child);
  alone.run.read_output(alone.pipe.read.get(), alone.buffer);
  alone.run.look_for_end(kStart + 1s);
  REQUIRE(alone.run.over());
  CHECK(alone.run.take_outcome().ending == Ending{NotStarted{StartStage::spawn, ECHILD}});
}

TEST_CASE("one turn reads no more than its share") {
  Alone alone{limited(program({"cat", "/dev/zero"}), 2s, 1s)};
  pollfd heard{alone.pipe.read.get(), POLLIN, 0};
  REQUIRE(poll(&heard, 1, 60'000) == 1);
  alone.run.read_output(alone.pipe.read.get(), alone.buffer, 2500);
  alone.run.kill_group();
  alone.wait_for_end();
  alone.run.look_for_end(kStart);
  alone.run.read_output(alone.pipe.read.get(), alone.buffer, 2500);
  CHECK_FALSE(alone.run.over());
  alone.pass_deadline(1s);
  const CommandOutcome outcome = alone.run.take_outcome();
  CHECK(outcome.output_total > 5000);
  CHECK(outcome.ending == Ending{Killed{SIGKILL}});
}
