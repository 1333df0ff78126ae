// What a child finds: descriptors, signals, session, environment, directory, stdin.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>

#include "commands.hpp"
#include "minitor/process/descriptor.hpp"
#include "other_process.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace minitor::test;

namespace {

// What the kernel says of a child of ours.
struct Place {
  pid_t process = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  int terminal = -1;
};

Place place_of(Commands& commands) {
  std::istringstream stat{commands.run(program({"cat", "/proc/self/stat"})).output};
  std::string name;
  char state = 0;
  Place place;
  stat >> place.process >> name >> state >> place.parent >> place.group >> place.session >>
      place.terminal;
  return place;
}

}  // namespace

TEST_CASE("a child has no descriptor but its three") {
  const Descriptor kept_open_by_somebody{open("/dev/null", O_RDONLY)};  // without O_CLOEXEC
  Commands commands;
  const RunId other = commands.start(program({"sleep", "1000"}));
  // The fourth is that of ls for the folder.
  CHECK(commands.run(program({"ls", "/proc/self/fd"})).output == "0\n1\n2\n3\n");
  CHECK(commands.run(program({"ls", "/proc/self/fd"}), "input").output == "0\n1\n2\n3\n");
  commands.runner->end(other);
}

TEST_CASE("a child has default signals, and none blocked") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t unblocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &unblocked);
  Commands commands;
  // No shell in between: some unblock signals by themselves. The C library leaves two signals ignored that are its own, 32 and 33.
  const CommandOutcome outcome =
      commands.run(shell("sed -nE 's/^Sig(Blk|Ign):\t//p' /proc/self/status"));
  const CommandOutcome piped = commands.run(program({"sh", "-c", "kill -PIPE $$; echo survived"}));
  sigprocmask(SIG_SETMASK, &unblocked, nullptr);
  (void)std::signal(SIGPIPE, before);
  std::istringstream masks{outcome.output};
  std::uint64_t sig_blocked = 1;
  std::uint64_t sig_ignored = 1;
  masks >> std::hex >> sig_blocked >> sig_ignored;
  CHECK(sig_blocked == 0);
  CHECK((sig_ignored & ~(std::uint64_t{3} << 31)) == 0);
  CHECK(piped.ending == Ending{Killed{SIGPIPE}});
}

TEST_CASE("a child leads its own group, without a terminal") {
  Commands commands;
  const auto child = place_of(commands);
  CHECK(child.parent == getpid());
  CHECK(child.group == child.process);
  CHECK(child.terminal == 0);
}

TEST_CASE("a child of a daemon in a terminal does not get at the terminal") {
  CHECK(in_other_process([]() -> std::string {
          setsid();
          (void)std::signal(SIGHUP, SIG_IGN);  // the terminal goes before we do
          const Descriptor terminal{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
          if (grantpt(terminal.get()) != 0 || unlockpt(terminal.get()) != 0) return "no terminal";
          const Descriptor ours{open(ptsname(terminal.get()), O_RDWR | O_CLOEXEC)};
          if (!Descriptor{open("/dev/tty", O_RDWR | O_CLOEXEC)}.open()) return "not controlling";
          Commands commands;
          const auto child = place_of(commands);
          if (child.group != child.process) return "not its own group";
          if (child.session != child.process) return "not its own session";
          if (child.terminal != 0) return "it has a terminal";
          return commands.run(shell("exec 2> /dev/null; true < /dev/tty || echo none")).output;
        }) == "none\n");
}

TEST_CASE("a child has the daemon's environment with the command's on top") {
  setenv("MINITOR_TEST_KEPT", "kept", 1);
  setenv("MINITOR_TEST_CHANGED", "old", 1);
  Commands commands;
  Command command = program({"env"});
  command.environment = {{"MINITOR_TEST_CHANGED", "first"},
                         {"MINITOR_TEST_NEW", "a=b \"c\"\n$d"},
                         {"MINITOR_TEST_CHANGED", "last"},
                         {"MINITOR_TEST_NUL", std::string("before\0after", 12)}};
  const std::string output = "\n" + commands.run(command).output;
  CHECK(output.find("\nMINITOR_TEST_KEPT=kept\n") != std::string::npos);
  CHECK(output.find("\nMINITOR_TEST_CHANGED=last\n") != std::string::npos);
  CHECK(output.find("\nMINITOR_TEST_NEW=a=b \"c\"\n$d\n") != std::string::npos);
  CHECK(output.find("\nMINITOR_TEST_NUL=before\n") != std::string::npos);
  CHECK(output.find("old") == std::string::npos);
  CHECK(output.find("first") == std::string::npos);
  command.environment = {{"A=B", "c"}};
  CHECK(commands.run(command).ending == Ending{NotStarted{StartStage::spawn, EINVAL}});
}

TEST_CASE("a child has the daemon's umask and directory, or the command's directory") {
  const Folder folder;
  const mode_t mask = umask(027);
  Commands commands;
  const CommandOutcome own = commands.run(shell("umask; pwd -P"));
  const CommandOutcome other = commands.run(shell("pwd -P", folder.path()));
  umask(mask);
  CHECK(own.output == "0027\n" + std::filesystem::current_path().string() + "\n");
  CHECK(other.output == std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST_CASE("arguments come as they are") {
  Commands commands;
  CHECK(commands.run(program({"printf", "[%s]", "", "a b", "*", "$HOME", "\n\xff"})).output ==
        "[][a b][*][$HOME][\n\xff]");
}

TEST_CASE("stdin is /dev/null, or the input to its last byte") {
  Commands commands;
  CHECK(commands.run(program({"readlink", "/proc/self/fd/0"})).output == "/dev/null\n");
  CHECK(commands.run(program({"cat"})).output.empty());
  CHECK(commands.run(program({"cat"}), std::string("a\0b\xff\n", 5)).output ==
        std::string("a\0b\xff\n", 5));

  std::string large(1 << 20, 'x');
  large.back() = '.';
  CHECK(commands.run(shell("sleep 0.2; wc -c"), large).output == "1048576\n");
  CHECK(commands.run(shell("tail -c 3"), large).output == "xx.");
  // Nobody reads it: that is nobody's trouble.
  CHECK(commands.run(program({"true"}), large).ending == Ending{Exited{0}});
}

TEST_CASE("a daemon without stdin, stdout and stderr starts whole children") {
  const Descriptor in{dup(0)};
  const Descriptor out{dup(1)};
  const Descriptor err{dup(2)};
  for (int i = 0; i < 3; ++i) close(i);
  std::string output;
  {
    Commands commands;
    output = commands.run(shell("cat; echo out; echo err >&2"), "in\n").output;
  }
  dup2(in.get(), 0);
  dup2(out.get(), 1);
  dup2(err.get(), 2);
  CHECK(output == "in\nout\nerr\n");
}
