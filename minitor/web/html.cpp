#include "minitor/web/html.hpp"

#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

constexpr bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

// Controls but newline and tab, and what turns the direction of text around so that it reads as
// something else.
constexpr bool is_hidden(char32_t value) {
  if (value == '\n' || value == '\t') return false;
  return value < 0x20 || (value >= 0x7f && value <= 0x9f) || value == 0x061c || value == 0x200e ||
         value == 0x200f || (value >= 0x202a && value <= 0x202e) ||
         (value >= 0x2066 && value <= 0x2069) || (value & 0xfffe) == 0xfffe;
}

}  // namespace

Html& Html::operator<<(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && plain(text[end])) ++end;
    text_.append(text, at, end - at);
    if (end == text.size()) break;
    const CodePoint point = decode_utf8(text, end);
    switch (point.value) {
      case '&': text_ += "&amp;"; break;
      case '<': text_ += "&lt;"; break;
      case '>': text_ += "&gt;"; break;
      case '"': text_ += "&quot;"; break;
      case '\'': text_ += "&#39;"; break;
      case '\r': break;
      default: append_utf8(text_, is_hidden(point.value) ? kReplacementCharacter : point.value);
    }
    at = end + point.length;
  }
  return *this;
}

}  // namespace minitor
