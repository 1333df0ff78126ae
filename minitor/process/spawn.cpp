#include "minitor/process/spawn.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "minitor/process/child_environment.hpp"
#include "minitor/process/program_path.hpp"

namespace minitor {
namespace {

constexpr int kFirstForeignDescriptor = STDERR_FILENO + 1;

// What the child does between its birth and the program.
class FileActions {
 public:
  FileActions() { note(posix_spawn_file_actions_init(&actions_)); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void copy(int from, int to) { note(posix_spawn_file_actions_adddup2(&actions_, from, to)); }
  void open_for_reading(int as, const char* path) {
    note(posix_spawn_file_actions_addopen(&actions_, as, path, O_RDONLY, 0));
  }
  void close_from(int first) { note(posix_spawn_file_actions_addclosefrom_np(&actions_, first)); }
  void enter(const std::string& directory) {
    note(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
  }

  // The first errno: a child that would do less than it was told must not be started.
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawn_file_actions_t actions_{};
  int error_ = 0;
};

// Only a daemon that was started in a terminal, and not as a service, has one.
bool has_controlling_terminal() {
  return Descriptor{open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)}.open();
}

// A file in memory that holds `input`, at its beginning: nobody has to write while the child reads,
// however much there is. Or the errno.
std::variant<Descriptor, int> input_file(std::string_view input) {
#ifndef MFD_NOEXEC_SEAL
  constexpr unsigned MFD_NOEXEC_SEAL = 8;  // Linux 6.3; some systems insist on it
#endif
  Descriptor file{memfd_create("minitor-input", MFD_CLOEXEC | MFD_NOEXEC_SEAL)};
  if (!file.open() && errno == EINVAL) {
    file = Descriptor{memfd_create("minitor-input", MFD_CLOEXEC)};
  }
  if (!file.open()) return errno;
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return errno;
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return errno;
  return file;
}

// Tells a directory that cannot be entered from a program that cannot be executed.
StartStage stage_of(int error, const std::string& directory) {
  if (directory.empty()) return StartStage::spawn;
  struct stat info {};
  // Looking up "." in it asks for what entering it asks for.
  if (stat((directory + "/.").c_str(), &info) == 0) return StartStage::spawn;
  return errno == error ? StartStage::directory : StartStage::spawn;
}

std::vector<char*> pointers_to(std::vector<std::string>& items) {
  std::vector<char*> pointers;
  pointers.reserve(items.size() + 1);
  for (std::string& item : items) pointers.push_back(item.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> arguments_of(const Command& command) {
  if (const auto* shell = std::get_if<ShellText>(&command.program)) {
    return {"/bin/sh", "-c", shell->text};
  }
  return std::get<Argv>(command.program).items;
}

bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// Something that exec cannot be given, and would silently cut. The value of a variable is the
// exception: it ends at its NUL, for a notice that quotes a command's output has to go out all the
// same.
bool malformed(const Command& command, const std::vector<std::string>& arguments) {
  return arguments.empty() || holds_nul(command.directory) ||
         std::any_of(arguments.begin(), arguments.end(), holds_nul) ||
         std::any_of(command.environment.begin(), command.environment.end(),
                     [](const auto& variable) {
                       return variable.first.empty() || holds_nul(variable.first) ||
                              variable.first.find('=') != std::string::npos;
                     });
}

}  // namespace

std::variant<OutputPipe, NotStarted> open_output_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return NotStarted{StartStage::pipe, errno};
  OutputPipe made{Descriptor{ends[0]}, Descriptor{ends[1]}};
  if (fcntl(made.read.get(), F_SETFL, O_NONBLOCK) != 0) return NotStarted{StartStage::pipe, errno};
  return made;
}

// A session of its own takes the terminal away from a child that would ask for a password there. It
// costs a third of all starts, since the kernel makes a scheduling group for each (autogroup); so a
// daemon that has no terminal to begin with makes do with process groups.
Spawner::Spawner() {
  posix_spawnattr_init(&attributes_);
  sigset_t all;
  sigfillset(&all);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes_, &all);
  posix_spawnattr_setsigmask(&attributes_, &none);
  posix_spawnattr_setpgroup(&attributes_, 0);
  const int own = has_controlling_terminal() ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(
      &attributes_, static_cast<short>(own | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
}

Spawner::~Spawner() { posix_spawnattr_destroy(&attributes_); }

std::variant<pid_t, NotStarted> Spawner::spawn(const Command& command, std::string_view input,
                                               int output) const {
  std::vector<std::string> arguments = arguments_of(command);
  if (malformed(command, arguments)) return NotStarted{StartStage::spawn, EINVAL};
  Descriptor child_input;
  if (!input.empty()) {
    auto file = input_file(input);
    if (const int* error = std::get_if<int>(&file)) return NotStarted{StartStage::input, *error};
    child_input = std::get<Descriptor>(std::move(file));
  }

  const ChildEnvironment environment{command.environment};
  const auto program = find_program(arguments.front(), environment.path(), command.directory);
  if (const int* error = std::get_if<int>(&program)) {
    return NotStarted{stage_of(*error, command.directory), *error};
  }

  FileActions actions;
  if (child_input.open()) {
    actions.copy(child_input.get(), STDIN_FILENO);
  } else {
    actions.open_for_reading(STDIN_FILENO, "/dev/null");
  }
  actions.copy(output, STDOUT_FILENO);
  actions.copy(output, STDERR_FILENO);
  actions.close_from(kFirstForeignDescriptor);
  if (!command.directory.empty()) actions.enter(command.directory);
  if (actions.error() != 0) return NotStarted{StartStage::spawn, actions.error()};

  pid_t pid = -1;
  const int error = posix_spawn(&pid, std::get<std::string>(program).c_str(), actions.get(),
                                &attributes_, pointers_to(arguments).data(), environment.get());
  if (error != 0) return NotStarted{stage_of(error, command.directory), error};
  return pid;
}

}  // namespace minitor
