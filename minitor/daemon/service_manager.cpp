#include "minitor/daemon/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace minitor {
namespace {

// Of the time after which systemd gives up on us.
constexpr int kBeatsPerTimeout = 3;
constexpr Duration kFastestBeat = std::chrono::milliseconds{10};

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (text.empty() || error != std::errc{} || end != last || value <= 0) return std::nullopt;
  return value;
}

// A path, or with "@" a name without a file.
int connected_to(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return -1;
  if (path.front() != '/' && path.front() != '@') return -1;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // The interface wants the general type.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), length) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(connected_to(taken("NOTIFY_SOCKET"))) {
  const auto timeout = number(taken("WATCHDOG_USEC"));
  const std::string pid = taken("WATCHDOG_PID");
  const bool ours = pid.empty() || number(pid) == static_cast<std::int64_t>(::getpid());
  if (socket_ >= 0 && timeout && ours)
    heartbeat_ =
        std::max<Duration>(std::chrono::microseconds{*timeout} / kBeatsPerTimeout, kFastestBeat);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::tell(const std::string& state) const {
  if (socket_ < 0) return;
  [[maybe_unused]] const auto sent = ::send(socket_, state.data(), state.size(), MSG_NOSIGNAL);
}

}  // namespace minitor
