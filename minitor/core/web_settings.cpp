#include "minitor/core/web_settings.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace minitor {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<ListenText> parse_listen(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (const auto port = parse_port(text)) return ListenText{std::string{kDefaultWebAddress}, *port};
  std::string_view address = text;
  std::optional<std::uint16_t> port = kDefaultWebPort;
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.front() == '[';
  const bool bare_v6 = !bracketed && text.find(':') != colon;
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    address = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty()) port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
    if (address.empty()) return std::nullopt;
  } else if (colon != std::string_view::npos && !bare_v6) {
    address = text.substr(0, colon);
    port = parse_port(text.substr(colon + 1));
  }
  if (!port) return std::nullopt;
  if (address == "*") address = {};
  return ListenText{std::string{address}, *port};
}

std::optional<std::string> parse_public_url(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  std::string_view rest = text;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    break;
  }
  if (rest.size() == text.size() || rest.empty()) return std::nullopt;
  const auto bad = [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view{".-:[]"}.find(c) != std::string_view::npos);
  };
  if (std::any_of(rest.begin(), rest.end(), bad) || rest.front() == ':' || rest.back() == ':')
    return std::nullopt;
  return std::string{text};
}

}  // namespace minitor
