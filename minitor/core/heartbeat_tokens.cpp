#include "minitor/core/heartbeat_tokens.hpp"

#include "minitor/core/sha256.hpp"

namespace minitor {

std::string heartbeat_token(const Monitor& monitor, std::string_view secret) {
  if (!monitor.heartbeat->token.empty()) return monitor.heartbeat->token;
  return hex(hmac_sha256(secret, "heartbeat\n" + monitor.name)).substr(0, kDerivedToken);
}

std::optional<MonitorId> HeartbeatTokens::find(const std::shared_ptr<const Config>& config,
                                               std::string_view token) {
  if (config_ != config) {
    config_ = config;
    by_digest_.clear();
    for (std::uint32_t i = 0; i < config->monitors.size(); ++i) {
      const Monitor& monitor = config->monitors[i];
      if (!monitor.heartbeat || (monitor.heartbeat->token.empty() && secret_.empty())) continue;
      by_digest_.emplace(hex(sha256(heartbeat_token(monitor, secret_))), MonitorId{i});
    }
  }
  const auto found = by_digest_.find(hex(sha256(token)));
  if (found == by_digest_.end()) return std::nullopt;
  return found->second;
}

}  // namespace minitor
