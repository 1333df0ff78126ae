#include "minitor/process/program_path.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace minitor {
namespace {

// 0: it can be executed. ENOENT: there is nothing.
int why_not_executable(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return errno == EACCES ? EACCES : ENOENT;
  if (!S_ISREG(info.st_mode)) return EACCES;
  return faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : EACCES;
}

}  // namespace

std::variant<std::string, int> find_program(const std::string& name, std::string_view path,
                                            const std::string& directory) {
  if (name.empty()) return ENOENT;
  if (name.find('/') != std::string::npos) return name;
  int error = ENOENT;
  while (true) {
    const std::size_t end = std::min(path.find(':'), path.size());
    std::string candidate = end == 0 ? "." : std::string{path.substr(0, end)};
    const bool from_directory = candidate.front() != '/' && !directory.empty();
    candidate.append("/").append(name);
    std::string seen_from_here = from_directory ? directory + '/' : "";
    const int why = why_not_executable(seen_from_here.append(candidate));
    if (why == 0) return candidate;
    if (why != ENOENT) error = why;
    if (end == path.size()) return error;
    path.remove_prefix(end + 1);
  }
}

}  // namespace minitor
