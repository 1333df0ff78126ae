// The file system and the environment, as the loader sees them.
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
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

using Clock = std::chrono::steady_clock;

// A pipe in place of a file, as in -c <(command), is waited for so long between two pieces, and so long
// in all: whoever writes a byte now and then must not keep a reload waiting for ever.
constexpr std::chrono::milliseconds kPipeWait{5000};
constexpr std::chrono::milliseconds kWholePipeWait{60000};
// So often it is looked whether the reading was called off.
constexpr int kLookMilliseconds = 50;

// Empty: there is something to read, or the end. Regular files are always ready.
std::string wait_for(int descriptor, const ConfigWorld& world, Clock::time_point whole_wait) {
  const Clock::time_point until = std::min(whole_wait, Clock::now() + kPipeWait);
  pollfd readable{descriptor, POLLIN, 0};
  while (::poll(&readable, 1, kLookMilliseconds) <= 0) {
    if (world.called_off && world.called_off()) return "was not read: minitor is stopping";
    if (Clock::now() < until) continue;
    return until == whole_wait ? "is a pipe that does not come to its end"
                               : "is a pipe into which nobody writes";
  }
  return {};
}

FileBytes read_descriptor(int descriptor, std::size_t most, const ConfigWorld& world) {
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (known && S_ISDIR(status.st_mode)) return {"", "is a directory; name a file in it"};
  FileBytes file;
  std::array<char, 64 * 1024> block{};
  const Clock::time_point whole_wait = Clock::now() + kWholePipeWait;
  while (file.bytes.size() <= most) {
    if (std::string why = wait_for(descriptor, world, whole_wait); !why.empty())
      return {"", std::move(why)};
    const ssize_t got =
        ::read(descriptor, block.data(), std::min(block.size(), most + 1 - file.bytes.size()));
    if (got < 0 && (errno == EINTR || errno == EAGAIN) && Clock::now() < whole_wait) continue;
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
  FileBytes file = read_descriptor(descriptor, most, world);
  ::close(descriptor);
  return file;
}

namespace {
// glob() hands it no state; a thread reads one configuration at a time.
thread_local std::string folder_in_trouble;

int keep_trouble(const char* folder, int error) {
  folder_in_trouble = folder;
  errno = error;
  return 1;
}
}  // namespace

MatchingFiles matching_files(const ConfigWorld& world, const std::string& pattern) {
  if (world.matching_files) return {world.matching_files(pattern), {}, {}};
  MatchingFiles files;
  glob_t found{};
  folder_in_trouble.clear();
  const int result = ::glob(pattern.c_str(), GLOB_BRACE, keep_trouble, &found);
  const int error = errno;
  if (result == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) files.names.emplace_back(found.gl_pathv[i]);
  } else if (result != GLOB_NOMATCH) {
    files.folder = folder_in_trouble.empty() ? pattern : folder_in_trouble;
    files.error = result == GLOB_NOSPACE ? in_words(ENOMEM) : in_words(error);
  }
  ::globfree(&found);
  std::sort(files.names.begin(), files.names.end());
  return files;
}

bool is_pattern(const std::string& path) { return path.find_first_of("*?[{") != std::string::npos; }

}  // namespace minitor::config
