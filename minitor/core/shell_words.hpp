// Words that mean something to a shell.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace minitor {

// A keyword after which a command begins: `then`, `do`, `!`, `{` and their like.
[[nodiscard]] bool starts_a_command(std::string_view word);

// "NAME=…", "NAME+=…": still no name of a command.
[[nodiscard]] bool is_assignment(std::string_view word);

// "NAME[…": bash evaluates what follows as arithmetic.
[[nodiscard]] bool is_subscript(std::string_view word);

// Programs that read an argument as code once more: eval, sh, bash, ssh, su, awk, python3, …
[[nodiscard]] bool runs_text_as_code(std::string_view program);

// Which of a program's arguments is a script for a shell, as the last one of [sh, -c, SCRIPT] or of
// [ssh, host, bash, -ec, SCRIPT] is. Arguments of a script file are none.
[[nodiscard]] std::optional<std::size_t> shell_script_item(
    const std::vector<std::string_view>& argv);

}  // namespace minitor
