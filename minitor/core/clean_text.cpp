#include "minitor/core/clean_text.hpp"

#include <fmt/format.h>

#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

constexpr std::string_view kCutMark = "…";

// Characters that turn the direction of the text around them, or end a line where none ends.
bool misleads(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

void append_visible(std::string& out, char32_t c) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  if (c < 0x80) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  } else {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

enum class Lines { one, many };

// Appends the character at `at` in a form that a terminal can be shown; returns its length in
// bytes.
std::size_t append_shown(std::string& out, std::string_view bytes, std::size_t at, Lines lines) {
  const CodePoint point = decode_utf8(bytes, at);
  if (!point.valid || point.value == 0) {
    out += kReplacementUtf8;
  } else if (lines == Lines::many && (point.value == '\n' || point.value == '\t')) {
    out.push_back(bytes[at]);
  } else if (is_control(point.value) || misleads(point.value)) {
    append_visible(out, point.value);
  } else {
    out += bytes.substr(at, point.length);
  }
  return point.length;
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes, at);
    if (point.valid && point.value != 0) {
      out += bytes.substr(at, point.length);
    } else {
      out += kReplacementUtf8;
    }
    at += point.length;
  }
  return out;
}

std::string one_line(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  std::size_t cut = 0;  // where the mark would go: the last place that leaves room for it
  for (std::size_t at = 0; at < bytes.size();) {
    if (out.size() + kCutMark.size() <= max_bytes) cut = out.size();
    at += append_shown(out, bytes, at, Lines::one);
    if (out.size() > max_bytes) {
      out.resize(cut);
      if (max_bytes >= kCutMark.size()) out += kCutMark;
      break;
    }
  }
  return out;
}

std::string printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) at += append_shown(out, bytes, at, Lines::many);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    switch (point.value) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case 0: out += kReplacementUtf8; break;
      default:
        if (!point.valid) {
          out += kReplacementUtf8;
        } else if (point.value < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
        } else {
          out += text.substr(at, point.length);
        }
    }
    at += point.length;
  }
  out.push_back('"');
  return out;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
  // NAME=value in front of a command would be an assignment.
  const bool assigns = !text.starts_with('-') && text.find('=') != std::string_view::npos;
  if (!text.empty() && !assigns && text.find_first_not_of(kSafe) == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('\'');
  return out;
}

std::string_view without_line_ends(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace minitor
