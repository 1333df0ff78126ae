// Why somebody was told of a monitor, or was not, and what would happen next. What happened is read from
// the reasons that were recorded when it did; what would happen is lived through by the real engine in
// virtual time, from the state that is saved. There is no second set of rules in here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/history.hpp"
#include "minitor/core/message_template.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/web_settings.hpp"

namespace minitor {

// What is said of the past begins with the latest incident, or with the latest failures.
inline constexpr int kMostWhyRows = 40;
// What is said of each turn that the future may take.
inline constexpr std::size_t kMostWhyNext = 6;
// How far ahead is looked: so many checks, at most so long.
inline constexpr int kWhyChecks = 3000;
inline constexpr Duration kWhyHorizon = std::chrono::hours{24 * 7};

struct WhyLine {
  enum class Part : std::uint8_t {
    past,        // it happened
    if_failing,  // it would happen if the monitor failed, or went on failing
    if_well,     // it would happen if it were well from the next check on
  };
  Part part{};
  Timestamp when;
  std::string words;
};
[[nodiscard]] std::string_view name(WhyLine::Part part);

struct Why {
  std::string monitor;
  std::vector<std::string> now;  // how it stands, in sentences: the short answer
  std::vector<WhyLine> lines;    // by part, in order of time
  bool known = false;            // something of it was saved
};

// Takes as long as reading the history takes, and some milliseconds. `boot`: of this machine, as the engine
// knows it. `context`: in which zone instants are named. `shown`: what may be shown of what commands wrote,
// and of their lines.
[[nodiscard]] Why why(const std::shared_ptr<const Config>& config, MonitorId monitor,
                      HistoryReads& history, Moment now, const MessageContext& context,
                      const std::string& boot, const PageShows& shown);

// What stands above the lines of a part; `failing`: the monitor is.
[[nodiscard]] std::string_view heading(WhyLine::Part part, bool failing);
[[nodiscard]] bool is_failing(const Why& why);

// For a terminal.
[[nodiscard]] std::string why_text(const Why& why, const TimeZone& zone);

}  // namespace minitor
