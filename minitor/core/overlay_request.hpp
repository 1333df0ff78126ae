// What a person asks for, on the command line, the page or the API, and whether it can be done: the one
// place that knows which monitors are meant and how long an overlay may last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/snapshot.hpp"

namespace minitor {

struct OverlayRequest {
  OverlayKind kind{};
  bool clear = false;
  // Names, in which * stands for any text and ? for any character; what is named exactly comes first.
  std::vector<std::string> monitors;
  std::vector<std::string> groups;  // likewise
  bool all = false;
  std::optional<Duration> length;
  std::optional<Timestamp> until;
  std::string by;
  std::string note;
};

struct OverlayRefusal {
  enum class Kind : std::uint8_t {
    wrong,    // it cannot be meant so
    unknown,  // there is no such monitor
    not_now,  // it cannot be done as things are
  };
  Kind kind{};
  std::string words;
};

// The event that does it, with at least one monitor; a ClearOverlay may have none: nothing is there.
[[nodiscard]] std::variant<SetOverlay, ClearOverlay, OverlayRefusal> decide(
    const OverlayRequest& request, const Config& config, const Snapshot& snapshot, Timestamp now);

// "*" any text, "?" any byte; everything else stands for itself.
[[nodiscard]] bool fits_pattern(std::string_view text, std::string_view pattern);

}  // namespace minitor
