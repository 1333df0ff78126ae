#include "checks/tracker-probe/tracker_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "checks/net/clean_text.hpp"
#include "checks/net/host_name.hpp"

namespace tracker_probe {

namespace {

using checks::net::clean_text;

constexpr std::size_t max_url = 4096;
constexpr std::size_t secret_segment =
    16;  // a path segment this long, all alphanumeric, is a passkey

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::uint16_t own_port(Scheme scheme) {
  switch (scheme) {
    case Scheme::udp: return 0;
    case Scheme::http:
    case Scheme::ws: return 80;
    case Scheme::https:
    case Scheme::wss: return 443;
  }
  return 0;
}

/// Empty when the scheme is known; the reason otherwise.
std::string read_scheme(std::string_view name, TrackerUrl& url) {
  const std::string scheme = lower(name);
  if (scheme == "udp") {
    url.scheme = Scheme::udp;
  } else if (scheme == "udp4" || scheme == "udp6") {
    url.scheme = Scheme::udp;
    url.only = scheme == "udp4" ? checks::net::Family::v4 : checks::net::Family::v6;
  } else if (scheme == "http") {
    url.scheme = Scheme::http;
  } else if (scheme == "https") {
    url.scheme = Scheme::https;
  } else if (scheme == "ws") {
    url.scheme = Scheme::ws;
  } else if (scheme == "wss") {
    url.scheme = Scheme::wss;
  } else {
    return fmt::format("unsupported scheme \"{}\"", clean_text(name, 20));
  }
  return {};
}

std::string check_characters(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > max_url) return fmt::format("longer than {} bytes", max_url);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return "it contains a blank or a control character";
  }
  return {};
}

bool is_number_label(std::string_view label) {
  if (label.empty()) return false;
  if (std::all_of(label.begin(), label.end(), is_digit)) return true;
  if (label.size() < 2 || label.substr(0, 2) != "0x") return false;
  label.remove_prefix(2);
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::string check_label(std::string_view label) {
  if (label.empty()) return "the host has an empty label";
  if (label.size() > 63) return "a label of the host is longer than 63 characters";
  if (label.front() == '-' || label.back() == '-')
    return "a label of the host begins or ends with -";
  for (const char c : label) {
    if (!is_alnum(c) && c != '-' && c != '_') {
      return fmt::format("\"{}\" is not allowed in a host", clean_text({&c, 1}));
    }
  }
  return {};
}

std::string check_host_name(std::string_view host) {
  if (host.size() > 253) return "the host is longer than 253 characters";
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  std::string_view last;
  for (std::string_view rest = host;;) {
    const auto dot = rest.find('.');
    last = rest.substr(0, dot);
    if (auto reason = check_label(last); !reason.empty()) return reason;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (is_number_label(last)) return "the host ends in a number but is not an IPv4 address";
  if (last == "onion" || last == "i2p") return fmt::format(".{} hosts are unsupported", last);
  return {};
}

std::string read_port(std::string_view text, TrackerUrl& url) {
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  const bool number = !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  if (!number) return fmt::format("\"{}\" is not a port", clean_text(text, 20));
  if (parsed.ec != std::errc{} || port == 0 || port > 65535) {
    return fmt::format("port {} is not between 1 and 65535", clean_text(text, 20));
  }
  url.port = static_cast<std::uint16_t>(port);
  url.port_given = true;
  return {};
}

std::string read_bracketed(std::string_view inside, TrackerUrl& url) {
  std::string host(inside);
  if (const auto zone = host.find("%25"); zone != std::string::npos) host.replace(zone, 3, "%");
  url.literal = checks::net::parse_ip(host);
  if (!url.literal || url.literal->family != checks::net::Family::v6) {
    return fmt::format("\"[{}]\" is not an IPv6 address", clean_text(inside, 60));
  }
  url.host = lower(host);
  return {};
}

std::string read_authority(std::string_view authority, TrackerUrl& url) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  bool has_port = false;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return "\"[\" without \"]\"";
    if (auto reason = read_bracketed(authority.substr(1, close - 1), url); !reason.empty()) {
      return reason;
    }
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority.front() != ':') return "text after \"]\"";
    has_port = !authority.empty();
    if (has_port) port = authority.substr(1);
  } else {
    const auto colon = authority.rfind(':');
    const std::string_view host = authority.substr(0, colon);
    if (host.find(':') != std::string_view::npos) {
      const bool with_port = checks::net::parse_ip(host).has_value();
      return fmt::format("an IPv6 address needs brackets, write [{}]:{}",
                         clean_text(with_port ? host : authority, 60),
                         with_port ? clean_text(authority.substr(colon + 1), 20) : "PORT");
    }
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
    if (host.empty()) return "it has no host";
    checks::net::AsciiHost ascii = checks::net::to_ascii_host(host);
    if (!ascii.error.empty()) return ascii.error;
    url.host = std::move(ascii.host);
    url.literal = checks::net::parse_ip(url.host);
    if (!url.literal) {
      if (auto reason = check_host_name(url.host); !reason.empty()) return reason;
    }
  }
  if (has_port) return read_port(port, url);
  url.port = own_port(url.scheme);
  if (url.port == 0) return "a udp URL needs a port";
  return {};
}

std::string read_path(std::string_view rest, TrackerUrl& url) {
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) >= 0x80)
      return "a character that is not ASCII: write it as %XX";
  }
  rest = rest.substr(0, rest.find('#'));
  const auto question = rest.find('?');
  url.path = std::string(rest.substr(0, question));
  if (question != std::string_view::npos) url.query = std::string(rest.substr(question));
  return {};
}

bool is_http(Scheme scheme) { return scheme == Scheme::http || scheme == Scheme::https; }

std::string redact_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    const std::string_view name = segment.substr(segment.front() == '/' ? 1 : 0);
    const bool secret =
        name.size() >= secret_segment && std::all_of(name.begin(), name.end(), is_alnum);
    out += secret ? "/***" : std::string(segment);
    path.remove_prefix(end);
  }
  return out;
}

bool is_secret_key(std::string_view key) {
  static constexpr std::array<std::string_view, 11> names{"passkey", "auth",   "key",      "token",
                                                          "pid",     "secure", "password", "pass",
                                                          "secret",  "uk",     "authkey"};
  const std::string plain = lower(key);
  return std::find(names.begin(), names.end(), plain) != names.end();
}

std::string redact_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const auto end = std::min(query.find_first_of("&;", 1), query.size());
    const std::string_view item = query.substr(0, end);
    const auto equals = item.find('=');
    if (equals != std::string_view::npos && is_secret_key(item.substr(1, equals - 1))) {
      out += std::string(item.substr(0, equals + 1)) + "***";
    } else {
      out += item;
    }
    query.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string_view name_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::udp: return "udp";
    case Scheme::http: return "http";
    case Scheme::https: return "https";
    case Scheme::ws: return "ws";
    case Scheme::wss: return "wss";
  }
  return "?";
}

std::string TrackerUrl::authority() const {
  const bool v6 = literal && literal->family == checks::net::Family::v6;
  std::string out = v6 ? "[" + host.substr(0, host.find('%')) + "]" : host;
  if (port != own_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

namespace {

std::string url_start(const TrackerUrl& url) {
  std::string start(name_of(url.scheme));
  if (url.only) start += std::to_string(checks::net::number_of(*url.only));
  return start + "://";
}

}  // namespace

std::string TrackerUrl::text() const {
  const std::string user = userinfo.empty() ? "" : userinfo + "@";
  return url_start(*this) + user + authority() + path + query;
}

std::string TrackerUrl::redacted() const {
  const std::string user = userinfo.empty() ? "" : "***@";
  return url_start(*this) + user + authority() + redact_path(path) + redact_query(query);
}

std::string redact_text(std::string_view text) {
  const auto scheme = text.find("://");
  const std::size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto path = std::min(text.find_first_of("/?", from), text.size());
  std::string_view authority = text.substr(from, path - from);
  std::string out(text.substr(0, from));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    out += "***@";
    authority.remove_prefix(at + 1);
  }
  out += authority;
  const std::string_view rest = text.substr(path);
  const auto question = std::min(rest.find('?'), rest.size());
  return out + redact_path(rest.substr(0, question)) + redact_query(rest.substr(question));
}

namespace {

UrlResult parse_url(std::string_view text, Scheme default_scheme) {
  if (auto reason = check_characters(text); !reason.empty()) return UrlError{reason};
  TrackerUrl url;
  url.scheme = default_scheme;
  std::string_view rest = text;
  if (const auto mark = text.find("://"); mark != std::string_view::npos) {
    if (auto reason = read_scheme(text.substr(0, mark), url); !reason.empty()) {
      return UrlError{reason};
    }
    rest.remove_prefix(mark + 3);
  }
  const auto path = std::min(rest.find_first_of("/?#"), rest.size());
  if (path == 0) return UrlError{"it has no host"};
  if (auto reason = read_authority(rest.substr(0, path), url); !reason.empty()) {
    return UrlError{reason};
  }
  if (auto reason = read_path(rest.substr(path), url); !reason.empty()) return UrlError{reason};
  if (url.only && url.literal && url.literal->family != *url.only) {
    return UrlError{"the scheme and the address are of different families"};
  }
  return url;
}

}  // namespace

UrlResult parse_tracker_url(std::string_view text, Scheme default_scheme) {
  UrlResult parsed = parse_url(text, default_scheme);
  auto* url = std::get_if<TrackerUrl>(&parsed);
  if (url != nullptr && is_http(url->scheme) && (url->path.empty() || url->path == "/"))
    url->path = "/announce";
  return parsed;
}

UrlResult parse_health_url(std::string_view text) {
  UrlResult parsed = parse_url(text, Scheme::http);
  if (const auto* url = std::get_if<TrackerUrl>(&parsed); url != nullptr && !is_http(url->scheme))
    return UrlError{"a health check is http or https"};
  return parsed;
}

}  // namespace tracker_probe
