#include "minitor/web/process_info.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace minitor {
namespace {

std::optional<std::uint64_t> count_open_fds() {
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder{::opendir("/proc/self/fd"), close};
  if (!folder) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get()))
    if (entry->d_name[0] != '.') ++count;
  return count > 0 ? count - 1 : 0;  // without the one that reads this folder
}

std::optional<std::uint64_t> read_max_fds() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::nullopt;
  return limit.rlim_cur;
}

// Seconds since 1970 when the machine started.
std::optional<double> read_boot_time() {
  std::ifstream file{"/proc/stat"};
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words{line};
    std::string name;
    double seconds = 0;
    if (words >> name >> seconds && name == "btime") return seconds;
  }
  return std::nullopt;
}

// proc(5), /proc/pid/stat: the name stands in brackets and may hold anything; the fields behind it
// are counted from 3.
void read_stat(ProcessInfo& info) {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  std::getline(file, line);
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return;
  std::istringstream words{line.substr(bracket + 1)};
  const auto skip = [&words](int count) {
    std::string word;
    for (int i = 0; i < count; ++i) words >> word;
  };
  std::uint64_t user = 0, system = 0, start = 0, virtual_bytes = 0, resident_pages = 0;
  skip(11);  // 3 to 13
  words >> user >> system;
  skip(6);  // 16 to 21
  words >> start >> virtual_bytes >> resident_pages;
  const long ticks = ::sysconf(_SC_CLK_TCK);
  const long page = ::sysconf(_SC_PAGESIZE);
  if (!words || ticks <= 0 || page <= 0) return;
  using Seconds = std::chrono::duration<double>;
  const auto seconds = [ticks](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(ticks);
  };
  info.cpu_time = Seconds{seconds(user + system)};
  info.virtual_bytes = virtual_bytes;
  info.resident_bytes = resident_pages * static_cast<std::uint64_t>(page);
  if (const auto boot = read_boot_time()) info.start_time = Seconds{*boot + seconds(start)};
}

}  // namespace

ProcessInfo read_process_info() {
  ProcessInfo info;
  info.open_fds = count_open_fds();
  info.max_fds = read_max_fds();
  read_stat(info);
  return info;
}

}  // namespace minitor
