#include "minitor/core/storm.hpp"

#include <algorithm>

namespace minitor {
namespace {

// When there is room for one more run of those that `counts` names, of which `most` are allowed.
template <typename Counts>
std::optional<Monotonic> room_at(const RateCap& rate, const StormState& state, std::size_t most,
                                 Monotonic now, Counts counts) {
  if (most == 0) return std::nullopt;
  std::size_t seen = 0;
  for (auto run = state.runs.rbegin(); run != state.runs.rend(); ++run) {
    if (!counts(*run)) continue;
    if (++seen == most) return std::max(now, run->began.monotonic + rate.per);
  }
  return now;
}

}  // namespace

StormAnswer may_run(const StormRules& rules, const StormState& state, bool only_reminders,
                    bool gathers, Monotonic now) {
  StormAnswer answer;
  if (rules.rate) {
    const auto most = static_cast<std::size_t>(rules.rate->count);
    const auto any = room_at(*rules.rate, state, most, now, [](const StormRun&) { return true; });
    const auto reminder = room_at(*rules.rate, state, most / 2, now,
                                  [](const StormRun& run) { return run.reminders; });
    answer.reminders = reminder == now;
    answer.capped = any != now || (only_reminders && !answer.reminders);
    if (answer.capped) {
      answer.again = any;
      if (only_reminders)
        answer.again = reminder ? std::optional(std::max(*any, *reminder)) : reminder;
      return answer;
    }
  }
  if (gathers && state.opens_at && now < *state.opens_at) {
    answer.again = state.opens_at;
    return answer;
  }
  const bool together = rules.group > Duration::zero() || state.held;
  answer.kind = together ? StormAnswer::Kind::all : StormAnswer::Kind::one;
  return answer;
}

void note_run(const StormRules& rules, StormState& state, Moment now, bool reminders) {
  if (!rules.rate) return;
  state.runs.push_back({now, reminders});
  while (now.monotonic - state.runs.front().began.monotonic >= rules.rate->per)
    state.runs.pop_front();
}

}  // namespace minitor
