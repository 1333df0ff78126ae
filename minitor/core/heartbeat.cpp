#include "minitor/core/heartbeat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace minitor {

std::optional<Sign> parse_sign(std::string_view word) {
  if (word.empty()) return Sign{};
  if (word == "start") return Sign{Sign::Kind::start, 0};
  if (word == "fail") return Sign{Sign::Kind::failure, 1};
  constexpr std::size_t kMostDigits = 3;
  constexpr int kMostCode = 255;
  int code = 0;
  const char* const end = word.data() + word.size();
  const auto [last, error] = std::from_chars(word.data(), end, code);
  if (word.size() > kMostDigits || error != std::errc{} || last != end || code < 0 ||
      code > kMostCode)
    return std::nullopt;
  return Sign{Sign::Kind::code, code};
}

Monotonic missed_at(const HeartbeatRules& rules, Duration period, const HeartbeatState& state) {
  if (state.started) return state.started->monotonic + rules.limit.value_or(rules.grace);
  return state.last.monotonic + period + rules.grace;
}

Monotonic resumed(const HeartbeatRules& rules, Duration period, HeartbeatState& state,
                  Monotonic due, Monotonic now) {
  const Monotonic expected = state.last.monotonic + period;
  const bool ahead = !state.started && now <= expected;
  if (ahead) return expected + rules.grace;
  if (state.excused) return std::max(due, now + kHeartbeatSecondLook);
  // Its end may have been told to nobody.
  state.excused = true;
  state.started.reset();
  const auto periods = std::max<Duration::rep>((now - expected + period - Duration{1}) / period, 0);
  return expected + period * periods + rules.grace;
}

std::string describe_missed(const HeartbeatRules& rules, Duration period,
                            const HeartbeatState& state, Monotonic now) {
  if (state.started) {
    return fmt::format("it began {} ago and did not end within {}",
                       human_duration(now - state.started->monotonic),
                       format_duration(rules.limit.value_or(rules.grace)));
  }
  return fmt::format("no heartbeat {} {}{} (expected every {}, grace {})",
                     state.heard ? "for" : "in the", human_duration(now - state.last.monotonic),
                     state.heard ? "" : " since it is watched", format_duration(period),
                     format_duration(rules.grace));
}

bool HeartbeatPace::take(Monotonic now) {
  if (left_ == kHeartbeatBurst) refilled_ = now;
  const auto back = (now - refilled_) / kHeartbeatRefill;
  if (back > 0) {
    left_ = static_cast<int>(std::min<Duration::rep>(left_ + back, kHeartbeatBurst));
    refilled_ += kHeartbeatRefill * back;
  }
  if (left_ == 0) return false;
  if (left_ == kHeartbeatBurst) refilled_ = now;
  --left_;
  return true;
}

std::string kept_body(std::string body, std::size_t most) {
  if (body.size() <= most) return body;
  const std::size_t last = most / 2;
  body.erase(most - last, body.size() - most);
  return body;
}

}  // namespace minitor
