#include "minitor/core/hold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/calendar.hpp"

namespace minitor {
namespace {

// A calendar that says nothing more is looked at again after this.
constexpr Duration kLookAgain = std::chrono::hours{24};

std::string until_text(const Window& window, Timestamp until) {
  std::string text = format_local(until, window.zone);
  text.resize(text.size() - std::string_view{":00"}.size());
  return text + " " + window.zone.at(until).abbreviation;
}

std::optional<Quiet> laid_over(const Overlays& overlays, OverlayKind kind, Timestamp now) {
  const auto& overlay = overlays[kind];
  if (!overlay || is_over(*overlay, now)) return std::nullopt;
  return Quiet{describe_to_all(kind, *overlay), overlay->until};
}

}  // namespace

std::optional<Quiet> quiet_while_down(const Config& config, const Monitor& monitor,
                                      const Overlays& overlays, Timestamp now) {
  if (auto taken_on = laid_over(overlays, OverlayKind::acknowledge, now)) return taken_on;
  return quiet(config, monitor, overlays, now);
}

std::optional<Quiet> quiet(const Config& config, const Monitor& monitor, const Overlays& overlays,
                           Timestamp now) {
  for (const OverlayKind kind : {OverlayKind::pause, OverlayKind::silence})
    if (auto silent = laid_over(overlays, kind, now)) return silent;
  for (const WindowId id : monitor.maintenance) {
    const Window& window = config.windows[id.value];
    if (const auto period = open_at(window, now))
      return Quiet{fmt::format("in the maintenance window \"{}\" until {}", window.name,
                               until_text(window, period->until)),
                   period->until};
  }
  if (monitor.only_in.empty()) return std::nullopt;
  Timestamp opens = now + kLookAgain;
  std::string names;
  for (const WindowId id : monitor.only_in) {
    const Window& window = config.windows[id.value];
    if (open_at(window, now)) return std::nullopt;
    if (const auto next = next_period(window, now)) opens = std::min(opens, next->from);
    names += fmt::format("{}\"{}\"", names.empty() ? "" : " and ", window.name);
  }
  return Quiet{fmt::format("outside of {}", names), opens};
}

}  // namespace minitor
