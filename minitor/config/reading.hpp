// What every reader of a value needs, and the texts with ${…} filled in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/config/cursor.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/config/load_config.hpp"

namespace minitor::config {

// A file named by ${file:PATH} may not be larger.
inline constexpr std::size_t kMaxValueFileBytes = 64 * 1024;
// ${A:-${B:-${C}}}: defaults inside defaults.
inline constexpr std::size_t kMaxDefaultDepth = 8;
// The text of one value after ${…} is filled in.
inline constexpr std::size_t kMaxTextBytes = 128 * 1024 - 1;

struct Reading {
  const ConfigWorld& world;
  Findings& findings;
  bool included = false;  // the file is not the main one
};

// A text with its ${…} filled in.
struct FilledText {
  std::string text;
  bool changed = false;  // something was filled in
  // What came from outside: [first, last) in `text`. Never to be read as anything but text.
  struct Foreign {
    std::size_t first;
    std::size_t last;
    std::size_t raw;  // where its ${ stands in the value as written
  };
  std::vector<Foreign> foreign;
  std::vector<std::string> secret_variables;  // names of those that were filled in

  // The place in the value as written that the byte `index` of `text` came from.
  [[nodiscard]] std::size_t raw_index(std::size_t index) const;
};

// Fills ${VAR}, ${VAR:-default}, ${VAR-default} and ${file:PATH} into a scalar; $${ is a literal ${.
// Anything else with a $ stays. The values are text: they are not read again as YAML. Errors are
// reported and give none.
[[nodiscard]] std::optional<FilledText> fill_in(Reading& reading, const Cursor& scalar);

}  // namespace minitor::config
