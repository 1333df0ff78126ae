#include "tests/unit/core/real_shell.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/catch.hpp"

namespace minitor {
namespace {

constexpr unsigned kSeconds = 20;  // no text of a test runs longer

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void run_child(int out, const std::string& directory, char** argv,
                            char** environment) {
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDERR_FILENO);
  dup2(out, STDOUT_FILENO);
  if (chdir(directory.c_str()) != 0) _exit(125);
  alarm(kSeconds);
  execvpe(argv[0], argv, environment);
  _exit(124);
}

}  // namespace

std::vector<std::vector<std::string>> real_shells() {
  std::vector<std::vector<std::string>> shells;
  if (access("/bin/dash", X_OK) == 0) shells.push_back({"/bin/dash"});
  if (access("/bin/bash", X_OK) == 0) {
    shells.push_back({"/bin/bash"});
    shells.push_back({"/bin/bash", "--posix"});
  }
  return shells;
}

ShellRun run_shell(const std::vector<std::string>& shell, const std::string& text,
                   const Environment& environment) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "minitor-shell-XXXXXX").string();
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  std::vector<std::string> words = shell;
  words.insert(words.end(), {"-c", text});
  std::vector<std::string> variables{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> argv = pointers(words);
  std::vector<char*> envp = pointers(variables);
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) run_child(ends[1], directory, argv.data(), envp.data());
  close(ends[1]);
  ShellRun run;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    run.output.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    run.left.push_back(entry.path().filename().string());
  }
  std::filesystem::remove_all(directory);
  return run;
}

}  // namespace minitor

TEST_CASE("shells of tests run") {
  for (const auto& shell : minitor::real_shells()) {
    const auto run =
        minitor::run_shell(shell, "printf %s \"$X\"; touch here; exit 3", {{"X", "a b"}});
    CHECK(run.output == "a b");
    CHECK(run.exit_code == 3);
    CHECK(run.left == std::vector<std::string>{"here"});
  }
}
