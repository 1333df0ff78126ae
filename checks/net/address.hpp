// IP addresses and endpoints as plain values: parsing, printing, classes. No socket, no resolver.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace checks::net {

enum class Family { v4, v6 };

[[nodiscard]] constexpr int number_of(Family family) { return family == Family::v4 ? 4 : 6; }
/// "IPv4" or "IPv6".
[[nodiscard]] std::string_view name_of(Family family);

struct IpAddress {
  Family family = Family::v4;
  std::array<std::uint8_t, 16> bytes{};  // an IPv4 address uses the first four, the rest stays zero
  std::uint32_t scope = 0;               // interface index of a link-local IPv6 address

  auto operator<=>(const IpAddress&) const = default;

  [[nodiscard]] std::span<const std::uint8_t> raw() const {
    return {bytes.data(), family == Family::v4 ? std::size_t{4} : std::size_t{16}};
  }
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;
};

/// Strict: dotted quad or RFC 4291 text (with an optional %interface); never `127.1` or `0x7f.1`.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
/// From 4 or 16 network-order bytes; anything else is nothing.
[[nodiscard]] std::optional<IpAddress> ip_from_bytes(std::span<const std::uint8_t> raw);
/// "192.0.2.1", "2001:db8::1", "fe80::1%eth0".
[[nodiscard]] std::string to_text(const IpAddress& address);
/// "192.0.2.1:6969", "[2001:db8::1]:6969".
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

/// What kind of place an address is; a probe refuses to send to some of them.
enum class Reach { global, loopback, link_local, private_net, multicast, broadcast, unspecified };
[[nodiscard]] Reach reach_of(const IpAddress& address);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
[[nodiscard]] SocketAddress to_sockaddr(const Endpoint& endpoint);
/// Nothing for a family other than AF_INET and AF_INET6.
[[nodiscard]] std::optional<Endpoint> from_sockaddr(const sockaddr_storage& storage);

}  // namespace checks::net
