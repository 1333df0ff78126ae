// A socket in the file system on which the daemon listens: for the people of this machine who may do
// whatever the daemon's own user may do, and for nobody else.
//
// Who may come in is said by the mode of the file, 0600, which it has from its first instant on: its
// owner and root. So nobody is asked for a token there, and peers are not asked who they are (SO_PEERCRED
// would say no more than the mode has let in).
//
// Two daemons never listen at one path: whoever listens holds a lock on PATH.lock, which the kernel lets
// go with the process, however it ends. Who has the lock may replace the socket that a daemon left behind
// that was killed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace minitor {

// Longer, in bytes, does not fit into what the kernel takes (sun_path).
inline constexpr std::size_t kLongestSocketPath = 107;

class UnixDoor final {
 public:
  struct Failure {
    enum class Kind : std::uint8_t {
      taken,  // another process listens there
      other,
    };
    Kind kind{};
    std::string reason;  // with the path, in words
  };

  // Listens at `path`. Fails when another process does, when something stands there that is no socket of
  // ours, when the path is too long, or when its folder may not be written to.
  [[nodiscard]] static std::variant<UnixDoor, Failure> open(const std::string& path);

  // Removes the socket, then lets go of the lock.
  ~UnixDoor();
  UnixDoor(UnixDoor&& other) noexcept;
  UnixDoor& operator=(UnixDoor&& other) noexcept;
  UnixDoor(const UnixDoor&) = delete;
  UnixDoor& operator=(const UnixDoor&) = delete;

  // The descriptor that listens; whoever takes it closes it.
  [[nodiscard]] int take_socket() { return std::exchange(socket_, -1); }

 private:
  UnixDoor() = default;

  std::string path_;  // empty: nothing to remove
  int lock_ = -1;
  int socket_ = -1;
};

}  // namespace minitor
