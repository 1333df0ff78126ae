// Monitors that are told of rather than asked: a heartbeat is a sign of life that comes from outside,
// and its absence is the failure. What is decided of one alone stands here; engine_heartbeats.cpp asks.
//
// One is due a period after the last, and missed when its grace is over as well; from then on each
// further period without one is a failure more. A run that said that it begins must end within its
// limit. Nothing that was ever heard: it counts from when it was first watched.
//
// While the daemon was away nobody could be heard. What was expected in that time is not held against
// the monitor: it has until the next one that is expected. It is excused so once, until it is heard of
// again, so that a daemon that is restarted over and over does not wait for ever.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/moment.hpp"

namespace minitor {

inline constexpr Duration kDefaultHeartbeatGrace = std::chrono::minutes{5};
// So many heartbeats of one monitor are taken at once; then one comes back every kHeartbeatRefill. More
// are refused: they would fill the history and say nothing new.
inline constexpr int kHeartbeatBurst = 20;
inline constexpr Duration kHeartbeatRefill = std::chrono::seconds{1};
// When we come so late to find one missing, those that wait at our door are let in first.
inline constexpr Duration kHeartbeatSecondLook = std::chrono::seconds{2};

// As configured; the period is the monitor's interval, the limit of a run its command's timeout.
struct HeartbeatRules {
  Duration grace = kDefaultHeartbeatGrace;  // >= 0
  std::optional<Duration> limit;            // from a start to its end; none: the grace
  std::string token;  // of its own; empty: it is derived (heartbeat_tokens.hpp)
  friend bool operator==(const HeartbeatRules&, const HeartbeatRules&) = default;
};

// What it says.
struct Sign {
  enum class Kind : std::uint8_t {
    success,
    start,    // its run begins; only the end counts
    failure,  // told to have failed
    code,     // the run ended with this exit code
  };
  Kind kind = Kind::success;
  int code = 0;  // 0..255
  friend bool operator==(const Sign&, const Sign&) = default;
};

// What comes behind the token in its address: nothing, "start", "fail" or an exit code. None: it is none
// of these.
[[nodiscard]] std::optional<Sign> parse_sign(std::string_view word);

// Must survive a restart: all of it, and when it is due.
struct HeartbeatState {
  Moment last;                    // when it was heard of last, or first watched
  bool heard = false;             // ever
  std::optional<Moment> started;  // a run that has not ended
  bool excused = false;           // a restart gave it time that it has not used yet
  friend bool operator==(const HeartbeatState&, const HeartbeatState&) = default;
};

// When it is missed unless it is heard of before.
[[nodiscard]] Monotonic missed_at(const HeartbeatRules& rules, Duration period,
                                  const HeartbeatState& state);

// When it is missed in a life of the daemon that begins at `now`, and `state` is what the life before
// left; `due` is when it would have been missed in that one. Changes `state`.
[[nodiscard]] Monotonic resumed(const HeartbeatRules& rules, Duration period, HeartbeatState& state,
                                Monotonic due, Monotonic now);

// In words: "no heartbeat for 25h (expected every 24h, grace 1h)", "it began 2h ago and did not end
// within 1h".
[[nodiscard]] std::string describe_missed(const HeartbeatRules& rules, Duration period,
                                          const HeartbeatState& state, Monotonic now);

// How many are taken.
class HeartbeatPace {
 public:
  [[nodiscard]] bool take(Monotonic now);

 private:
  int left_ = kHeartbeatBurst;
  Monotonic refilled_{Monotonic::min()};
};

// `body` as it is kept: of more than `most` bytes the first and the last half.
[[nodiscard]] std::string kept_body(std::string body, std::size_t most);

}  // namespace minitor
