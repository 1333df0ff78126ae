// One unconnected UDP socket: sending, receiving with the kernel's time of arrival, and the ICMP
// errors from its error queue. Non-blocking; knows nothing of trackers or of the event loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/tracker-probe/udp_conversation.hpp"

namespace tracker_probe {

class UdpSocket {
 public:
  /// `error()` tells whether it worked.
  UdpSocket(Family family, const std::optional<IpAddress>& source, const std::string& interface,
            std::size_t buffer_bytes);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int error() const { return error_; }  // errno of what failed when opening, or 0

  /// 0 or an errno.
  [[nodiscard]] int send(const Endpoint& to, Bytes datagram);

  struct Datagram {
    Endpoint from;
    Bytes bytes;  // valid until the next receive
    Instant at;
    bool truncated = false;
  };
  /// Nothing when there is none (left).
  [[nodiscard]] std::optional<Datagram> receive();

  struct IcmpError {
    IcmpKind kind = IcmpKind::other;
    std::optional<IpAddress> offender;
    Endpoint destination;
    std::vector<std::uint8_t> quoted;  // the start of our datagram
  };
  [[nodiscard]] std::optional<IcmpError> receive_icmp();

 private:
  void open(Family family, const std::optional<IpAddress>& source, const std::string& interface);
  int fd_ = -1;
  int error_ = 0;
  std::vector<std::uint8_t> buffer_;
};

/// Could a datagram leave this host for there? 0, or the errno that says why not.
[[nodiscard]] int route_error(const Endpoint& to);

}  // namespace tracker_probe
