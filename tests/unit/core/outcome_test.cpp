#include "minitor/core/outcome.hpp"

#include <cerrno>
#include <csignal>

#include "minitor/core/command.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/notice.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

TEST_CASE("exit codes of the Nagios plugin API") {
  const auto judged = [](int code) { return judge(Exited{code}, ExitCodes::nagios); };
  CHECK(judged(0) == Verdict::ok);
  CHECK(judged(1) == Verdict::warning);
  CHECK(judged(2) == Verdict::failure);
  CHECK(judged(3) == Verdict::unknown);
  for (const int code : {4, 42, 126, 127, 139, 255}) CHECK(judged(code) == Verdict::failure);
  CHECK(judge(TimedOut{30s}, ExitCodes::nagios) == Verdict::failure);
  CHECK(judge(Killed{SIGSEGV}, ExitCodes::nagios) == Verdict::failure);
  CHECK(judge(NotStarted{StartStage::pipe, EMFILE}, ExitCodes::nagios) == Verdict::unknown);

  const auto words = [](int code) { return describe(Exited{code}, "x", ExitCodes::nagios); };
  CHECK(words(0) == "exit 0");
  CHECK(words(1) == "exit 1 (warning)");
  CHECK(words(2) == "exit 2 (critical)");
  CHECK(words(3) == "exit 3 (unknown)");
  CHECK(words(4) == "exit 4 (not a plugin's code: 0 to 3)");
  CHECK(words(126) == "exit 126 (not executable)");
  CHECK(words(127) == "exit 127 (command not found)");
  CHECK(words(139) == "exit 139 (killed by SIGSEGV)");
}

TEST_CASE("what a plugin cannot tell counts as failed; what this machine could not do does not") {
  CHECK(counts_as(Verdict::unknown, Exited{3}) == Verdict::failure);
  CHECK(counts_as(Verdict::unknown, NotStarted{StartStage::pipe, EMFILE}) == Verdict::unknown);
  CHECK(counts_as(Verdict::unknown, Stopped{}) == Verdict::unknown);
  CHECK(counts_as(Verdict::warning, Exited{1}) == Verdict::warning);
  CHECK(counts_as(Verdict::ok, Exited{0}) == Verdict::ok);
}

TEST_CASE("what an ending says about the target") {
  CHECK(judge(Exited{0}) == Verdict::ok);
  CHECK(judge(Exited{1}) == Verdict::failure);
  CHECK(judge(Exited{127}) == Verdict::failure);
  CHECK(judge(Killed{SIGSEGV}) == Verdict::failure);
  CHECK(judge(TimedOut{30s}) == Verdict::failure);
  CHECK(judge(Unkillable{30s}) == Verdict::failure);
  CHECK(judge(NotStarted{StartStage::spawn, ENOENT}) == Verdict::failure);
  CHECK(judge(NotStarted{StartStage::directory, ENOENT}) == Verdict::failure);
  CHECK(judge(Stopped{}) == Verdict::unknown);
  for (const int error : {EMFILE, ENFILE, EAGAIN, ENOMEM}) {
    CHECK(judge(NotStarted{StartStage::pipe, error}) == Verdict::unknown);
    CHECK(observers_fault(NotStarted{StartStage::spawn, error}));
  }
  CHECK_FALSE(observers_fault(Stopped{}));
}

TEST_CASE("an ending in words") {
  CHECK(describe(Exited{0}, "true") == "exit 0");
  CHECK(describe(Exited{1}, "curl") == "exit 1");
  CHECK(describe(Exited{126}, "x") == "exit 126 (not executable)");
  CHECK(describe(Exited{127}, "x") == "exit 127 (command not found)");
  CHECK(describe(Exited{137}, "x") == "exit 137 (killed by SIGKILL)");
  CHECK(describe(Exited{255}, "x") == "exit 255");
  CHECK(describe(Killed{SIGSEGV, true}, "x") == "killed by SIGSEGV (core dumped)");
  CHECK(describe(Killed{SIGTERM}, "x") == "killed by SIGTERM");
  CHECK(describe(Killed{40}, "x") == "killed by signal 40");
  CHECK(describe(TimedOut{30s}, "x") == "timed out after 30s");
  CHECK(describe(TimedOut{90s, true}, "x") == "timed out after 1m30s (needed SIGKILL)");
  CHECK(describe(Unkillable{30s}, "x") == "timed out after 30s, and SIGKILL did not end it");
  CHECK(describe(NotStarted{StartStage::spawn, ENOENT}, "curl") ==
        "not started: curl: No such file or directory");
  CHECK(describe(NotStarted{StartStage::spawn, ENOENT}, "") ==
        "not started: No such file or directory");
  CHECK(describe(NotStarted{StartStage::pipe, EMFILE}, "curl") ==
        "not started: no pipe for its output: Too many open files");
  CHECK(describe(NotStarted{StartStage::directory, ENOENT}, "curl") ==
        "not started: its directory: No such file or directory");
  CHECK(describe(Stopped{}, "x") == "stopped: minitor is shutting down");
}

TEST_CASE("a command in one line") {
  Command command;
  command.program = Argv{{"curl", "-s", "a b", "it's\n"}};
  CHECK(describe(command) == R"(curl -s 'a b' 'it'\''s\n')");
  command.program = ShellText{"echo one\necho two"};
  CHECK(describe(command) == "echo one\\necho two");
}

TEST_CASE("names") {
  CHECK(name(Verdict::warning) == "warning");
  CHECK(name(NoticeKind::reminder) == "reminder");
  CHECK(name(NoticeStage::given_up) == "given_up");
}
