// Small answers for other people's pages: badges as SVG, and incidents as an Atom feed (RFC 4287).
#pragma once

#include <string>
#include <string_view>

#include "minitor/core/history.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

enum class BadgeKind : std::uint8_t { status, uptime, latency };

// Uptime is of 30 days, latency the mean of 24 hours.
[[nodiscard]] HttpResponse badge(const Site& site, std::size_t monitor, BadgeKind kind,
                                 HistoryReads& history);

// `origin` is where the reader came to us, "http://host:8080": a feed needs whole addresses.
[[nodiscard]] HttpResponse feed(const Site& site, std::string_view origin, HistoryReads& history);
inline constexpr int kIncidentsInFeed = 50;

}  // namespace minitor
