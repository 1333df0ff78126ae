// One client: its requests one after the other, each wait under a deadline.
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "minitor/web/http_limits.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/http_server.hpp"
#include "minitor/web/request_reader.hpp"

namespace minitor {

class HttpConnection;

// What a connection shares with the others and asks of who accepted it.
class HttpConnectionOwner {
 public:
  virtual ~HttpConnectionOwner() = default;
  [[nodiscard]] virtual const HttpLimits& limits() const = 0;
  virtual void answer(const HttpRequest& request, HttpReply reply) = 0;
  // False: there are as many live streams as there may be.
  [[nodiscard]] virtual bool may_go_live() const = 0;
  // Claims memory for a response until returned. False: too much is waiting already.
  [[nodiscard]] virtual bool claim_unsent(std::size_t bytes) = 0;
  virtual void return_unsent(std::size_t bytes) = 0;
  virtual void closed(const HttpConnection& connection) = 0;
};

class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  enum class Phase : std::uint8_t {
    idle,       // waits for the first byte of a request
    reading,    // a part of a request has come
    answering,  // its request is with the handler
    live,       // a stream of events without an end
    writing,    // the response is on its way
    draining,   // the last response is sent; reads on so that it is not lost in a reset
    closed,
  };

  HttpConnection(std::shared_ptr<HttpConnectionOwner> owner, Socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();
  void close();
  // The next piece of a live stream; of no effect on any other.
  void push(const std::string& event);

  [[nodiscard]] Phase phase() const { return phase_; }
  // When the present phase began.
  [[nodiscard]] std::chrono::steady_clock::time_point since() const { return since_; }

 private:
  void enter(Phase phase, std::chrono::milliseconds limit);
  void wait_for_bytes();
  void on_readable();
  void on_deadline();
  void advance(RequestReader::Progress progress);
  void respond();
  void answered(std::uint64_t request, HttpResponse response);
  void go_live(const HttpResponse& response);
  void flush();
  void refuse(int status);
  void send_continue();
  void send(HttpResponse response, bool keep_alive, bool head_only);
  void on_sent(bool keep_alive);
  void release_response();

  std::shared_ptr<HttpConnectionOwner> owner_;
  Socket socket_;
  boost::asio::steady_timer deadline_;
  RequestReader reader_;
  Phase phase_ = Phase::idle;
  std::chrono::steady_clock::time_point since_;
  std::string head_;
  std::string body_;
  std::size_t claimed_ = 0;
  std::size_t drained_ = 0;
  std::uint64_t request_ = 0;  // counts those of this connection
  bool head_only_ = false;
  std::string waiting_;  // of a live stream, for the next write
  bool flushing_ = false;
  bool flushed_since_pulse_ = true;
};

}  // namespace minitor
