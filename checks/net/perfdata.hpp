// Nagios performance data: label=value[unit];warn;crit;min;max. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace checks::net {

struct PerfValue {
  std::string label;
  std::optional<double> value;  // nothing prints as U
  std::string unit;             // "s", "%", "B", "c" or nothing
  std::string warn;             // ranges as text
  std::string crit;
  std::optional<double> min;
  std::optional<double> max;
};

/// Items separated by blanks, labels quoted where needed and made unique (within the first 19
/// characters), '=' and quotes taken out of labels. Items that do not fit `max_bytes` are left out.
[[nodiscard]] std::string perfdata_text(const std::vector<PerfValue>& values,
                                        std::size_t max_bytes = 3500);

}  // namespace checks::net
