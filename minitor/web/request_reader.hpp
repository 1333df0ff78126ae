// Bytes in, requests out: the grammar of HTTP/1.x requests without a socket. Its .cpp is the one
// include of Beast.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "minitor/web/http_limits.hpp"
#include "minitor/web/http_message.hpp"

namespace minitor {

class RequestReader final {
 public:
  enum class Progress : std::uint8_t {
    needs_more,      // feed() more bytes
    wants_continue,  // as above, and the client waits for "100 Continue" before it sends the body
    complete,        // take() the request
    refused,         // answer with refusal() and end the connection: what follows has no meaning
  };

  explicit RequestReader(const HttpLimits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Takes the next bytes of the connection, at most some KiB at a time: what is behind the end of a
  // request is kept for the next. Not after complete or refused.
  [[nodiscard]] Progress feed(std::string_view bytes);

  // The request that is complete. The reader then goes on with the next: feed({}) says whether that
  // has already come (pipelining).
  [[nodiscard]] HttpRequest take();

  // Whether the client wants the connection kept after the request last taken.
  [[nodiscard]] bool keep_alive() const;
  // Whether bytes of a request have come that is not yet complete.
  [[nodiscard]] bool started() const;
  // The status of the refusal: 400, 413, 417, 431 or 505.
  [[nodiscard]] int refusal() const;

 private:
  struct Parsing;
  std::unique_ptr<Parsing> parsing_;
};

}  // namespace minitor
