// What one client may ask of the server, and all of them together: each limit with its name and number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace minitor {

struct HttpLimits {
  std::uint32_t header_bytes = 16 * 1024;  // request line and headers; beyond: 431
  std::uint64_t body_bytes = 64 * 1024;    // beyond: 413
  // What a heartbeat may bring, such as the log of a job; of more than body_bytes only so much is kept.
  std::uint64_t ping_body_bytes = 1024 * 1024;  // beyond: 413
  // Beyond: the connection that has waited longest for its client gives way; when all are being
  // answered, the new one is closed.
  std::size_t connections = 256;
  // Responses not yet taken by their clients, all connections together; beyond: 503. A single
  // response may be larger. One of small_bytes at most is not counted, so that /healthz is answered
  // whoever does not read.
  std::size_t unsent_bytes = 32 * 1024 * 1024;
  std::size_t small_bytes = 8 * 1024;
  std::chrono::milliseconds idle_time{75'000};  // from one request to the next
  std::chrono::milliseconds request_time{
      30'000};  // first byte of a request to last of the response
  // After a response that ends the connection we read on this long and this much, so that a client
  // that still sends gets to see the response instead of a reset.
  std::chrono::milliseconds linger_time{2'000};
  std::size_t linger_bytes = 256 * 1024;
  // Streams of live events: more of them get a 503; one whose client does not take what it is sent, up
  // to live_bytes or for a whole live_pulse, is closed. An empty line goes out every live_pulse.
  std::size_t live_connections = 64;
  std::size_t live_bytes = 64 * 1024;
  std::chrono::milliseconds live_pulse{15'000};
  std::chrono::milliseconds accept_pause{200};  // when descriptors or memory ran out
};

}  // namespace minitor
