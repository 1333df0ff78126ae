#include "minitor/web/wrong_tokens.hpp"

#include <algorithm>
#include <string_view>

namespace minitor {

std::string client_of(const HttpRequest& request) {
  constexpr std::size_t kMostBytes = 64;
  const bool here = request.peer.starts_with("127.") || request.peer == "::1" ||
                    request.peer.starts_with("::ffff:127.");
  std::string_view last = request.header("X-Forwarded-For");
  if (!here || last.empty()) return request.peer;
  last = last.substr(last.rfind(',') + 1);
  while (!last.empty() && last.front() == ' ') last.remove_prefix(1);
  while (!last.empty() && last.back() == ' ') last.remove_suffix(1);
  return std::string{last.substr(0, kMostBytes)};
}

WrongTokens::Client& WrongTokens::renewed(const std::string& client, Monotonic now) {
  Client& one = clients_[client];
  if (one.count == 0) one.since = now;
  const auto back = std::min<Duration::rep>((now - one.since) / kWrongTokenBack, one.count);
  one.count -= static_cast<int>(back);
  one.since += kWrongTokenBack * back;
  return one;
}

bool WrongTokens::may_try(const std::string& client, Monotonic now) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return true;
  if (renewed(client, now).count > 0) return found->second.count < kWrongTokensAtOnce;
  clients_.erase(found);
  return true;
}

void WrongTokens::wrong(const std::string& client, Monotonic now) {
  if (client.empty()) return;
  if (clients_.size() >= kWrongClients && !clients_.contains(client)) {
    clients_.erase(std::min_element(
        clients_.begin(), clients_.end(),
        [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  ++renewed(client, now).count;
}

}  // namespace minitor
