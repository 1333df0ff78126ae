// One request and the redirects it leads to. Redirects are followed here and not by libcurl, so
// that each hop obeys the rules: five at most, http and https only, never from https to http, never
// from a public address into a private network, credentials only to the host they were given for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/http_transfer.hpp"

namespace tracker_probe {

struct HttpExchangeResult {
  HttpOutcome outcome;             ///< of the last hop
  std::optional<Finding> problem;  ///< no complete reply, or a redirect that is not followed
  unsigned redirects = 0;
  std::string final_url;         ///< where the last hop went, raw; empty without redirects
  Microseconds connect_time{0};  ///< of the first hop
  Microseconds tls_time{0};
  bool request_sent = false;  ///< on any hop: the tracker may have heard us
};

class HttpExchange {
 public:
  using Done = std::function<void(HttpExchangeResult)>;

  /// `done` is called once, never from inside the constructor. Destroying the exchange cancels it.
  /// `sending`, if given, is called when a hop's request goes out; it may not destroy the exchange.
  HttpExchange(ConversationHost& host, HttpAsk ask, Done done, std::function<void()> sending = {});

  /// The time is over: cancels and says how far it came. `done` is not called.
  [[nodiscard]] HttpExchangeResult give_up();

 private:
  void send();
  void replied(HttpOutcome outcome);
  void redirect();
  void resolved(const checks::net::DnsAnswer& answer);
  void go_on(Endpoint endpoint);
  void finish(std::optional<Finding> problem);
  void note(const HttpOutcome& outcome);

  ConversationHost& host_;
  HttpAsk ask_;
  HttpAsk next_;  ///< the redirect that is being prepared
  Done done_;
  std::function<void()> sending_;
  HttpExchangeResult result_;
  std::unique_ptr<HttpTransfer> transfer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< late resolver answers look at it
};

}  // namespace tracker_probe
