#include "minitor/core/overlay_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

using Kind = OverlayRefusal::Kind;

// Marks the monitors whose `text_of` is meant by `wanted`; false when there is none.
template <typename TextOf>
bool mark(std::string_view wanted, const Config& config, TextOf text_of,
          std::vector<bool>& chosen) {
  const auto mark_if = [&](auto&& fits) {
    bool any = false;
    for (std::size_t i = 0; i < config.monitors.size(); ++i) {
      if (!fits(text_of(config.monitors[i]))) continue;
      chosen[i] = true;
      any = true;
    }
    return any;
  };
  return mark_if([&](const std::string& text) { return text == wanted; }) ||
         mark_if([&](const std::string& text) { return fits_pattern(text, wanted); });
}

std::variant<std::vector<bool>, OverlayRefusal> choose(const OverlayRequest& request,
                                                       const Config& config) {
  const bool named = !request.monitors.empty() || !request.groups.empty();
  if (!named && !request.all)
    return OverlayRefusal{Kind::wrong, "name monitors or groups, or say that all are meant"};
  if (named && request.all)
    return OverlayRefusal{Kind::wrong, "either all are meant or those that are named, not both"};
  std::vector<bool> chosen(config.monitors.size(), request.all);
  for (const std::string& name : request.monitors) {
    if (!mark(
            name, config, [](const Monitor& one) { return one.name; }, chosen))
      return OverlayRefusal{Kind::unknown,
                            fmt::format("no monitor is named \"{}\"", one_line(name))};
  }
  for (const std::string& group : request.groups) {
    if (!mark(
            group, config, [](const Monitor& one) { return one.group; }, chosen))
      return OverlayRefusal{Kind::unknown,
                            fmt::format("no monitor is in a group \"{}\"", one_line(group))};
  }
  return chosen;
}

std::variant<Timestamp, OverlayRefusal> end_of(const OverlayRequest& request, Timestamp now) {
  if (request.length && request.until)
    return OverlayRefusal{Kind::wrong, "either for a duration or until an instant, not both"};
  const Duration otherwise =
      request.kind == OverlayKind::acknowledge ? kLongestOverlay : kDefaultOverlay;
  const Duration length = request.until ? *request.until - now : request.length.value_or(otherwise);
  if (length < kShortestOverlay)
    return OverlayRefusal{Kind::wrong, request.until ? "the end lies in the past"
                                                     : "it has to last a second at least"};
  if (length > kLongestOverlay)
    return OverlayRefusal{
        Kind::wrong,
        fmt::format("a {} may last {} at most, so that nothing is silent for ever by accident",
                    name(request.kind), format_duration(kLongestOverlay))};
  return now + length;
}

}  // namespace

bool fits_pattern(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t matched = 0;  // by the star, up to here
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      matched = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++matched;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::variant<SetOverlay, ClearOverlay, OverlayRefusal> decide(const OverlayRequest& request,
                                                              const Config& config,
                                                              const Snapshot& snapshot,
                                                              Timestamp now) {
  auto chosen = choose(request, config);
  if (auto* refusal = std::get_if<OverlayRefusal>(&chosen)) return std::move(*refusal);
  std::vector<MonitorId> monitors;
  std::string passed_over;
  for (std::uint32_t i = 0; i < config.monitors.size(); ++i) {
    if (!std::get<std::vector<bool>>(chosen)[i]) continue;
    const MonitorSnapshot& state = snapshot.monitors[i];
    const bool fits =
        request.clear ? state.overlays[request.kind].has_value()
                      : request.kind != OverlayKind::acknowledge || state.status == Status::down;
    if (fits)
      monitors.push_back(MonitorId{i});
    else if (passed_over.empty())
      passed_over = state.name;
  }
  std::string by = one_line(request.by, kLongestBy);
  if (request.clear) {
    if (request.length || request.until)
      return OverlayRefusal{Kind::wrong, "what ends now has no duration"};
    return ClearOverlay{request.kind, std::move(monitors), std::move(by)};
  }
  auto until = end_of(request, now);
  if (auto* refusal = std::get_if<OverlayRefusal>(&until)) return std::move(*refusal);
  if (monitors.empty())
    return OverlayRefusal{
        Kind::not_now,
        fmt::format("{} is not down: there is nothing to acknowledge", one_line(passed_over))};
  return SetOverlay{request.kind,
                    std::move(monitors),
                    std::get<Timestamp>(until),
                    std::move(by),
                    one_line(request.note, kLongestNote),
                    ""};
}

}  // namespace minitor
