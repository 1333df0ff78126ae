// `command` and `shell_command`: a list is a program and its arguments, text is for the shell.
#pragma once

#include <variant>

#include "minitor/config/drafts.hpp"
#include "minitor/config/reading.hpp"

namespace minitor::config {

// Fills in `draft` from the value of `command`.
void read_command(Reading& reading, const Cursor& value,
                  CommandDraft<std::variant<Argv, ShellText>>& draft);
void read_shell_command(Reading& reading, const Cursor& value,
                        CommandDraft<std::variant<Argv, ShellText>>& draft);
// The same for an alert, whose texts hold message tokens.
void read_command(Reading& reading, const Cursor& value,
                  CommandDraft<std::variant<ArgvTemplate, ShellTemplate>>& draft);
void read_shell_command(Reading& reading, const Cursor& value,
                        CommandDraft<std::variant<ArgvTemplate, ShellTemplate>>& draft);

}  // namespace minitor::config
