// What all pages share: head and foot, badges, times, percentages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "minitor/web/html.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// A whole document around `main`. `live`: it is renewed by events.
[[nodiscard]] HttpResponse page(const Site& site, std::string_view title, const Html& main,
                                bool live = true);

// The word for a status and its class in the style sheet: "up", "warning", "failing", "down", "unknown".
[[nodiscard]] std::string_view badge_word(Status status, bool warning);
void write_badge(Html& html, Status status, bool warning);

// "3 min ago", with the instant as its title; "never" for none. The script keeps it going.
void write_ago(Html& html, const Site& site, const std::optional<Timestamp>& when);
// "2026-11-21 07:15:02", with the offset as its title.
void write_instant(Html& html, const Site& site, Timestamp when);
// A duration from one to two units: "3 h", "2 d 4 h", "41 s".
[[nodiscard]] std::string short_duration(Duration duration);

// "99.98 %", rounded down, so that 100 % is said only of what was up all the time; "–" for none.
[[nodiscard]] std::string percent(const std::optional<double>& ratio);

[[nodiscard]] std::string monitor_path(std::string_view name);

// Why there is no history to be seen, or not all of it, when there should be.
void write_trouble(Html& html, const Site& site);

}  // namespace minitor
