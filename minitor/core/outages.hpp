// What a monitor was, and for how long: transitions and gaps folded into uptime and outages.
//
// A monitor is up from a check that was ok on, and down from one that failed on, until the next one
// that could tell. An outage lasts from the first failed check to the first that was ok again, so
// `failing` counts as down. Time in which nobody looked (no daemon, or checks that could not be
// made) is a gap: neither up nor down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/status.hpp"

namespace minitor {

// From `from` on, up to `to` but without it.
struct TimeRange {
  Timestamp from;
  Timestamp to;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

struct Change {
  Timestamp at;
  Status to{};
  std::string reason;
  std::string incident;
  friend bool operator==(const Change&, const Change&) = default;
};

struct Gap {
  Timestamp from;
  std::optional<Timestamp> to;  // none: it lasts
  std::string reason;
  friend bool operator==(const Gap&, const Gap&) = default;
};

// What is left of a day whose changes are not kept any more; the rest of it was not observed.
struct KeptDay {
  Timestamp start;  // in UTC
  Duration up{};
  Duration down{};
  friend bool operator==(const KeptDay&, const KeptDay&) = default;
};

// One monitor in a range of time.
struct Timeline {
  Status before = Status::unknown;  // what it was when the range began
  std::vector<Change> changes;      // in the order in which they happened
  std::vector<Gap> gaps;            // likewise; they do not overlap
  // Up to here it is known: the last sign of life of the daemon.
  Timestamp known_until;
  // Before this instant (the beginning of a day) changes and gaps are not kept; `before` is what it
  // was then, and of what came earlier only `days` tell, oldest first.
  Timestamp known_from = Timestamp::min();
  std::vector<KeptDay> days = {};
  friend bool operator==(const Timeline&, const Timeline&) = default;
};

struct Uptime {
  Duration up{};
  Duration down{};
  Duration unobserved{};

  // Of the time in which somebody looked; none when nobody did.
  [[nodiscard]] std::optional<double> ratio() const;
  friend bool operator==(const Uptime&, const Uptime&) = default;
};

// A stretch in which a monitor was one thing.
struct Stretch {
  enum class Kind : std::uint8_t { up, down, unobserved };
  TimeRange range;
  Kind kind{};
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// `range` cut into stretches, without holes; neighbours differ. What only days tell of is unobserved. A change whose time lies before
// that of the one before it (the clock was set back) takes effect at that one's.
[[nodiscard]] std::vector<Stretch> stretches(const Timeline& timeline, TimeRange range);

// Days that only partly lie in `range` count for that part.
[[nodiscard]] Uptime uptime(const Timeline& timeline, TimeRange range);
// The same from the stretches of this timeline, computed before, for a range within theirs.
[[nodiscard]] Uptime uptime(const std::vector<Stretch>& stretches, const Timeline& timeline,
                            TimeRange range);
// The part of `range` of stretches that were computed before; days are not in them.
[[nodiscard]] Uptime uptime(const std::vector<Stretch>& stretches, TimeRange range);

struct Outage {
  Timestamp from;               // the first failed check
  std::optional<Timestamp> to;  // none: it lasts
  friend bool operator==(const Outage&, const Outage&) = default;
};
// Those that overlap `range`, oldest first. A gap in the middle does not end one.
[[nodiscard]] std::vector<Outage> outages(const Timeline& timeline, TimeRange range);

}  // namespace minitor
