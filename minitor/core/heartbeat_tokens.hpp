// By which address a heartbeat comes: its token, of its own or derived from a secret that is kept beside
// the history. A token names one monitor and opens nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "minitor/core/config.hpp"

namespace minitor {

// Characters of a token that is derived: 128 bits in hexadecimal digits.
inline constexpr std::size_t kDerivedToken = 32;

// The token of a monitor that is a heartbeat. Derived ones follow from `secret` and the name of the
// monitor: they are the same after a restart, and another when the monitor is renamed.
[[nodiscard]] std::string heartbeat_token(const Monitor& monitor, std::string_view secret);

// Whose a token is. Knows the tokens of the configuration that it was asked about last.
class HeartbeatTokens {
 public:
  // `secret` may be empty where every heartbeat has a token of its own.
  explicit HeartbeatTokens(std::string secret) : secret_(std::move(secret)) {}

  [[nodiscard]] std::optional<MonitorId> find(const std::shared_ptr<const Config>& config,
                                              std::string_view token);
  // A reload may bring the first heartbeat that has no token of its own.
  [[nodiscard]] bool has_secret() const { return !secret_.empty(); }
  void learn(std::string secret) {
    secret_ = std::move(secret);
    config_ = nullptr;
  }

 private:
  std::string secret_;
  std::shared_ptr<const Config> config_;
  // By what the token hashes to: how long it takes to compare says nothing of the token.
  std::unordered_map<std::string, MonitorId> by_digest_;
};

}  // namespace minitor
