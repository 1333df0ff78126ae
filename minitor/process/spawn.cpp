#include "minitor/process/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace minitor {
namespace {

constexpr int kFirstForeignDescriptor = 3;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] int release() { return std::exchange(value_, -1); }

 private:
  int value_ = -1;
};

// The strings of a child's environment, and the pointers that exec wants.
class ChildEnvironment {
 public:
  explicit ChildEnvironment(const Environment& own) {
    const auto overridden = [&own](std::string_view entry) {
      const std::string_view name = entry.substr(0, entry.find('='));
      return std::any_of(own.begin(), own.end(), [name](const auto& variable) { return variable.first == name; });
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (own.empty() || !overridden(*entry)) pointers_.push_back(*entry);
    }
    strings_.reserve(own.size());
    for (auto variable = own.begin(); variable != own.end(); ++variable) {
      const bool later_one = std::any_of(std::next(variable), own.end(),
                                         [&variable](const auto& other) { return other.first == variable->first; });
      if (later_one) continue;
      strings_.push_back(variable->first + '=' + variable->second);
      pointers_.push_back(strings_.back().data());
    }
    pointers_.push_back(nullptr);
  }

  [[nodiscard]] char* const* get() const { return pointers_.data(); }

  [[nodiscard]] std::string_view path() const {
    constexpr std::string_view kName = "PATH=";
    for (const char* entry : pointers_) {
      if (entry != nullptr && std::string_view{entry}.starts_with(kName)) {
        return std::string_view{entry}.substr(kName.size());
      }
    }
    return "/usr/local/bin:/usr/bin:/bin";
  }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

bool is_program(const std::string& path, int& error) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == EACCES) error = EACCES;
    return false;
  }
  if (S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0) return true;
  error = EACCES;
  return false;
}

// The file to execute, or the errno that says why there is none (execvp's rules).
std::variant<std::string, int> find_program(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) return name;
  int error = ENOENT;
  while (!name.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string folder{path.substr(0, end)};
    std::string candidate = (folder.empty() ? "." : folder) + '/' + name;
    if (is_program(candidate, error)) return candidate;
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return error;
}

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// A file in memory that holds `input`, at its beginning: nobody has to write while the child reads.
Descriptor input_file(std::string_view input) {
  Descriptor file{memfd_create("minitor-input", MFD_CLOEXEC)};
  while (file.get() >= 0 && !input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Descriptor{};
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.get() >= 0 && lseek(file.get(), 0, SEEK_SET) != 0) return Descriptor{};
  return file;
}

// Tells a directory that cannot be entered from a program that cannot be executed.
StartStage stage_of(int error, const std::string& directory) {
  if (directory.empty() || (error != ENOENT && error != ENOTDIR && error != EACCES)) return StartStage::spawn;
  struct stat info {};
  const bool enterable =
      stat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && access(directory.c_str(), X_OK) == 0;
  return enterable ? StartStage::spawn : StartStage::directory;
}

std::vector<char*> pointers_to(std::vector<std::string>& items) {
  std::vector<char*> pointers;
  pointers.reserve(items.size() + 1);
  for (std::string& item : items) pointers.push_back(item.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::variant<Spawned, NotStarted> spawn(const Command& command, std::string_view input) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return NotStarted{StartStage::pipe, errno};
  Descriptor output{ends[0]};
  const Descriptor child_output{ends[1]};
  if (fcntl(output.get(), F_SETFL, O_NONBLOCK) != 0) return NotStarted{StartStage::pipe, errno};
  Descriptor child_input;
  if (!input.empty()) {
    child_input = input_file(input);
    if (child_input.get() < 0) return NotStarted{StartStage::input, errno};
  }

  const ChildEnvironment environment{command.environment};
  std::vector<std::string> arguments;
  if (const auto* shell = std::get_if<ShellText>(&command.program)) {
    arguments = {"/bin/sh", "-c", shell->text};
  } else {
    arguments = std::get<Argv>(command.program).items;
  }
  const std::variant<std::string, int> program = find_program(arguments.front(), environment.path());
  if (const int* error = std::get_if<int>(&program)) return NotStarted{StartStage::spawn, *error};

  FileActions actions;
  if (child_input.get() >= 0) {
    posix_spawn_file_actions_adddup2(actions.get(), child_input.get(), STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(actions.get(), child_output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), child_output.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions.get(), kFirstForeignDescriptor);
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(actions.get(), command.directory.c_str());
  }
  static const Attributes attributes;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, std::get<std::string>(program).c_str(), actions.get(), attributes.get(),
                                pointers_to(arguments).data(), environment.get());
  if (error != 0) return NotStarted{stage_of(error, command.directory), error};
  return Spawned{pid, output.release()};
}

}  // namespace minitor
