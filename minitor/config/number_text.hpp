// Numbers as YAML 1.1 writes them: what both Minitors read, quirks included.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace minitor::config {

struct Number {
  double value = 0;
  bool whole = true;  // written without a fraction
  // How a number was written that a person may not take for one: "an octal number", empty for 30.
  std::string_view quirk;
};

// 30 +30 -1 1_0 0x1e 0b11 0o17 017 1:30 (base 60) 1.5 1e3. None for anything else; .inf and .nan too.
// Values beyond 2^53 are beyond every range that a caller may have.
[[nodiscard]] std::optional<Number> read_number(std::string_view text);

// true false yes no on off, as YAML 1.1 writes them.
[[nodiscard]] std::optional<bool> read_truth(std::string_view text);

}  // namespace minitor::config
