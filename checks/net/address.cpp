#include "checks/net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace checks::net {

namespace {

bool is_v4_mapped(const IpAddress& address) {
  static constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return address.family == Family::v6 &&
         std::equal(prefix.begin(), prefix.end(), address.bytes.begin());
}

Reach reach_of_v4(const std::uint8_t* b) {
  if (b[0] == 0) return Reach::unspecified;
  if (b[0] == 127) return Reach::loopback;
  if (b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255) return Reach::broadcast;
  if (b[0] >= 224 && b[0] <= 239) return Reach::multicast;
  if (b[0] == 169 && b[1] == 254) return Reach::link_local;
  if (b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
      (b[0] == 100 && (b[1] & 0xc0) == 64)) {
    return Reach::private_net;
  }
  return Reach::global;
}

std::optional<std::uint32_t> scope_of(const std::string& zone) {
  if (zone.empty()) return std::nullopt;
  std::uint32_t number = 0;
  const auto* end = zone.data() + zone.size();
  const auto parsed = std::from_chars(zone.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end) return number;
  number = ::if_nametoindex(zone.c_str());
  if (number == 0) return std::nullopt;
  return number;
}

}  // namespace

std::string_view name_of(Family family) { return family == Family::v4 ? "IPv4" : "IPv6"; }

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.empty() || text.size() > 80) return std::nullopt;
  IpAddress address;
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.bytes.fill(0);
  address.family = Family::v6;
  const auto percent = copy.find('%');
  if (::inet_pton(AF_INET6, copy.substr(0, percent).c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  if (percent != std::string::npos) {
    const auto scope = scope_of(copy.substr(percent + 1));
    if (!scope) return std::nullopt;
    address.scope = *scope;
  }
  return address;
}

std::optional<IpAddress> ip_from_bytes(std::span<const std::uint8_t> raw) {
  if (raw.size() != 4 && raw.size() != 16) return std::nullopt;
  IpAddress address;
  address.family = raw.size() == 4 ? Family::v4 : Family::v6;
  std::copy(raw.begin(), raw.end(), address.bytes.begin());
  return address;
}

std::string to_text(const IpAddress& address) {
  char buffer[INET6_ADDRSTRLEN] = {};
  const int family = address.family == Family::v4 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, address.bytes.data(), buffer, sizeof buffer) == nullptr) return "?";
  std::string text = buffer;
  if (address.scope != 0) {
    char name[IF_NAMESIZE] = {};
    text += '%';
    if (::if_indextoname(address.scope, name) != nullptr) {
      text += name;
    } else {
      text += std::to_string(address.scope);
    }
  }
  return text;
}

std::string to_text(const Endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port);
  if (endpoint.address.family == Family::v4) return to_text(endpoint.address) + ":" + port;
  return "[" + to_text(endpoint.address) + "]:" + port;
}

Reach reach_of(const IpAddress& address) {
  if (address.family == Family::v4) return reach_of_v4(address.bytes.data());
  if (is_v4_mapped(address)) return reach_of_v4(address.bytes.data() + 12);
  const auto& b = address.bytes;
  const bool zero_start =
      std::all_of(b.begin(), b.begin() + 15, [](auto byte) { return byte == 0; });
  if (zero_start && b[15] == 0) return Reach::unspecified;
  if (zero_start && b[15] == 1) return Reach::loopback;
  if (b[0] == 0xff) return Reach::multicast;
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) return Reach::link_local;
  if ((b[0] & 0xfe) == 0xfc) return Reach::private_net;
  return Reach::global;
}

SocketAddress to_sockaddr(const Endpoint& endpoint) {
  SocketAddress result;
  if (endpoint.address.family == Family::v4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, endpoint.address.bytes.data(), 4);
    std::memcpy(&result.storage, &in, sizeof in);
    result.length = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    in.sin6_scope_id = endpoint.address.scope;
    std::memcpy(&in.sin6_addr, endpoint.address.bytes.data(), 16);
    std::memcpy(&result.storage, &in, sizeof in);
    result.length = sizeof in;
  }
  return result;
}

std::optional<Endpoint> from_sockaddr(const sockaddr_storage& storage) {
  Endpoint endpoint;
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    std::memcpy(endpoint.address.bytes.data(), &in.sin_addr, 4);
    endpoint.port = ntohs(in.sin_port);
    return endpoint;
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    endpoint.address.family = Family::v6;
    std::memcpy(endpoint.address.bytes.data(), &in.sin6_addr, 16);
    endpoint.address.scope = in.sin6_scope_id;
    endpoint.port = ntohs(in.sin6_port);
    return endpoint;
  }
  return std::nullopt;
}

}  // namespace checks::net
