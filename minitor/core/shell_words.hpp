// Words that mean something to a shell.
#pragma once

#include <string_view>

namespace minitor {

// A keyword after which a command begins: `then`, `do`, `!`, `{` and their like.
[[nodiscard]] bool starts_a_command(std::string_view word);

// "NAME=…", "NAME+=…": still no name of a command.
[[nodiscard]] bool is_assignment(std::string_view word);

// "NAME[…": bash evaluates what follows as arithmetic.
[[nodiscard]] bool is_subscript(std::string_view word);

// Programs that read an argument as code once more: eval, sh, bash, ssh, su, awk, python3, …
[[nodiscard]] bool runs_text_as_code(std::string_view program);

}  // namespace minitor
