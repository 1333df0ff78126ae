// A machine that is short of something: each shortage is a value, and none loses a child.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "commands.hpp"
#include "minitor/process/descriptor.hpp"
#include "other_process.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;

namespace {

std::string not_started(StartStage stage, int error) {
  return describe(NotStarted{stage, error}, "true");
}

// Takes descriptors until only `left` are to be had.
class Exhausted {
 public:
  explicit Exhausted(std::size_t left) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (true) {
      Descriptor one{open("/dev/null", O_RDONLY | O_CLOEXEC)};
      if (!one.open()) break;
      taken_.push_back(std::move(one));
    }
    for (std::size_t i = 0; i < left; ++i) taken_.pop_back();
  }

 private:
  std::vector<Descriptor> taken_;
};

}  // namespace

TEST_CASE("out of descriptors") {
  const auto run_with = [](std::size_t left, const std::string& input) {
    return in_other_process([&] {
      Commands commands;
      std::optional<CommandOutcome> outcome;
      {
        const Exhausted exhausted{left};
        outcome = commands.run(shell("cat; echo out"), input);
      }
      return describe(outcome->ending, "true") + "\n" + outcome->output;
    });
  };
  CHECK(run_with(0, "") == not_started(StartStage::pipe, EMFILE) + "\n");
  CHECK(run_with(1, "") == not_started(StartStage::pipe, EMFILE) + "\n");
  CHECK(run_with(2, "input") == not_started(StartStage::input, EMFILE) + "\n");
  // A pipe's two are enough for a run, one more for its input.
  CHECK(run_with(2, "") == "exit 0\nout\n");
  CHECK(run_with(3, "input\n") == "exit 0\ninput\nout\n");
}

TEST_CASE("out of descriptors, no running child is lost") {
  CHECK(in_other_process([] {
          const Folder folder;
          Commands commands;
          const RunId run =
              commands.start(shell(tell_number("number") + "exec sleep 1000", folder.path()));
          const pid_t number = commands.number_in(folder / "number");
          Command slow = program({"sleep", "1000"});
          slow.timeout = std::chrono::milliseconds{100};
          const RunId late = commands.start(slow);
          std::vector<Ending> endings;
          {
            const Exhausted none{0};
            kill(number, SIGUSR1);
            endings = {commands.outcome(run).ending, commands.outcome(late).ending};
          }
          return describe(endings[0], "") + ", " + describe(endings[1], "");
        }) == describe(Killed{SIGUSR1}, "") + ", timed out after 100ms");
}

TEST_CASE("out of processes") {
  CHECK(in_other_process([] {
          become_nobody();
          Commands commands;
          const rlimit limit{1, 1};
          setrlimit(RLIMIT_NPROC, &limit);
          return describe(commands.run(program({"true"})).ending, "true");
        }) == not_started(StartStage::spawn, EAGAIN));
}

#if !defined(__SANITIZE_ADDRESS__)  // which needs more memory than a limit could leave
TEST_CASE("out of memory") {
  CHECK(in_other_process([] {
          Commands commands;
          (void)commands.run(program({"true"}));
          // What small things need is there, in the heap: a process needs more than that.
          std::vector<std::string> small(200, std::string(1000, 'x'));
          small.clear();
          std::size_t pages = 0;
          std::ifstream{"/proc/self/statm"} >> pages;
          const rlim_t bytes = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
          const rlimit limit{bytes, bytes};
          setrlimit(RLIMIT_AS, &limit);
          return describe(commands.run(program({"true"})).ending, "true");
        }) == not_started(StartStage::spawn, ENOMEM));
}
#endif

TEST_CASE("arguments and environment that are too long") {
  Commands commands;
  const std::string large(200'000, 'x');  // one string may have 128 KB
  CHECK(commands.run(program({"true", large})).ending ==
        Ending{NotStarted{StartStage::spawn, E2BIG}});
  Command command = program({"true"});
  command.environment = {{"LARGE", large}};
  CHECK(commands.run(command).ending == Ending{NotStarted{StartStage::spawn, E2BIG}});
}

TEST_CASE("more pipes than a user may fill") {
  // Beyond fs.pipe-user-pages-soft a pipe is smaller, and no less a pipe.
  CHECK(in_other_process([] {
          become_nobody();
          std::vector<Descriptor> pipes;
          rlimit limit{};
          getrlimit(RLIMIT_NOFILE, &limit);
          limit.rlim_cur = limit.rlim_max;
          setrlimit(RLIMIT_NOFILE, &limit);
          for (int i = 0; i < 1500; ++i) {
            int ends[2];
            if (pipe2(ends, O_CLOEXEC) != 0) break;
            pipes.emplace_back(ends[0]);
            pipes.emplace_back(ends[1]);
          }
          Commands commands;
          return std::to_string(
              commands.run(program({"head", "-c", "300000", "/dev/zero"})).output_total);
        }) == "300000");
}
