// Text from strangers made safe to print: on a terminal, in a log line, in Nagios output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace checks::net {

inline constexpr std::size_t max_clean_text = 200;

/// One line of harmless UTF-8: control characters (C0, C1, raw 0x80-0x9f), direction marks, '|' and
/// backslash as \xNN or \u{NNNN}; bytes that are not UTF-8 as \xNN. Cut after `limit` bytes of input
/// with "…(+N bytes)".
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t limit = max_clean_text);

/// The first character of a text that is not empty.
struct CodePoint {
  std::uint32_t code = 0;
  std::size_t length = 0;  // bytes; 0: not UTF-8 here
};
[[nodiscard]] CodePoint first_code_point(std::string_view text);

/// Whether a terminal may get this character as it is: no control character (C0, DEL, C1), no
/// direction mark, line separator or invisible sign.
[[nodiscard]] bool is_visible(std::uint32_t code);

/// Whether the text is valid UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

/// At most `limit` bytes, never half a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit);

/// "0000ff12…": the first bytes in hex, for words about garbage.
[[nodiscard]] std::string hex_start(std::string_view bytes, std::size_t limit = 8);
[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace checks::net
