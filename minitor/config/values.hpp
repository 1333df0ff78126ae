// Readers of single values: each reports what is wrong with its value and then gives none.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/config/cursor.hpp"
#include "minitor/config/drafts.hpp"
#include "minitor/config/reading.hpp"
#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"

namespace minitor::config {

inline constexpr Duration kShortestDuration = std::chrono::milliseconds{1};
inline constexpr Duration kLongestDuration = std::chrono::hours{24 * 366};
// alert_after and alert_every as counts.
inline constexpr int kMostFailures = 1'000'000;
inline constexpr int kMostConcurrent = 10'000;
inline constexpr std::size_t kMostOutputBytes = 1024 * 1024;
// A name is shown on one line: in logs, subjects and pages.
inline constexpr std::size_t kMaxNameBytes = 256;

// A scalar as text: "5", yes and 2.50 keep the text they were written with. Null is empty.
[[nodiscard]] std::optional<std::string> read_text(Reading& reading, const Cursor& value);
// One line that is not empty.
[[nodiscard]] std::optional<std::string> read_name(Reading& reading, const Cursor& value);
[[nodiscard]] bool is_name(Reading& reading, const Place& place, std::string_view name);

// Seconds or a Go duration, within [kShortestDuration, kLongestDuration].
[[nodiscard]] std::optional<Duration> read_duration(Reading& reading, const Cursor& value);
// The same, or 0.
[[nodiscard]] std::optional<Duration> read_span(Reading& reading, const Cursor& value);
[[nodiscard]] std::optional<int> read_count(Reading& reading, const Cursor& value, int least,
                                            int most);
[[nodiscard]] std::optional<bool> read_yes_no(Reading& reading, const Cursor& value);
// None for 0 as well: "the default", with a note.
[[nodiscard]] std::optional<AlertAfter> read_alert_after(Reading& reading, const Cursor& value);
[[nodiscard]] std::optional<AlertEvery> read_alert_every(Reading& reading, const Cursor& value);

// A list of texts; one text is taken for a list of one, with a note.
[[nodiscard]] std::optional<References> read_names(Reading& reading, const Cursor& value);
[[nodiscard]] Environment read_environment(Reading& reading, const Cursor& value);
[[nodiscard]] Labels read_labels(Reading& reading, const Cursor& value);
// A secret that grants something: at least kShortestToken characters without spaces; never shown
// from here on.
[[nodiscard]] std::optional<std::string> read_secret_token(Reading& reading, const Cursor& value);
// A folder, relative to the file that names it.
[[nodiscard]] std::string read_directory(Reading& reading, const Cursor& value);

}  // namespace minitor::config
