// Why a notice that is due is not told yet. Held never means lost: what is still down when the
// reason is gone is told then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/overlay.hpp"

namespace minitor {

// So many monitors are named in a reason.
inline constexpr std::size_t kMostNamed = 10;

inline constexpr std::string_view kGateSaysNo = "only_when says no";

struct Hold {
  enum class Kind : std::uint8_t {
    none,       // it may be told
    held,       // the monitor is down, and nobody is told
    repairing,  // a repair is tried before it is down
    asking,     // what it depends on is checked before it is down
  };
  Kind kind = Kind::none;
  std::string why;  // in words; empty: it is being asked, and nothing needs to be said of that
};

// A problem that was due. Must survive a restart: that there is one (PolicyState::owed); the rest is
// found out again at the next check.
struct HeldProblem {
  // Of the last failed check.
  Verdict verdict{};
  std::string outcome;
  std::string output;
  // The monitors that it depends on: when they were asked, and what they said last.
  std::optional<Monotonic> asked;
  enum class Parents : std::uint8_t { unasked, asked, bad, well };
  Parents parents = Parents::unasked;
  // only_when
  enum class Gate : std::uint8_t { unasked, asking, yes, no };
  Gate gate = Gate::unasked;
};

// While nobody is to be told of a monitor, because somebody said so or because of the calendar: a pause, a
// silence, windows, the first that applies.
struct Quiet {
  std::string why;
  Timestamp until;  // when that is to be looked at again
};
[[nodiscard]] std::optional<Quiet> quiet(const Config& config, const Monitor& monitor,
                                         const Overlays& overlays, Timestamp now);

// The same for a problem or a reminder of a monitor that is down: there is one reason more, that somebody
// has taken it on. Recoveries go by quiet() alone.
[[nodiscard]] std::optional<Quiet> quiet_while_down(const Config& config, const Monitor& monitor,
                                                    const Overlays& overlays, Timestamp now);

}  // namespace minitor
