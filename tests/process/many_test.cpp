// Many runs: nothing leaks, nobody is confused with another.
#include <dirent.h>

#include <algorithm>
#include <filesystem>

#include "commands.hpp"
#include "minitor/process/deadlines.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;
using namespace std::chrono_literals;

namespace {

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

}  // namespace

TEST_CASE("a thousand runs leak no descriptor and leave no zombie") {
  Commands commands;
  (void)commands.run(program({"true"}), "input");
  const std::ptrdiff_t before = open_descriptors();
  constexpr int kRuns = 1000;
  int started = 0;
  while (commands.outcomes.size() < kRuns) {
    while (started < kRuns - 1 && commands.runner->running() < 20) {
      switch (++started % 4) {
        case 0: commands.start(shell("echo hello; exit 3")); break;
        case 1: commands.start(program({"cat"}), "input"); break;
        case 2: commands.start(program({"/no/such/program"}), "input"); break;
        default: commands.start(program({"true"})); break;
      }
    }
    const std::size_t ended = commands.outcomes.size();
    REQUIRE(commands.until([&] { return commands.outcomes.size() > ended; }));
  }
  CHECK(commands.runner->running() == 0);
  CHECK(commands.told_twice == 0);
  CHECK(open_descriptors() == before);
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE(
    "each of many runs gets its own outcome, also when any child has to be looked for slowly") {
  // More than are looked at without a pause. Their output is closed: their ends are not heard by it.
  Commands commands;
  std::vector<std::pair<RunId, int>> codes;
  const Folder folder;
  const std::string gate = folder / "gate";
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  for (int i = 0; i < 300; ++i) {
    const int code = i % 200;
    codes.emplace_back(commands.start(shell("exec > /dev/null 2>&1; read x < " + gate + "; exit " +
                                            std::to_string(code))),
                       code);
  }
  const RunId keeper = commands.start(shell("exec 3> " + gate + "; exec sleep 1"));
  CHECK(commands.outcome(keeper).ending == Ending{Exited{0}});
  for (const auto& [run, code] : codes) {
    // The gate was open for a second; who came later finds a writer here.
    if (!commands.outcomes.contains(run.value)) commands.start(shell(": > " + gate));
    CHECK(commands.outcome(run).ending == Ending{Exited{code}});
  }
}

TEST_CASE("a child that is killed from outside changes nothing for fifty others") {
  const Folder folder;
  Commands commands;
  std::vector<RunId> others;
  others.reserve(50);
  for (int i = 0; i < 25; ++i) others.push_back(commands.start(program({"sleep", "1000"})));
  const RunId victim =
      commands.start(shell(tell_number("number") + "exec sleep 1000", folder.path()));
  for (int i = 0; i < 25; ++i) others.push_back(commands.start(program({"sleep", "1000"})));
  kill(commands.number_in(folder / "number"), SIGKILL);
  CHECK(commands.outcome(victim).ending == Ending{Killed{SIGKILL}});
  CHECK(commands.outcomes.size() == 1);
  CHECK(commands.runner->running() == 50);
  CHECK(commands.run(shell("echo still here")).output == "still here\n");
  for (const RunId run : others) commands.runner->end(run);
  for (const RunId run : others) CHECK(commands.outcome(run).ending == Ending{Stopped{}});
  CHECK(commands.until([] { return !has_children(); }));
}

TEST_CASE("a run may start and end others from its outcome") {
  boost::asio::io_context loop;
  std::vector<std::uint64_t> ended;
  std::unique_ptr<CommandRunner> runner;
  const auto again = std::make_shared<const Command>(program({"true"}));
  const auto endless = std::make_shared<const Command>(program({"sleep", "1000"}));
  runner = std::make_unique<CommandRunner>(loop, [&](RunId run, const CommandOutcome&) {
    ended.push_back(run.value);
    if (run.value < 100) runner->start(RunId{run.value + 1}, again, {});
    if (run.value == 100) runner->end(RunId{1000});
    if (run.value == 1000) loop.stop();
  });
  runner->start(RunId{1000}, endless, {});
  runner->start(RunId{1}, again, {});
  loop.run_for(kPatience);
  CHECK(ended.size() == 101);
  CHECK(ended.back() == 1000);
}

TEST_CASE("deadlines come in the order of time") {
  const auto at = [](int seconds) { return Monotonic{std::chrono::seconds{seconds}}; };
  Deadlines deadlines;
  CHECK_FALSE(deadlines.earliest());
  CHECK_FALSE(deadlines.take_due(Monotonic::max()));
  deadlines.set(RunId{1}, at(30));
  deadlines.set(RunId{2}, at(10));
  deadlines.set(RunId{3}, at(10));
  deadlines.set(RunId{4}, at(5));
  deadlines.set(RunId{4}, at(40));  // replaces the one before
  deadlines.set(RunId{5}, at(1));
  deadlines.clear(RunId{5});
  deadlines.clear(RunId{6});
  CHECK(deadlines.earliest() == at(10));
  CHECK_FALSE(deadlines.take_due(at(9)));
  CHECK(deadlines.take_due(at(10)) == RunId{2});
  CHECK(deadlines.take_due(at(10)) == RunId{3});
  CHECK_FALSE(deadlines.take_due(at(10)));
  deadlines.set(RunId{2}, at(20));
  CHECK(deadlines.take_due(at(50)) == RunId{2});
  CHECK(deadlines.take_due(at(50)) == RunId{1});
  CHECK(deadlines.take_due(at(50)) == RunId{4});
  CHECK_FALSE(deadlines.earliest());
}
