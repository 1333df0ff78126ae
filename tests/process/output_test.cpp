// What is read of a command's output, and what a flood of it does to others.
#include <sys/resource.h>

#include "commands.hpp"
#include "minitor/process/kept_output.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;

namespace {

std::string kept(std::size_t limit, const std::vector<std::string>& pieces) {
  KeptOutput output{limit};
  for (const std::string& piece : pieces) output.append(piece);
  return output.take();
}

long peak_memory_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("the first and the last half of the output are kept") {
  CHECK(kept(6, {}).empty());
  CHECK(kept(6, {"abc"}) == "abc");
  CHECK(kept(6, {"abc", "def"}) == "abcdef");
  CHECK(kept(6, {"abcdefg"}) == "abcefg");
  CHECK(kept(6, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}) == "abcijk");
  CHECK(kept(6, {"ab", "cdefghij", "k"}) == "abcijk");
  CHECK(kept(7, {"abcdefgh"}) == "abcefgh");
  CHECK(kept(1, {"ab", "c"}) == "c");
  CHECK(kept(0, {"ab", "c"}).empty());
}

TEST_CASE("whatever the pieces, the kept output is the same and every byte is counted") {
  std::string all;
  for (int i = 0; i < 300; ++i) all += std::to_string(i) + ",";
  for (std::size_t limit = 0; limit < 70; ++limit) {
    const std::string expected =
        all.substr(0, limit / 2) + all.substr(all.size() - (limit - limit / 2));
    for (std::size_t piece = 1; piece < 80; ++piece) {
      KeptOutput output{limit};
      for (std::size_t at = 0; at < all.size(); at += piece) {
        output.append(std::string_view{all}.substr(at, piece));
      }
      if (output.total() != all.size() || output.take() != expected) {
        FAIL("limit " << limit << ", pieces of " << piece);
      }
    }
  }
}

TEST_CASE("stdout and stderr come as one, in order") {
  Commands commands;
  const CommandOutcome outcome = commands.run(shell("echo a; echo b >&2; echo c; echo d >&2"));
  CHECK(outcome.output == "a\nb\nc\nd\n");
  CHECK(outcome.output_total == 8);
  CHECK_FALSE(outcome.output_held);
}

TEST_CASE("output is raw") {
  Commands commands;
  CHECK(commands.run(shell("printf 'a\\000b\\377\\376\\303(\\033[31m'")).output ==
        std::string("a\0b\xff\xfe\xc3(\x1b[31m", 12));
}

TEST_CASE("output that ends before the run does not end the run") {
  const Folder folder;
  Commands commands;
  const RunId run = commands.start(shell(
      "echo before; exec >&- 2>&-; " + tell_number("number") + "exec sleep 1000", folder.path()));
  const pid_t number = commands.number_in(folder / "number");
  CHECK(commands.runner->running() == 1);
  kill(number, SIGUSR1);
  CHECK(commands.outcome(run).ending == Ending{Killed{SIGUSR1}});
  CHECK(commands.outcome(run).output == "before\n");
}

TEST_CASE("a flood of output is counted, its ends are kept, and memory is not filled with it") {
  Commands commands;
  const long before = peak_memory_kb();
  Command flood = shell("printf begin; head -c 120000000 /dev/zero; printf end");
  flood.output_bytes = 10;
  const CommandOutcome outcome = commands.run(flood);
  CHECK(outcome.ending == Ending{Exited{0}});
  CHECK(outcome.output_total == 120000008);
  CHECK(outcome.output == std::string("begin\0\0end", 10));
  CHECK(peak_memory_kb() - before < 20'000);
}

TEST_CASE("a flood of output delays no other run") {
  Commands commands;
  const RunId flood = commands.start(program({"cat", "/dev/zero"}));
  // Whoever reads the flood until there is no more of it never comes to these.
  for (int i = 0; i < 50; ++i)
    REQUIRE(commands.run(shell("echo " + std::to_string(i))).output_total > 0);
  CHECK(commands.runner->running() == 1);
  // It is long: wait for a good piece of it.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  CHECK(commands.until([&] { return std::chrono::steady_clock::now() > limit; }));
  commands.runner->end(flood);
  const CommandOutcome outcome = commands.outcome(flood);
  CHECK(outcome.ending == Ending{Stopped{}});
  CHECK(outcome.output_total > 10'000'000);
}
