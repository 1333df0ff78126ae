// What a script shows of the engine's effects: one line each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/event.hpp"
#include "tests/scripts/world.hpp"

namespace minitor::scripts {

struct Line {
  std::string kind;  // what `show` and `hide` call it
  std::string text;
};

// "00:01:30", with milliseconds where there are any; "2d 00:00:00" from a day on.
[[nodiscard]] std::string clock_text(Duration age);

// The line of one effect, in the world as it is when the effect is carried out.
[[nodiscard]] Line line_of(const Effect& effect, const World& world);

}  // namespace minitor::scripts
