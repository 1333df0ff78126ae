#include "minitor/web/access.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace minitor {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
    }
  }
  return out;
}

// What follows the scheme, when it is this one (RFC 9110 11.1: in any case).
std::optional<std::string_view> credentials(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return std::nullopt;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (!std::equal(scheme.begin(), scheme.end(), header.begin(),
                  [&](char a, char b) { return lower(a) == lower(b); }))
    return std::nullopt;
  header.remove_prefix(std::min(header.find_first_not_of(' ', scheme.size()), header.size()));
  return header;
}

}  // namespace

bool same_secret(std::string_view given, std::string_view secret) {
  // Every byte of `given` is looked at, against a secret that is read round and round.
  if (secret.empty()) return false;
  unsigned difference = given.size() == secret.size() ? 0U : 1U;
  std::size_t at = 0;
  for (const char c : given) {
    difference |= static_cast<unsigned char>(c) ^ static_cast<unsigned char>(secret[at]);
    at = at + 1 == secret.size() ? 0 : at + 1;
  }
  return difference == 0;
}

namespace {

// What the token of a request grants; none when it is wrong, or there is none.
std::optional<Access> granted(const HttpRequest& request, const WebSettings& settings) {
  const std::string_view header = request.header("Authorization");
  if (header.empty() || settings.token.empty()) return std::nullopt;
  if (const auto token = credentials(header, "Bearer"))
    return same_secret(*token, settings.token) ? std::optional{Access::write} : std::nullopt;
  if (const auto basic = credentials(header, "Basic")) {
    const std::string pair = decode_base64(*basic).value_or("");
    const std::size_t colon = pair.find(':');
    if (colon != std::string::npos &&
        same_secret(std::string_view{pair}.substr(colon + 1), settings.token))
      return Access::read;
  }
  return std::nullopt;
}

}  // namespace

Access access_of(const HttpRequest& request, const WebSettings& settings) {
  return granted(request, settings).value_or(settings.open_to_read ? Access::read : Access::none);
}

bool brings_wrong_token(const HttpRequest& request, const WebSettings& settings) {
  return !settings.token.empty() && !request.header("Authorization").empty() &&
         !granted(request, settings);
}

}  // namespace minitor
