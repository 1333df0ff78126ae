// The real engine over a real configuration, in virtual time, in a world that is made up: what would
// happen if these monitors failed then. No process runs, nobody is told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/message_template.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/saved_state.hpp"
#include "minitor/core/status.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// Longer is refused: a rehearsal is for seeing, and keeps what it has seen.
inline constexpr Duration kLongestRehearsal = std::chrono::hours{24 * 366};
inline constexpr std::size_t kMostRehearsalLines = 1'000'000;

struct RehearsalPlan {
  struct Span {
    Duration from{};  // since the beginning
    Duration until{};
  };
  std::set<MonitorIndex> failing;  // the monitors that fail …
  std::vector<Span> spans;         // … in these stretches of time; ascending, without overlap
  Duration flap{};                 // > 0: in them they fail and are well by turns, each so long
  bool cascade = false;            // what depends on what fails, and cannot be up, fails as well
  bool gates_closed = false;       // only_when says no
  bool repairs_help = false;       // a repair ends the stretch in which it runs
  std::set<std::uint32_t> broken;  // alerts that fail whenever they are run
  Duration length = std::chrono::hours{24};
  bool checks = false;  // every check is a line
  // Where a real life stands: it goes on from there, and `start` is not looked at.
  struct Life {
    Moment now;
    SavedState saved;
    std::string boot;
  };
  std::optional<Life> goes_on = {};
};

// Reads "09:00-11:30" (times of day in `zone`, on every day) and "10m-25m" (since the beginning), or
// several of them after commas, into spans within `length`; or what is wrong with it.
[[nodiscard]] std::variant<std::vector<RehearsalPlan::Span>, std::string> parse_spans(
    std::string_view text, Timestamp start, Duration length, const TimeZone& zone);

struct RehearsalLine {
  enum class Kind : std::uint8_t {
    check,
    status,  // it changed
    repair,
    held,    // a notice that was due is held back
    told,    // a notice is sent
    failed,  // one could not be sent, or is not sent any more
  };
  Timestamp when;
  Kind kind{};
  MonitorIndex monitor = 0;
  Status status{};    // of the monitor, from then on
  std::string alert;  // told and failed: which one
  std::string words;  // told: what it says
  std::string why;
};
[[nodiscard]] std::string_view name(RehearsalLine::Kind kind);

struct Rehearsal {
  std::vector<RehearsalLine> lines;
  std::uint64_t left_out = 0;  // beyond kMostRehearsalLines
  std::uint64_t checks = 0;
  std::uint64_t repairs = 0;
  std::uint64_t notices = 0;  // sent, one for each alert
  Timestamp from;
  Timestamp until;
};

[[nodiscard]] Rehearsal rehearse(std::shared_ptr<const Config> config, const RehearsalPlan& plan,
                                 Timestamp start, const MessageContext& context);

}  // namespace minitor
