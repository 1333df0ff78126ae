// Listens, reads requests, sends what the handler answers. It knows no path and no monitor; it keeps
// every client within HttpLimits and never blocks or leaves the loop that it was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "minitor/web/http_limits.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/unix_door.hpp"

namespace boost::asio {
class io_context;
}

namespace minitor {

// Answers one request: on the loop, at once or later. A second call, and one that comes when the client
// has gone or its time is up, does nothing.
using HttpReply = std::function<void(HttpResponse)>;

// Called on the loop, once a request. What it throws becomes a 500; a request whose reply is not called
// within HttpLimits::request_time is answered with a 503.
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

struct ListenAddress {
  std::string address;  // "127.0.0.1", "::1"; empty: every address of this machine, IPv6 and IPv4
  std::uint16_t port = 0;  // 0: any free one
};

// "127.0.0.1:8080", "[::1]:8080", "*:8080"
[[nodiscard]] std::string describe(const ListenAddress& listen);

struct ListenFailure {
  std::string reason;  // "cannot listen on 127.0.0.1:8080: Address already in use"
};

class HttpServer final {
 public:
  // Listens from now on; the loop must outlive the server. Fails when the address is none, is not of
  // this machine, or is taken.
  [[nodiscard]] static std::variant<std::unique_ptr<HttpServer>, ListenFailure> start(
      boost::asio::io_context& loop, const ListenAddress& listen, HttpHandler handler,
      const HttpLimits& limits = {});

  // The same on a socket in the file system, which unix_door.hpp describes.
  [[nodiscard]] static std::variant<std::unique_ptr<HttpServer>, UnixDoor::Failure> start_at(
      boost::asio::io_context& loop, const std::string& path, HttpHandler handler,
      const HttpLimits& limits = {});

  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Closes the listener and every connection at once, unsent responses too. The handler is not called
  // again. May be called from the handler, and twice.
  void stop();

  // Sends `event` to every live stream.
  void publish(const std::string& event);

  // Where it really listens: the port is never 0.
  [[nodiscard]] const ListenAddress& listening() const;
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t live_connections() const;

 private:
  class Listener;
  explicit HttpServer(std::shared_ptr<Listener> listener);
  std::shared_ptr<Listener> listener_;
};

}  // namespace minitor
