// Running real commands in a test: a loop and a runner, and a folder that goes away.
#pragma once

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "minitor/process/command_runner.hpp"

namespace minitor::test {

// Nothing that is waited for takes so long, unless it never comes.
inline constexpr std::chrono::seconds kPatience{60};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "minitor-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
    chmod(name.c_str(), 0777);  // also for a test that is another user
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

  // Writes a file and gives back its path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& text,
                                  mode_t mode = 0644) const {
    const std::string file = *this / name;
    std::ofstream{file} << text;
    chmod(file.c_str(), mode);
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline bool exists(pid_t process) { return kill(process, 0) == 0 || errno == EPERM; }

inline Command program(std::vector<std::string> items) {
  Command command;
  command.program = Argv{std::move(items)};
  command.timeout = kPatience;
  return command;
}

inline Command shell(std::string text, std::string directory = {}) {
  Command command;
  command.program = ShellText{std::move(text)};
  command.directory = std::move(directory);
  command.timeout = kPatience;
  return command;
}

// For shell text: writes the shell's number to a file, which is there only when it is complete.
inline std::string tell_number(const std::string& file) {
  return "echo $$ > " + file + ".new && mv " + file + ".new " + file + "\n";
}

class Commands {
 public:
  Commands()
      : runner(std::make_unique<CommandRunner>(loop, [this](RunId run, CommandOutcome outcome) {
          if (!outcomes.emplace(run.value, std::move(outcome)).second) ++told_twice;
        })) {}

  RunId start(Command command, std::string input = {}) {
    const RunId run{++last_};
    runner->start(run, std::make_shared<const Command>(std::move(command)), std::move(input));
    return run;
  }

  // Lets the loop go on until the condition holds; false: it never did.
  template <class Condition>
  [[nodiscard]] bool until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds{5});
    }
    return true;
  }

  [[nodiscard]] CommandOutcome outcome(RunId run) {
    if (!until([&] { return outcomes.contains(run.value); }))
      throw std::runtime_error("no outcome");
    return outcomes.at(run.value);
  }

  [[nodiscard]] CommandOutcome run(Command command, std::string input = {}) {
    return outcome(start(std::move(command), std::move(input)));
  }

  // The number that a command writes to a file.
  [[nodiscard]] pid_t number_in(const std::string& file) {
    if (!until([&] { return std::filesystem::exists(file); }))
      throw std::runtime_error("no " + file);
    return std::stoi(content(file));
  }

  boost::asio::io_context loop;
  std::map<std::uint64_t, CommandOutcome> outcomes;
  int told_twice = 0;
  std::unique_ptr<CommandRunner> runner;

 private:
  std::uint64_t last_ = 0;
};

// Whether this process has any child at all, running or zombie.
inline bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace minitor::test

namespace minitor {

// Endings in a failed assertion.
inline std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  return out << describe(ending, "it");
}

}  // namespace minitor
