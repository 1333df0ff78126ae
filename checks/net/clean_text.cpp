#include "checks/net/clean_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace checks::net {

namespace {

// Nagios splits at the bar; the backslash begins our own escapes.
bool is_harmless(std::uint32_t code) { return is_visible(code) && code != '|' && code != '\\'; }

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  std::uint32_t code = 0;
  std::uint32_t least = 0;
  if ((first & 0xe0) == 0xc0) {
    length = 2, code = first & 0x1fU, least = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, code = first & 0x0fU, least = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, code = first & 0x07U, least = 0x10000;
  }
  if (length == 0 || text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

bool is_visible(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;  // C0, DEL, C1
  if (code == 0x61c || code == 0x200b || code == 0x200e || code == 0x200f) return false;
  if (code >= 0x2028 && code <= 0x202e) return false;  // line separators, bidi embedding
  if (code >= 0x2060 && code <= 0x206f) return false;  // bidi isolates, invisible operators
  if (code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb)) return false;
  if (code >= 0xe0000 && code <= 0xe007f) return false;  // tags
  return true;
}

std::string clean_text(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit) + 16);
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint decoded = first_code_point(text.substr(at));
    const std::size_t length = decoded.length == 0 ? 1 : decoded.length;
    if (at + length > limit) {
      fmt::format_to(std::back_inserter(out), "…(+{} bytes)", text.size() - at);
      break;
    }
    if (decoded.length == 0 || (decoded.length == 1 && !is_harmless(decoded.code))) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(text[at]));
    } else if (!is_harmless(decoded.code)) {
      fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", decoded.code);
    } else {
      out.append(text.substr(at, length));
    }
    at += length;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint decoded = first_code_point(text);
    if (decoded.length == 0) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<std::uint8_t>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string hex_start(std::string_view bytes, std::size_t limit) {
  if (bytes.size() <= limit) return hex(bytes);
  return hex(bytes.substr(0, limit)) + "…";
}

}  // namespace checks::net
