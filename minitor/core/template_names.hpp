// The names that message templates know, and what is near to a name that they do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/template_tree.hpp"

namespace minitor {

struct FieldName {
  std::string_view name;
  Field field;
  Type type;
};

// Python's tokens: monitor_name, …
[[nodiscard]] const FieldName* find_python_token(std::string_view name);
// Go's fields: MonitorName, …, and our own.
[[nodiscard]] const FieldName* find_go_field(std::string_view name);

struct FunctionName {
  std::string_view name;
  Function function;
  std::size_t least;  // arguments
  std::size_t most;
  std::string_view layout = {};  // of a function that formats a time in one way
};

[[nodiscard]] const FunctionName* find_go_function(std::string_view name);
// Methods of Go's time.Time; the time itself is the first argument.
[[nodiscard]] const FunctionName* find_time_method(std::string_view name);

// Go's words that make an action a statement. All are known, few are supported.
[[nodiscard]] bool is_go_keyword(std::string_view word);

// The variable of notice_environment() that holds exactly this field as it prints; empty: none
// does.
[[nodiscard]] std::string_view standard_variable(Field field);

// " (did you mean …?)", or nothing where no name is near.
[[nodiscard]] std::string suggest_python_token(std::string_view name);
[[nodiscard]] std::string suggest_go_field(std::string_view name);
[[nodiscard]] std::string suggest_go_function(std::string_view name);

}  // namespace minitor
