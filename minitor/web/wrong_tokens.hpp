// Guessing made slow: who brought too many wrong tokens is not listened to for a while, whatever the next
// one is. Addresses of heartbeats are not counted: a job that is told to use an old one must not silence
// others behind the same address, and a token of 16 characters is not guessed.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "minitor/core/moment.hpp"
#include "minitor/web/http_message.hpp"

namespace minitor {

// Wrong tokens that one client may bring at once; then one more each kWrongTokenBack.
inline constexpr int kWrongTokensAtOnce = 10;
inline constexpr Duration kWrongTokenBack = std::chrono::seconds{10};
// So many clients are remembered; beyond, the one is forgotten that was wrong longest ago.
inline constexpr std::size_t kWrongClients = 1000;

// Who asks: the address of the connection. A proxy on this machine says for whom it asks, in the last
// entry of X-Forwarded-For. Empty: nobody who could be counted.
[[nodiscard]] std::string client_of(const HttpRequest& request);

class WrongTokens {
 public:
  // Whether a token of this client is looked at.
  [[nodiscard]] bool may_try(const std::string& client, Monotonic now);
  // It was wrong.
  void wrong(const std::string& client, Monotonic now);

 private:
  struct Client {
    int count = 0;
    Monotonic since;  // from when on the next one is given back
  };
  [[nodiscard]] Client& renewed(const std::string& client, Monotonic now);
  std::map<std::string, Client> clients_;
};

}  // namespace minitor
