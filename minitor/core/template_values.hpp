// What a notice says, computed for the expressions of a template.
#pragma once

#include <string>
#include <string_view>

#include "minitor/core/message_template.hpp"
#include "minitor/core/template_tree.hpp"

namespace minitor {

struct Scope {
  const Notice& notice;
  const MessageContext& context;
};

[[nodiscard]] Value evaluate(Field field, const Scope& scope);
[[nodiscard]] Value evaluate(const Expression& expression, const Scope& scope);

// What a token puts in its place.
[[nodiscard]] std::string text_of(const Output& output, const Scope& scope);

// `text` as the value of a variable: valid UTF-8 without NUL, at most kMaxVariableBytes.
[[nodiscard]] std::string variable_value(std::string_view text);

}  // namespace minitor
