// One WebSocket connection (RFC 6455) to one address: TCP, TLS, upgrade, text messages. All of
// Beast stands in ws_link.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/tls_witness.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

/// What one connection may take from us.
struct WsLimits {
  static constexpr std::size_t bytes = 1024 * 1024;  ///< received in all, TLS included
  static constexpr unsigned control_frames = 100;
  static constexpr unsigned messages = 1000;
};

struct WsTarget {
  bool tls = false;
  std::string host;         ///< for SNI and the certificate, without brackets
  std::string authority;    ///< for the Host header
  std::string path;         ///< with the query
  std::string credentials;  ///< "user:password" or empty
  Endpoint endpoint;
};

/// What happens on a link. No event comes from inside a call to the link, and none after `failed`
/// or drop().
struct WsLinkEvents {
  std::function<void()> open;                          ///< the upgrade is done
  std::function<void(std::string_view text)> message;  ///< a whole text message
  std::function<void(Finding)> failed;  ///< `tcp.*`, `tls.*`, `ws.*` or `local.*`; it is closed
  std::function<void()> closed;         ///< after close(): everything has been sent
};

class WsLink {
 public:
  virtual ~WsLink() = default;

  virtual void connect() = 0;
  /// Queues a text message.
  virtual void send(std::string text) = 0;
  /// Sends what is queued and a close frame, then calls `closed`. Not to be called before `open`.
  virtual void close() = 0;
  /// Ends at once and silently; no event comes any more.
  virtual void drop() = 0;

  /// The time is over: what it was waiting for, as a finding. `since` is how long it waited,
  /// `ignored` the number of messages that came and were not for us.
  [[nodiscard]] Finding timeout(std::string_view waiting_for, Microseconds since,
                                unsigned ignored) const;

  [[nodiscard]] const TlsSight& tls() const { return witness_->sight(); }
  [[nodiscard]] const WsDetail& detail() const { return detail_; }
  [[nodiscard]] std::optional<Microseconds> connect_time() const { return connect_time_; }
  [[nodiscard]] std::optional<Microseconds> tls_time() const { return tls_time_; }
  [[nodiscard]] std::optional<Microseconds> upgrade_time() const { return upgrade_time_; }
  [[nodiscard]] bool is_open() const { return stage_ == Stage::open; }

 protected:
  enum class Stage { tcp, tls, upgrade, open, ended };

  Stage stage_ = Stage::tcp;
  WsDetail detail_;
  std::shared_ptr<TlsWitness> witness_;
  std::optional<Microseconds> connect_time_;
  std::optional<Microseconds> tls_time_;
  std::optional<Microseconds> upgrade_time_;
};

[[nodiscard]] std::shared_ptr<WsLink> make_ws_link(ConversationHost& host, WsTarget target,
                                                   WsLinkEvents events);

}  // namespace tracker_probe
