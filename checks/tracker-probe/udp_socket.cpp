#include "checks/tracker-probe/udp_socket.hpp"

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tracker_probe {

namespace {

constexpr int receive_buffer_bytes = 4 * 1024 * 1024;

template <typename Value>
bool set_option(int fd, int level, int name, const Value& value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// From the kernel's wall-clock stamp to the steady clock, if the stamp makes sense.
Instant arrival_of(const timespec& stamp) {
  const Instant now = std::chrono::steady_clock::now();
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const auto age = std::chrono::seconds(wall.tv_sec - stamp.tv_sec) +
                   std::chrono::nanoseconds(wall.tv_nsec - stamp.tv_nsec);
  if (age.count() < 0 || age > std::chrono::seconds(5)) return now;  // the clock was set meanwhile
  return now - age;
}

IcmpKind kind_of(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
    if (error.ee_type == ICMP_TIME_EXCEEDED) return IcmpKind::ttl_exceeded;
    switch (error.ee_code) {
      case ICMP_PORT_UNREACH: return IcmpKind::port_unreachable;
      case ICMP_HOST_UNREACH: return IcmpKind::host_unreachable;
      case ICMP_NET_UNREACH: return IcmpKind::net_unreachable;
      case ICMP_PKT_FILTERED:
      case ICMP_NET_ANO:
      case ICMP_HOST_ANO: return IcmpKind::prohibited;
      default: return IcmpKind::other;
    }
  }
  if (error.ee_type == ICMP6_TIME_EXCEEDED) return IcmpKind::ttl_exceeded;
  switch (error.ee_code) {
    case ICMP6_DST_UNREACH_NOPORT: return IcmpKind::port_unreachable;
    case ICMP6_DST_UNREACH_ADDR: return IcmpKind::host_unreachable;
    case ICMP6_DST_UNREACH_NOROUTE: return IcmpKind::net_unreachable;
    case ICMP6_DST_UNREACH_ADMIN: return IcmpKind::prohibited;
    default: return IcmpKind::other;
  }
}

std::optional<IpAddress> offender_of(const sock_extended_err* error) {
  sockaddr_storage storage{};
  const sockaddr* offender = SO_EE_OFFENDER(error);
  const std::size_t size =
      offender->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::memcpy(&storage, offender, size);
  const auto endpoint = checks::net::from_sockaddr(storage);
  if (!endpoint) return std::nullopt;
  return endpoint->address;
}

}  // namespace

UdpSocket::UdpSocket(Family family, const std::optional<IpAddress>& source,
                     const std::string& interface, std::size_t buffer_bytes)
    : buffer_(buffer_bytes) {
  open(family, source, interface);
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

void UdpSocket::open(Family family, const std::optional<IpAddress>& source,
                     const std::string& interface) {
  const bool v4 = family == Family::v4;
  fd_ = ::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    error_ = errno;
    return;
  }
  const int on = 1;
  if (v4) {
    set_option(fd_, IPPROTO_IP, IP_RECVERR, on);
  } else {
    set_option(fd_, IPPROTO_IPV6, IPV6_V6ONLY, on);
    set_option(fd_, IPPROTO_IPV6, IPV6_RECVERR, on);
  }
  set_option(fd_, SOL_SOCKET, SO_TIMESTAMPNS, on);
  if (!set_option(fd_, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_bytes)) {
    set_option(fd_, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
  }
  if (!interface.empty() && ::setsockopt(fd_, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                         static_cast<socklen_t>(interface.size())) != 0) {
    error_ = errno;
  }
  if (source && source->family == family) {
    const auto address = checks::net::to_sockaddr({*source, 0});
    if (::bind(fd_, address.get(), address.length) != 0) error_ = errno;
  }
}

int UdpSocket::send(const Endpoint& to, Bytes datagram) {
  const auto address = checks::net::to_sockaddr(to);
  while (true) {
    const auto sent = ::sendto(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL, address.get(),
                               address.length);
    if (sent >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

std::optional<UdpSocket::Datagram> UdpSocket::receive() {
  sockaddr_storage from{};
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) char control[128];
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = ::recvmsg(fd_, &message, MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return std::nullopt;
  Datagram datagram;
  const auto endpoint = checks::net::from_sockaddr(from);
  if (endpoint) datagram.from = *endpoint;
  datagram.bytes = Bytes(buffer_.data(), static_cast<std::size_t>(size));
  datagram.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  datagram.at = std::chrono::steady_clock::now();
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    datagram.at = arrival_of(stamp);
  }
  return datagram;
}

std::optional<UdpSocket::IcmpError> UdpSocket::receive_icmp() {
  while (true) {
    sockaddr_storage destination{};
    IcmpError result;
    result.quoted.resize(512);
    iovec part{result.quoted.data(), result.quoted.size()};
    alignas(cmsghdr) char control[512];
    msghdr message{};
    message.msg_name = &destination;
    message.msg_namelen = sizeof destination;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(fd_, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    result.quoted.resize(static_cast<std::size_t>(size));
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
      if (!ours) continue;
      const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(c));
      if (error->ee_origin != SO_EE_ORIGIN_ICMP && error->ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      result.kind = kind_of(*error);
      result.offender = offender_of(error);
      if (const auto to = checks::net::from_sockaddr(destination)) result.destination = *to;
      return result;
    }
  }
}

int route_error(const Endpoint& to) {
  const int family = to.address.family == Family::v4 ? AF_INET : AF_INET6;
  const int fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const auto address = checks::net::to_sockaddr(to);
  const int error = ::connect(fd, address.get(), address.length) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace tracker_probe
