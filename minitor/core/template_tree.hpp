// A message template as it was understood: text, values to fill in, conditions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/core/template_value.hpp"

namespace minitor {

// What a template may ask of a notice.
enum class Field : std::uint8_t {
  monitor_name,
  alert_count,
  failure_count,
  last_check_output,
  last_success,
  is_up,
  alert_message,
  kind,
  status,
  verdict,
  outcome,
  reason,
  description,
  group,
  ack_url,
  silence_url,
  first_failure,
  time,
  trimmed_output,     // {last_output}: without newlines at its end
  last_success_text,  // {last_success}: local, ISO 8601, or "Never"
};

enum class Function : std::uint8_t {
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logical_and,
  logical_or,
  logical_not,
  print,
  println,
  printf,
  len,
  html,
  js,
  urlquery,
  slice,
  format_time,  // any of Go's layouts by name, or FormatTime: time, layout
  in_tz,        // time, name
  unix_seconds,
  is_zero,
  utc,
  local,
};

// A value to be computed. Its type was checked when it was read.
struct Expression {
  enum class Kind : std::uint8_t { field, literal, call };
  Kind kind = Kind::literal;
  Type type = Type::text;
  Field field{};
  Value literal;
  Function function{};
  std::vector<Expression> arguments;
};

// Python's format specification: [[fill]align][0][width][.precision][s|d] and !s, !r.
struct PythonFormat {
  std::string fill = " ";
  char align = '\0';  // '<' '>' '^' '='; none: as the type has it
  int width = 0;
  std::optional<int> precision;
  char conversion = '\0';  // 's', 'r' or none
};

struct Text {
  std::string text;
};

// In shell text: a reference to an environment variable, written for its place.
struct ShellReference {
  std::string variable;
  std::string_view before;
  std::string_view after;
};

struct Output {
  Expression value;
  std::optional<PythonFormat> format;
  std::size_t offset = 0;  // in the source
  std::string source;      // as it is written there
  ShellReference reference;
};

struct Node;
using Nodes = std::vector<Node>;

struct Branch {
  Expression condition;
  Nodes body;
  std::size_t offset = 0;
};

struct Condition {
  std::vector<Branch> branches;  // if, else if, …
  Nodes otherwise;
  std::size_t offset = 0;
};

struct Node {
  std::variant<Text, Output, Condition> what;
};

}  // namespace minitor
