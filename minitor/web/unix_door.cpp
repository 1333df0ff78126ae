#include "minitor/web/unix_door.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace minitor {
namespace {

constexpr mode_t kOwnerAlone = 0600;
constexpr int kWaiting = 64;  // connections that wait to be accepted

using Failure = UnixDoor::Failure;

Failure failure(const std::string& path, const std::string& why) {
  return {Failure::Kind::other, "cannot listen on " + path + ": " + why};
}
Failure failed(const std::string& path, int error) { return failure(path, std::strerror(error)); }

// Empty, or why what stands there may not be replaced.
std::string why_keep(const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) return errno == ENOENT ? "" : std::strerror(errno);
  if (!S_ISSOCK(there.st_mode)) return "there is a file of this name that is no socket";
  if (there.st_uid != geteuid()) return "there is a socket of this name that is another user's";
  return {};
}

}  // namespace

UnixDoor::~UnixDoor() {
  if (socket_ >= 0) close(socket_);
  if (!path_.empty()) unlink(path_.c_str());
  if (lock_ >= 0) close(lock_);
}

UnixDoor::UnixDoor(UnixDoor&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::exchange(other.lock_, -1)),
      socket_(std::exchange(other.socket_, -1)) {}

UnixDoor& UnixDoor::operator=(UnixDoor&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(socket_, other.socket_);
  return *this;
}

std::variant<UnixDoor, Failure> UnixDoor::open(const std::string& path) {
  if (path.size() > kLongestSocketPath)
    return failure(
        path, "this path has " + std::to_string(path.size()) + " bytes, and a socket's may have " +
                  std::to_string(kLongestSocketPath) + "; name a shorter one with control:");
  UnixDoor door;
  const std::string lock = path + ".lock";
  door.lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerAlone);
  if (door.lock_ < 0) return failed(lock, errno);
  if (flock(door.lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(lock, errno);
    return Failure{Failure::Kind::taken, "another minitor listens on " + path};
  }
  if (const std::string why = why_keep(path); !why.empty()) return failure(path, why);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, errno);

  door.socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (door.socket_ < 0) return failed(path, errno);
  // unix(7): the file gets the mode of the descriptor, so that there is no instant at which others might
  // connect. Where a kernel takes no notice of it, chmod() below does the same a moment later.
  (void)fchmod(door.socket_, kOwnerAlone);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (bind(door.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(path, errno);
  door.path_ = path;
  if (chmod(path.c_str(), kOwnerAlone) != 0) return failed(path, errno);
  if (listen(door.socket_, kWaiting) != 0) return failed(path, errno);
  return door;
}

}  // namespace minitor
