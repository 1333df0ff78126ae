// The text of a message in both dialects of tokens: what is token, what is text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/message_template.hpp"
#include "minitor/core/template_tree.hpp"

namespace minitor {

struct ParsedTemplate {
  Nodes nodes;
  std::vector<std::string> notes;
};

enum class Destination : std::uint8_t {
  argument,
  shell,  // ${monitor_name} is the shell's own
};

[[nodiscard]] std::variant<ParsedTemplate, TemplateError> parse_template(std::string_view text,
                                                                         Destination destination);

}  // namespace minitor
