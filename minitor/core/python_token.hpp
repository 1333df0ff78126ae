// Python's tokens in a message: "{monitor_name}", "{failure_count:>5}", "{monitor_name!r}".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/template_tree.hpp"

namespace minitor {

struct PythonToken {
  const struct FieldName* field = nullptr;
  std::optional<PythonFormat> format;
  std::size_t end = 0;  // behind the "}"
};

// `open` is where "{" stands. Only the six known names make a token; everything else is text.
[[nodiscard]] std::optional<PythonToken> read_python_token(std::string_view text, std::size_t open);

// The name in "{name}" at `open`, known or not; empty where no name stands.
[[nodiscard]] std::string_view python_token_name(std::string_view text, std::size_t open);

[[nodiscard]] std::string apply(const PythonFormat& format, const Value& value);

}  // namespace minitor
