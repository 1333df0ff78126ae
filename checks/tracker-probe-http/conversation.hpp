// What conversations with one address have in common, HTTP or WebSocket, and what they may use.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "checks/net/resolver.hpp"
#include "checks/tracker-probe/address_probe.hpp"

namespace tracker_probe {

class CurlLoop;

/// The module's thread and the services on it. Outlives every conversation.
struct ConversationHost {
  boost::asio::io_context& loop;
  CurlLoop& curl;
  const ProbeOptions& options;
  /// Empty unless packets are to be shown.
  std::function<void(Direction, const Endpoint&, std::string_view protocol, std::string_view bytes)>
      trace;
  /// Answers on this thread; may answer after the asker is gone.
  std::function<void(const std::string& host, Family, checks::net::Resolver::Callback)> resolve;
  /// Trusted certificates, read once; belongs to byte_stream.cpp.
  std::shared_ptr<void> tls_context;
};

/// How a conversation speaks to its owner.
struct ConversationEvents {
  /// The verdict; called once, unless abandoned.
  std::function<void(AddressResult)> done;
  /// Nothing more will be sent; the conversation may be destroyed. After `done`, or after
  /// abandon().
  std::function<void()> over;
};

class Conversation {
 public:
  virtual ~Conversation() = default;
  /// Called once, right after construction. Calls no event from inside.
  virtual void start() = 0;
  /// No verdict is wanted any more: send the stops that are owed without waiting for answers. May
  /// call `over` from inside.
  virtual void abandon() = 0;
};

[[nodiscard]] std::unique_ptr<Conversation> make_http_conversation(ConversationHost& host,
                                                                   ProbeTask task,
                                                                   ConversationEvents events);
[[nodiscard]] std::unique_ptr<Conversation> make_ws_conversation(ConversationHost& host,
                                                                 ProbeTask task,
                                                                 ConversationEvents events);

/// Collects what one address showed and brings it into the form of an AddressResult.
class Verdict {
 public:
  AddressResult result;

  /// Adds a finding: the worst one becomes the error (the first among equals), the others notes.
  void add(Finding finding);
  void add(std::vector<Finding> findings);
  /// An error or a warning was added.
  [[nodiscard]] bool failed() const;
  /// Sets state and error. Call once, at the end.
  [[nodiscard]] AddressResult take();

 private:
  std::vector<Finding> findings_;
};

/// A timer that rings for the last time it was set and never after its end: Asio calls the handler
/// of a timer that has expired even when the timer was set anew or destroyed in the meantime.
class Alarm {
 public:
  Alarm(boost::asio::io_context& loop, std::function<void()> ring)
      : timer_(loop), ring_(std::move(ring)) {}
  void set(Instant when);
  void cancel();

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> ring_;
  std::shared_ptr<std::uint64_t> setting_ = std::make_shared<std::uint64_t>(0);
};

/// How much earlier than the deadline a conversation ends, so that its verdict arrives in time and the
/// clean-up that follows a timeout does not run into the program's watchdog.
inline constexpr std::chrono::milliseconds verdict_margin{50};
/// How long clean-up may go on after the verdict.
inline constexpr std::chrono::milliseconds clean_up_time{2000};

}  // namespace tracker_probe
