// One action of Go's text/template, "{{ … }}": what may stand in it and what it means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "minitor/core/message_template.hpp"
#include "minitor/core/template_tree.hpp"

namespace minitor {

// Parentheses and conditions may be nested this deep.
inline constexpr std::size_t kMaxTemplateDepth = 32;

struct GoAction {
  enum class Kind : std::uint8_t { output, begin_if, else_if, otherwise, end, comment };
  Kind kind = Kind::output;
  Expression value;     // of output, begin_if and else_if
  std::size_t end = 0;  // behind the "}}"
  bool trims_before = false;
  bool trims_after = false;
};

// The braces at this place do not hold a Go action.
struct NoGoAction {};

// `open` is where "{{" stands. A text that is clearly meant as an action and is wrong is an error.
[[nodiscard]] std::variant<GoAction, NoGoAction, TemplateError> read_go_action(
    std::string_view text, std::size_t open);

}  // namespace minitor
