// UTF-8, one code point at a time, for the files of this room that look into text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace minitor {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;
inline constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value = 0;      // kReplacementCharacter where the bytes are not UTF-8
  std::size_t length = 1;  // bytes; 1 where they are not UTF-8
  bool valid = true;
};

// The code point at `at`, which is below text.size(). Overlong forms, surrogates and what lies
// above U+10FFFF are not UTF-8 (RFC 3629).
[[nodiscard]] CodePoint decode_utf8(std::string_view text, std::size_t at);

void append_utf8(std::string& out, char32_t value);

// Bytes that are no UTF-8 count as one each.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

// The first `count` code points.
[[nodiscard]] std::string_view first_code_points(std::string_view text, std::size_t count);

// At most `bytes` from the start, cut between code points.
[[nodiscard]] std::string_view first_bytes(std::string_view text, std::size_t bytes);

}  // namespace minitor
