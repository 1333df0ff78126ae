// What the end of an alert command says about the notice that it was to deliver: the exit codes of
// an alert command, which alerts/README.md promises to whoever writes one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor {

// Try again later: EX_TEMPFAIL of sysexits.h. The last line of the output may say when:
// "retry-after: SECONDS".
inline constexpr int kExitRetryLater = 75;
// Never: EX_CONFIG. The address, the secret or the arguments are wrong, and so they will be the
// next time. The only code that means it: curl and msmtp, which are alert commands too, end with
// the other codes of sysexits.h for things that pass.
inline constexpr int kExitNever = 78;
// However long a receiver asks us to wait, we ask again after this.
inline constexpr Duration kMaxRetryAfter = std::chrono::minutes{15};

enum class DeliveryEnd : std::uint8_t {
  delivered,
  failed,   // counts towards giving up
  never,    // given up at once
  excused,  // our own fault: tried again, and not counted
  stopped,  // ended by us because the daemon stops
};

struct Delivery {
  DeliveryEnd end{};
  // The command asked for at least this long until the next attempt; at most kMaxRetryAfter.
  std::optional<Duration> wait;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// `output` is what the command wrote, stdout and stderr as they came.
[[nodiscard]] Delivery read_delivery(const Ending& ending, std::string_view output);

}  // namespace minitor
