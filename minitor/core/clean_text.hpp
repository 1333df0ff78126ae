// Hostile text made fit for where it goes. Whatever came from a process or the network passes one
// of these before it reaches a terminal, a log, a variable or a document.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace minitor {

// Valid UTF-8: each byte that is none becomes U+FFFD, as does NUL. Everything else stays.
[[nodiscard]] std::string valid_utf8(std::string_view bytes);

// One line that a terminal can be shown: valid UTF-8; newline, tab, escapes, C0 and C1 controls and
// bidirectional overrides become visible (\n, \t, \x1b, \u202e); cut at a character boundary to at
// most `max_bytes`, which counts the "…" that marks the cut.
[[nodiscard]] std::string one_line(std::string_view bytes, std::size_t max_bytes = 512);

// Several lines that a terminal can be shown: as one_line, but newline and tab stay.
[[nodiscard]] std::string printable(std::string_view bytes);

// `text` without the line ends that it ends in.
[[nodiscard]] std::string_view without_line_ends(std::string_view text);

// `text` as a JSON string, quotes included; invalid UTF-8 and NUL as U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

// `text` as a word for a POSIX shell: as it is when that is safe, else in single quotes.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace minitor
