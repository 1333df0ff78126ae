// Runs some commands to their ends, outside of the engine: for `minitor test` and `minitor alert`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "minitor/core/command.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor {

struct RunOnce {
  std::shared_ptr<const Command> command;
  std::string input;
};

// All outcomes, in the order of `runs`; at most `max_concurrent` at a time. SIGINT and SIGTERM end
// what runs and start nothing more (Stopped). Blocks.
[[nodiscard]] std::vector<CommandOutcome> run_to_the_end(const std::vector<RunOnce>& runs,
                                                         int max_concurrent);

}  // namespace minitor
