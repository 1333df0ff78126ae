// Targets as people write them, parsed into what a probe needs. Pure; no resolving.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "checks/net/address.hpp"

namespace tracker_probe {

enum class Scheme { udp, http, https, ws, wss };
[[nodiscard]] std::string_view name_of(Scheme scheme);

struct TrackerUrl {
  Scheme scheme = Scheme::udp;
  std::string host;  // lower case, without brackets; a literal's zone stays ("fe80::1%eth0")
  std::optional<checks::net::IpAddress> literal;
  std::uint16_t port = 0;  // always set
  bool port_given = false;
  std::string path;   // with the leading slash; may be empty for udp and ws
  std::string query;  // with the leading '?', or empty
  std::string userinfo;
  std::optional<checks::net::Family> only;  // udp4:// and udp6://

  /// "host:port" as in a Host header: brackets for IPv6, no port if it is the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// The whole URL again, secrets included.
  [[nodiscard]] std::string text() const;
  /// The same with userinfo, passkeys in the path and secret query values as "***".
  [[nodiscard]] std::string redacted() const;
};

struct UrlError {
  std::string reason;  // in words for the user, clean for a terminal
};

using UrlResult = std::variant<TrackerUrl, UrlError>;

/// `default_scheme` is for `host:port` without one (Torrust's checker: UDP).
[[nodiscard]] UrlResult parse_tracker_url(std::string_view text,
                                          Scheme default_scheme = Scheme::udp);

/// The address of a health check: http or https, and the path as it is written.
[[nodiscard]] UrlResult parse_health_url(std::string_view text);

/// Text that may or may not be a URL, its secrets replaced as in redacted(); not yet clean.
[[nodiscard]] std::string redact_text(std::string_view text);

}  // namespace tracker_probe
