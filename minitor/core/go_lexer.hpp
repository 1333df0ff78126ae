// The words of a Go template action.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/template_value.hpp"

namespace minitor {

struct GoToken {
  enum class Kind : std::uint8_t {
    field,     // .Name, $.Name; `text` is the name
    method,    // .Name right behind a field or a parenthesis
    dot,       // . or $ alone
    variable,  // $name
    word,      // a function or keyword
    literal,
    open,
    close,
    pipe,
  };
  Kind kind = Kind::word;
  std::string text;
  Value literal;
  std::size_t offset = 0;
};

struct GoTokens {
  std::vector<GoToken> tokens;
  std::size_t end = 0;  // behind the "}}"
  bool trims_before = false;
  bool trims_after = false;
  bool comment = false;
};

// What cannot be read as Go: where, and what stands there.
struct GoLexError {
  std::size_t offset = 0;
  std::string message;
};

// `open` is where "{{" stands in `text`.
[[nodiscard]] std::variant<GoTokens, GoLexError> read_go_tokens(std::string_view text,
                                                                std::size_t open);

}  // namespace minitor
