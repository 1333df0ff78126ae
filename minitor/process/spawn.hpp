// The one place where a process is born.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <variant>

#include "minitor/core/command.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor {

// A child in a session and process group of its own (its pid names both), with default signals, no
// descriptor but its three, stdout and stderr in one pipe.
struct Spawned {
  pid_t pid = -1;
  int output = -1;  // the pipe's read end, non-blocking; the caller's to close
};

// Starts `command` with `input` on stdin (empty: /dev/null). Never blocks on the child. A program
// without a slash is looked up in the PATH that the child will have.
[[nodiscard]] std::variant<Spawned, NotStarted> spawn(const Command& command, std::string_view input);

}  // namespace minitor
