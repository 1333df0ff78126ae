// The secret from which addresses of heartbeats are derived and with which links in messages are signed: a
// file beside the history, made once, so that both outlive restarts and a damaged history.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "minitor/core/config.hpp"

namespace minitor {

// Where it is kept: minitor.key beside minitor.db.
[[nodiscard]] std::string secret_file(const std::string& history);

struct SecretTrouble {
  std::string reason;  // in words, with the file
};
enum class MissingSecret : std::uint8_t { make, refuse };

// 64 hexadecimal digits from `file`. Where there is none, and that is wanted, it is made, with mode 0600, and
// whole or not at all; of two who make it at once both read the same. A file that others may read is no
// secret, and is not used.
[[nodiscard]] std::variant<std::string, SecretTrouble> read_secret(const std::string& file,
                                                                   MissingSecret missing);

// One for this run alone, where no history is kept. Empty: the kernel gives no random numbers.
[[nodiscard]] std::string random_secret();

// Whether a heartbeat of this configuration has no token of its own.
[[nodiscard]] bool needs_heartbeat_secret(const Config& config);

}  // namespace minitor
