// Where the control socket of a configuration is, for the daemon and for those who look for it.
#pragma once

#include <optional>
#include <string>

#include "minitor/core/config.hpp"

namespace minitor {

// The path, or none when it is switched off. By default it stands beside the history and has its name
// (minitor.db: minitor.sock); where the history is in memory, beside the configuration and has that one's.
[[nodiscard]] std::optional<std::string> control_path(const Config& config,
                                                      const std::string& config_file);

}  // namespace minitor
