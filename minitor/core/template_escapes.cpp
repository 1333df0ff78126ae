// The escaping functions of template_value.hpp.
#include <fmt/format.h>

#include "minitor/core/template_value.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

// Near enough to unicode.IsPrint for text in a message: no controls, no separators that are no
// space.
bool is_printable(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) return false;
  if (c >= 0x2000 && c <= 0x200F) return false;
  if (c >= 0x2028 && c <= 0x202F) return false;
  if (c >= 0x205F && c <= 0x206F) return false;
  return c != 0x3000 && c != 0xFEFF && !(c >= 0xE000 && c <= 0xF8FF) && c < 0xF0000;
}

}  // namespace

std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const auto value = static_cast<unsigned>(point.value);
    switch (point.value) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\a': out += "\\a"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\v': out += "\\v"; break;
      default:
        if (!point.valid) {
          out +=
              fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
        } else if (is_printable(point.value)) {
          out += text.substr(at, point.length);
        } else if (value < 0x80) {
          out += fmt::format("\\x{:02x}", value);
        } else {
          out +=
              value < 0x10000 ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
        }
    }
    at += point.length;
  }
  out.push_back('"');
  return out;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\0': out += kReplacementUtf8; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string js_escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const auto value = static_cast<unsigned>(point.value);
    switch (point.value) {
      case '\\':
      case '\'':
      case '"':
        out.push_back('\\');
        out.push_back(text[at]);
        break;
      case '<':
      case '>':
      case '&':
      case '=': out += fmt::format("\\u{:04X}", value); break;
      default:
        if (is_printable(point.value)) {
          append_utf8(out, point.value);
        } else if (value < 0x10000) {
          out += fmt::format("\\u{:04X}", value);
        } else {  // as a pair of surrogates: JavaScript reads four digits and no more
          out += fmt::format("\\u{:04X}\\u{:04X}", 0xD800 + ((value - 0x10000) >> 10U),
                             0xDC00 + ((value - 0x10000) & 0x3FFU));
        }
    }
    at += point.length;
  }
  return out;
}

std::string url_escaped(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace minitor
