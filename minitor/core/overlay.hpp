// What people lay over a monitor while the daemon runs, and what a redeploy cannot wipe: it stands beside
// the configuration, by the name of the monitor. An overlay is never a status.
//
//   pause        no checks; the time is not observed, neither up nor down
//   silence      checks go on; notices are held, and what is still down at its end is told then
//   acknowledge  until the monitor is up: nobody is reminded; the recovery is told, and a new incident is
//
// Each one ends, by the wall clock: after kLongestOverlay at most, whatever was asked for and however the
// clock is set. An acknowledgement ends with its incident before that.
//
// What holds a notice back is decided in one place, quiet() of hold.hpp, in this order: pause, silence,
// windows; and for problems and reminders, but not for recoveries, an acknowledgement before them all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/moment.hpp"

namespace minitor {

enum class OverlayKind : std::uint8_t { pause, silence, acknowledge };
inline constexpr std::array kOverlayKinds{OverlayKind::pause, OverlayKind::silence,
                                          OverlayKind::acknowledge};

// "pause", "silence", "acknowledgement"
[[nodiscard]] std::string_view name(OverlayKind kind);
// "paused", "silenced", "acknowledged"
[[nodiscard]] std::string_view done_to_it(OverlayKind kind);

// For one that says neither how long nor until when; an acknowledgement lasts until recovery.
inline constexpr Duration kDefaultOverlay = std::chrono::hours{1};
inline constexpr Duration kLongestOverlay = std::chrono::hours{24 * 31};
inline constexpr Duration kShortestOverlay = std::chrono::seconds{1};
// In bytes; what is longer is cut.
inline constexpr std::size_t kLongestNote = 1000;
inline constexpr std::size_t kLongestBy = 100;
// The wall clock is looked at so often while an overlay lives: it may be set while nothing else happens.
inline constexpr Duration kLookAtClock = std::chrono::minutes{1};

struct Overlay {
  Timestamp since;
  Timestamp until;
  std::string by;    // who; may be empty
  std::string note;  // why; may be empty
  friend bool operator==(const Overlay&, const Overlay&) = default;
};

// True when its time is over, or lies further ahead than that of any overlay can: then the clock was set
// back, and it is not to last for years.
[[nodiscard]] bool is_over(const Overlay& overlay, Timestamp now);

// "paused by Ada until 2026-11-21T16:00:00Z: deploy"; of an acknowledgement its end is not told.
[[nodiscard]] std::string describe(OverlayKind kind, const Overlay& overlay);
// The same without who and why, which are not for everyone: "paused until 2026-11-21T16:00:00Z".
[[nodiscard]] std::string describe_to_all(OverlayKind kind, const Overlay& overlay);

// Those of one monitor.
struct Overlays {
  std::array<std::optional<Overlay>, kOverlayKinds.size()> of;
  // One-time links of the present incident that were used.
  std::vector<std::string> used_links;

  [[nodiscard]] const std::optional<Overlay>& operator[](OverlayKind kind) const {
    return of[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::optional<Overlay>& operator[](OverlayKind kind) {
    return of[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] bool paused() const { return (*this)[OverlayKind::pause].has_value(); }
  [[nodiscard]] bool acknowledged() const { return (*this)[OverlayKind::acknowledge].has_value(); }
  [[nodiscard]] bool any() const { return of[0] || of[1] || of[2]; }
  // The earliest end; none while there is none.
  [[nodiscard]] std::optional<Timestamp> next_end() const;
  friend bool operator==(const Overlays&, const Overlays&) = default;
};
// More used links are not remembered of one incident; then all others of it count as used.
inline constexpr std::size_t kMostUsedLinks = 64;

}  // namespace minitor
