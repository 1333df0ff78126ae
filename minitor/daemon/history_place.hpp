// Where the history of a configuration is kept when it does not say so itself.
#pragma once

#include <optional>
#include <string>

#include "minitor/core/config.hpp"

namespace minitor {

// The path of the file, or none for memory. By default, the first of these that is there: the folder
// that systemd made for us ($STATE_DIRECTORY), /var/lib/minitor where it may be written to,
// $XDG_STATE_HOME/minitor; else minitor.db in the folder of `config_file`.
[[nodiscard]] std::optional<std::string> history_path(const HistorySettings& settings,
                                                      const std::string& config_file);

// This boot of the machine, told from every other; empty where the kernel does not say.
[[nodiscard]] std::string boot_id();

}  // namespace minitor
