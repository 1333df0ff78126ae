// The secret from which the addresses of heartbeats are derived: a file beside the history, made once, so
// that the addresses outlive restarts and a damaged history.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "minitor/core/config.hpp"

namespace minitor {

// Whether a heartbeat of this configuration has no token of its own.
[[nodiscard]] bool needs_heartbeat_secret(const Config& config);

// Where it is kept: minitor.key beside minitor.db.
[[nodiscard]] std::string heartbeat_secret_file(const std::string& history);

struct SecretTrouble {
  std::string reason;  // in words, with the file
};
enum class MissingSecret : std::uint8_t { make, refuse };

// Reads it; makes one, for its owner alone to read, where there is none and that is wanted.
[[nodiscard]] std::variant<std::string, SecretTrouble> heartbeat_secret(const std::string& file,
                                                                        MissingSecret missing);

}  // namespace minitor
