#include "minitor/core/overlay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/time_zone.hpp"

namespace minitor {

std::string_view name(OverlayKind kind) {
  switch (kind) {
    case OverlayKind::pause: return "pause";
    case OverlayKind::silence: return "silence";
    case OverlayKind::acknowledge: return "acknowledgement";
  }
  return {};
}

std::string_view done_to_it(OverlayKind kind) {
  switch (kind) {
    case OverlayKind::pause: return "paused";
    case OverlayKind::silence: return "silenced";
    case OverlayKind::acknowledge: return "acknowledged";
  }
  return {};
}

bool is_over(const Overlay& overlay, Timestamp now) {
  return now >= overlay.until || overlay.until - now > kLongestOverlay;
}

std::string describe(OverlayKind kind, const Overlay& overlay) {
  std::string words{done_to_it(kind)};
  if (!overlay.by.empty()) words += " by " + overlay.by;
  if (kind != OverlayKind::acknowledge)
    words += " until " + format_rfc3339(overlay.until, TimeZone{});
  if (!overlay.note.empty()) words += ": " + overlay.note;
  return words;
}

std::string describe_to_all(OverlayKind kind, const Overlay& overlay) {
  return describe(kind, {overlay.since, overlay.until, {}, {}});
}

std::optional<Timestamp> Overlays::next_end() const {
  std::optional<Timestamp> next;
  for (const auto& one : of)
    if (one && (!next || one->until < *next)) next = one->until;
  return next;
}

}  // namespace minitor
