#include "minitor/core/outages.hpp"

#include <algorithm>

namespace minitor {
namespace {

Stretch::Kind kind_of(Status status) {
  switch (status) {
    case Status::unknown: return Stretch::Kind::unobserved;
    case Status::up: return Stretch::Kind::up;
    case Status::failing:
    case Status::down: return Stretch::Kind::down;
  }
  return Stretch::Kind::unobserved;
}

void add(std::vector<Stretch>& all, Timestamp from, Timestamp to, Stretch::Kind kind) {
  if (from >= to) return;
  if (!all.empty() && all.back().kind == kind) {
    all.back().range.to = to;
  } else {
    all.push_back({{from, to}, kind});
  }
}

// Adds [from, to) as `kind`, but for what lies in gaps.
void add_around_gaps(std::vector<Stretch>& all, const std::vector<Gap>& gaps, Timestamp from,
                     Timestamp to, Stretch::Kind kind) {
  for (const Gap& gap : gaps) {
    if (gap.from >= to) break;
    const Timestamp end = gap.to ? std::min(*gap.to, to) : to;
    if (end <= from) continue;
    add(all, from, std::max(from, gap.from), kind);
    add(all, std::max(from, gap.from), end, Stretch::Kind::unobserved);
    from = std::max(from, end);
  }
  add(all, from, to, kind);
}

}  // namespace

std::optional<double> Uptime::ratio() const {
  const double observed = static_cast<double>((up + down).count());
  if (observed <= 0) return std::nullopt;
  return static_cast<double>(up.count()) / observed;
}

std::vector<Stretch> stretches(const Timeline& timeline, TimeRange range) {
  std::vector<Stretch> result;
  const Timestamp known =
      std::clamp(timeline.known_until, range.from, std::max(range.from, range.to));
  Timestamp at = std::clamp(timeline.known_from, range.from, known);
  add(result, range.from, at, Stretch::Kind::unobserved);
  Status status = timeline.before;
  for (const Change& change : timeline.changes) {
    const Timestamp when = std::clamp(change.at, at, std::max(at, known));
    add_around_gaps(result, timeline.gaps, at, when, kind_of(status));
    at = when;
    status = change.to;
  }
  add_around_gaps(result, timeline.gaps, at, known, kind_of(status));
  add(result, known, range.to, Stretch::Kind::unobserved);
  return result;
}

Uptime uptime(const std::vector<Stretch>& stretches, TimeRange range) {
  Uptime result;
  for (const Stretch& stretch : stretches) {
    const Timestamp from = std::max(stretch.range.from, range.from);
    const Timestamp to = std::min(stretch.range.to, range.to);
    if (from >= to) continue;
    switch (stretch.kind) {
      case Stretch::Kind::up: result.up += to - from; break;
      case Stretch::Kind::down: result.down += to - from; break;
      case Stretch::Kind::unobserved: result.unobserved += to - from; break;
    }
  }
  return result;
}

Uptime uptime(const Timeline& timeline, TimeRange range) {
  return uptime(stretches(timeline, range), timeline, range);
}

Uptime uptime(const std::vector<Stretch>& stretches, const Timeline& timeline, TimeRange range) {
  constexpr Duration kDay = std::chrono::hours{24};
  Uptime result = uptime(stretches, range);
  for (const KeptDay& day : timeline.days) {
    const Timestamp from = std::max(day.start, range.from);
    const Timestamp to = std::min({day.start + kDay, range.to, timeline.known_from});
    if (from >= to) continue;
    // What happened when in that day is not known any more.
    const double part = std::chrono::duration<double>(to - from) / kDay;
    const auto some = [&](Duration of_day) {
      return to - from == kDay ? of_day : std::chrono::duration_cast<Duration>(of_day * part);
    };
    const Duration up = some(day.up);
    const Duration down = some(day.down);
    result.up += up;
    result.down += down;
    result.unobserved -= up + down;
  }
  return result;
}

std::vector<Outage> outages(const Timeline& timeline, TimeRange range) {
  std::vector<Outage> result;
  bool out = kind_of(timeline.before) == Stretch::Kind::down;
  Timestamp at = std::max(range.from, timeline.known_from);
  if (out && at < range.to) result.push_back({at, std::nullopt});
  for (const Change& change : timeline.changes) {
    at = std::max(at, change.at);
    if (at >= range.to) break;
    const bool now_out = kind_of(change.to) == Stretch::Kind::down;
    if (now_out && !out) result.push_back({at, std::nullopt});
    if (!now_out && out) result.back().to = at;
    out = now_out;
  }
  return result;
}

}  // namespace minitor
