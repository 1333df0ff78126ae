// Readers of values that have to do with calendars.
#pragma once

#include <optional>

#include "minitor/config/cursor.hpp"
#include "minitor/config/drafts.hpp"
#include "minitor/config/reading.hpp"

namespace minitor::config {

[[nodiscard]] std::optional<CronDraft> read_cron(Reading& reading, const Cursor& value);
// A text whose meaning is looked up later, in the light of the whole.
[[nodiscard]] std::optional<TextDraft> read_placed_text(Reading& reading, const Cursor& value);

}  // namespace minitor::config
