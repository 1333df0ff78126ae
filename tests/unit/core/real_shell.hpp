// Real shells for tests of shell text: what a text prints, and whether it left anything behind.
#pragma once

#include <string>
#include <vector>

#include "minitor/core/command.hpp"

namespace minitor {

struct ShellRun {
  std::string output;             // stdout
  int exit_code = 0;              // 128 + signal where one ended it
  std::vector<std::string> left;  // files in the directory where it ran, which began empty
};

// The shells that this machine has: dash, bash, bash as sh.
[[nodiscard]] std::vector<std::vector<std::string>> real_shells();

// Runs `text` in an empty directory with nothing but `environment` and PATH.
[[nodiscard]] ShellRun run_shell(const std::vector<std::string>& shell, const std::string& text,
                                 const Environment& environment);

}  // namespace minitor
