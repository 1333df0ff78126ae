// The file system and the environment, as the loader sees them.
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "minitor/config/files.hpp"

namespace minitor {

ConfigWorld this_process() {
  ConfigWorld world;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      world.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  world.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return world;
}

}  // namespace minitor

namespace minitor::config {
namespace {

std::string in_words(int error) { return std::error_code(error, std::system_category()).message(); }

// A pipe in place of a file, as in -c <(command), is waited for so long between two pieces.
constexpr int kPipeWaitMilliseconds = 5000;

FileBytes read_descriptor(int descriptor, std::size_t most) {
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) return {"", "is a directory; name a file in it"};
  FileBytes file;
  std::array<char, 64 * 1024> block{};
  while (file.bytes.size() <= most) {
    pollfd readable{descriptor, POLLIN, 0};
    if (known && S_ISFIFO(status.st_mode) && ::poll(&readable, 1, kPipeWaitMilliseconds) == 0)
      return {"", "is a pipe into which nobody writes"};
    const ssize_t got =
        ::read(descriptor, block.data(), std::min(block.size(), most + 1 - file.bytes.size()));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return {"", "cannot be read: " + in_words(errno)};
    if (got == 0) break;
    file.bytes.append(block.data(), static_cast<std::size_t>(got));
  }
  return file;
}

}  // namespace

FileBytes read_file(const ConfigWorld& world, const std::string& path, std::size_t most) {
  if (path.find('\0') != std::string::npos) return {"", "a name with a NUL in it"};
  if (world.read_file) return world.read_file(path, most);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return {"", "cannot be read: " + in_words(errno)};
  FileBytes file = read_descriptor(descriptor, most);
  ::close(descriptor);
  return file;
}

std::vector<std::string> matching_files(const ConfigWorld& world, const std::string& pattern) {
  if (world.matching_files) return world.matching_files(pattern);
  std::vector<std::string> files;
  glob_t found{};
  if (::glob(pattern.c_str(), GLOB_BRACE, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  std::sort(files.begin(), files.end());
  return files;
}

bool is_pattern(const std::string& path) { return path.find_first_of("*?[{") != std::string::npos; }

}  // namespace minitor::config
