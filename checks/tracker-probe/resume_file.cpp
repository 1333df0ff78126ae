#include "checks/tracker-probe/resume_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/target_list.hpp"

namespace tracker_probe {

ResumeFile::~ResumeFile() {
  flush();
  if (fd_ >= 0) ::close(fd_);
}

std::string ResumeFile::open() {
  if (path_.empty()) return {};
  if (::access(path_.c_str(), F_OK) == 0) {
    const FileText before = read_file(path_, max_list_bytes);
    if (!before.error.empty()) return "--resume: " + before.error;
    // A last line without its end was cut short, and its target is not done.
    std::string_view text(before.text);
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      done_.emplace(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    if (!text.empty()) pending_.assign(1, '\n');
  }
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ >= 0) return {};
  return fmt::format("--resume: cannot write {}: {}", checks::net::clean_text(path_),
                     std::generic_category().message(errno));
}

void ResumeFile::add(std::string_view target) {
  if (fd_ < 0) return;
  pending_ += target;
  pending_ += '\n';
}

void ResumeFile::flush() {
  if (fd_ < 0 || failed_ || pending_.empty()) return;
  if (!write_all(fd_, pending_)) {
    failed_ = true;
    fmt::print(stderr, "--resume: cannot write {}\n", checks::net::clean_text(path_));
  }
  pending_.clear();
}

void ResumeFile::remove() {
  pending_.clear();
  if (fd_ >= 0) ::unlink(path_.c_str());
}

}  // namespace tracker_probe
