#include "checks/tracker-probe/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tracker_probe {

namespace {

constexpr std::size_t flush_at = 64 * 1024;

}  // namespace

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      if (::poll(&ready, 1, 1000) < 0 && errno != EINTR) return false;
    } else if (written < 0 && errno != EINTR) {
      return false;
    } else if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

void Output::write(std::string_view text) {
  pending_ += text;
  if (path_.empty() && pending_.size() >= flush_at) flush();
}

void Output::flush() {
  if (!path_.empty() || pending_.empty()) return;
  if (!failed_ && !write_all(STDOUT_FILENO, pending_)) failed_ = true;
  pending_.clear();
}

bool Output::close() {
  flush();
  if (!path_.empty() && !replace_file(path_, pending_)) failed_ = true;
  return !failed_;
}

bool replace_file(const std::string& path, std::string_view text) {
  const std::string beside = path + "." + std::to_string(::getpid()) + ".tmp";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  bool good = write_all(fd, text);
  good = ::close(fd) == 0 && good;
  good = good && ::rename(beside.c_str(), path.c_str()) == 0;
  if (!good) ::unlink(beside.c_str());
  return good;
}

}  // namespace tracker_probe
