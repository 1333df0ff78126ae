#include "checks/tracker-probe-http/ws_link.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/byte_stream.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using beast::error_code;
using checks::net::clean_text;
using std::chrono::duration_cast;
using std::chrono::steady_clock;

/// Without permessage-deflate, which no tracker needs and which is one more parser of hostile
/// bytes.
using WebSocket = websocket::stream<ByteStream, false>;

// How Beast ends a connection after an error. Its own way waits for the server to close, and a
// hostile one never does; ours does not wait.
template <typename Handler>
void async_teardown(beast::role_type, ByteStream& stream, Handler&& handler) {
  stream.close();
  asio::post(stream.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}
inline void teardown(beast::role_type, ByteStream& stream, error_code&) { stream.close(); }
inline void beast_close_socket(ByteStream& stream) { stream.close(); }

namespace {

std::string basic_credentials(const std::string& credentials) {
  std::string out(4 * ((credentials.size() + 2) / 3) + 1, '\0');
  const auto* bytes = reinterpret_cast<const unsigned char*>(credentials.data());
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes,
                                   static_cast<int>(credentials.size()));
  out.resize(static_cast<std::size_t>(size));
  return "Basic " + out;
}

bool was_reset(const error_code& error) {
  return error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::error::connection_aborted;
}

Finding upgrade_problem(const error_code& error, const websocket::response_type& response) {
  if (was_reset(error)) return critical("tcp.reset", "connection reset during WebSocket upgrade");
  const auto refused = [](std::string text) { return critical("ws.upgrade", std::move(text)); };
  const auto status = response.result_int();
  if (error == websocket::error::upgrade_declined)
    return refused(
        fmt::format("WebSocket upgrade refused: HTTP {}{}", status,
                    status >= 300 && status < 400 ? " (redirects are not followed)" : ""));
  if (error == websocket::error::bad_sec_accept) return refused("bad Sec-WebSocket-Accept");
  if (error == websocket::error::no_sec_accept) return refused("no Sec-WebSocket-Accept");
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return refused("server closed the connection during the WebSocket upgrade");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refused("header of the WebSocket upgrade is too large");
  if (error.category() == make_error_code(http::error::bad_version).category())
    return refused(fmt::format("reply to the WebSocket upgrade is not HTTP ({})", error.message()));
  return refused(fmt::format("WebSocket upgrade failed: {}", clean_text(error.message())));
}

Finding read_problem(const error_code& error, const websocket::close_reason& reason) {
  if (error == websocket::error::closed) {
    if (reason.code == websocket::close_code::none)
      return critical("ws.closed", "closed by the server without a code");
    const std::string_view words(reason.reason.data(), reason.reason.size());
    return critical("ws.closed",
                    words.empty()
                        ? fmt::format("closed with {}", static_cast<unsigned>(reason.code))
                        : fmt::format("closed with {} \"{}\"", static_cast<unsigned>(reason.code),
                                      clean_text(words)));
  }
  if (was_reset(error)) return critical("tcp.reset", "connection reset");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == http::error::end_of_stream)
    return critical("ws.closed", "connection closed without a close frame");
  const auto broken = [](std::string text) { return critical("ws.protocol", std::move(text)); };
  if (error == asio::error::message_size)
    return broken(fmt::format("server sent more than {} bytes", WsLimits::bytes));
  if (error == websocket::error::bad_masked_frame) return broken("server sent a masked frame");
  if (error == websocket::error::bad_reserved_bits)
    return broken("server sent a frame with RSV bits");
  if (error == websocket::error::bad_frame_payload)
    return broken("server sent text that is not UTF-8");
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
    return broken("server sent a message larger than the limit");
  if (error == websocket::error::bad_control_fragment)
    return broken("server sent a fragmented control frame");
  if (error == websocket::error::bad_control_size)
    return broken("server sent an oversized control frame");
  return broken(fmt::format("WebSocket broken: {}", clean_text(error.message())));
}

class Link final : public WsLink, public std::enable_shared_from_this<Link> {
 public:
  Link(ConversationHost& host, WsTarget target, WsLinkEvents events)
      : host_(host),
        target_(std::move(target)),
        events_(std::move(events)),
        stream_(host, target_.endpoint, WsLimits::bytes) {
    witness_ = std::make_shared<TlsWitness>(target_.host);
  }

  void connect() override;
  void send(std::string text) override;
  void close() override;
  void drop() override;

 private:
  [[nodiscard]] ByteStream& bytes() { return stream_.next_layer(); }
  void connected(const error_code& error);
  void secure();
  void secured(const error_code& error);
  void upgrade();
  void upgraded(const error_code& error);
  void read();
  void was_read(const error_code& error);
  void write();
  void written(const error_code& error);
  void finish_close();
  void fail(Finding finding);
  void fail_later(Finding finding);
  Microseconds lap();

  /// A handler that keeps this link alive.
  template <typename Method>
  auto call(Method method) {
    return [self = shared_from_this(), method](const error_code& error, auto&&...) {
      if (self->stage_ != Stage::ended) ((*self).*method)(error);
    };
  }

  ConversationHost& host_;
  WsTarget target_;
  WsLinkEvents events_;
  WebSocket stream_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
  bool writing_ = false;
  bool closing_ = false;
  unsigned control_frames_ = 0;
  Instant lap_ = steady_clock::now();
};

Microseconds Link::lap() {
  const auto now = steady_clock::now();
  return duration_cast<Microseconds>(now - std::exchange(lap_, now));
}

void Link::fail(Finding finding) {
  stage_ = Stage::ended;
  bytes().close();
  if (const auto failed = std::move(events_.failed)) failed(std::move(finding));
}

/// From inside one of Beast's own calls.
void Link::fail_later(Finding finding) {
  asio::post(host_.loop, [self = shared_from_this(), finding = std::move(finding)] {
    if (self->stage_ != Stage::ended) self->fail(finding);
  });
}

void Link::drop() {
  stage_ = Stage::ended;
  events_ = {};
  bytes().close();
}

void Link::connect() {
  if (target_.tls && !bytes().prepare_tls())
    return fail_later(Finding{"local.ca_file", State::unknown,
                              "cannot read the file of trusted certificates", false});
  stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                     websocket::stream_base::none(), false});
  stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(http::field::user_agent, host_.options.user_agent);
    if (!target_.credentials.empty())
      request.set(http::field::authorization, basic_credentials(target_.credentials));
  }));
  stream_.read_message_max(host_.options.limits.max_ws_message);
  stream_.control_callback([this](websocket::frame_type, beast::string_view) {
    if (++control_frames_ == WsLimits::control_frames)
      fail_later(
          critical("ws.protocol", fmt::format("server sent {} control frames", control_frames_)));
  });
  lap();
  bytes().connect(call(&Link::connected));
}

void Link::connected(const error_code& error) {
  if (error) {
    if (auto known = socket_problem(error.value(), target_.endpoint.address.family))
      return fail(std::move(*known));
    return fail(critical("tcp.unreachable", fmt::format("cannot connect: {}", error.message())));
  }
  connect_time_ = lap();
  secure();
}

void Link::secure() {
  if (!target_.tls) return upgrade();
  stage_ = Stage::tls;
  bytes().secure(target_.host, *witness_, call(&Link::secured));
}

void Link::secured(const error_code& error) {
  if (error) {
    if (was_reset(error)) return fail(critical("tcp.reset", "connection reset during TLS"));
    const auto now = std::chrono::system_clock::now();
    if (auto problem = certificate_problem(witness_->sight(), target_.host, now))
      return fail(std::move(*problem));
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
      return fail(
          critical("tls.handshake", "TLS handshake failed: the server closed the connection"));
    return fail(handshake_problem(error.message()));
  }
  tls_time_ = lap();
  upgrade();
}

void Link::upgrade() {
  stage_ = Stage::upgrade;
  stream_.async_handshake(response_, target_.authority, target_.path, call(&Link::upgraded));
}

void Link::upgraded(const error_code& error) {
  detail_.status = static_cast<int>(response_.result_int());
  if (error) return fail(upgrade_problem(error, response_));
  upgrade_time_ = lap();
  stage_ = Stage::open;
  stream_.text(true);
  read();
  write();
  if (events_.open) events_.open();
}

void Link::read() { stream_.async_read(buffer_, call(&Link::was_read)); }

void Link::was_read(const error_code& error) {
  if (error) {
    if (error == websocket::error::closed && stream_.reason().code != websocket::close_code::none)
      detail_.close_code = static_cast<int>(stream_.reason().code);
    if (closing_) return;  // the end of the close that we began
    return fail(read_problem(error, stream_.reason()));
  }
  ++detail_.messages;
  detail_.bytes += buffer_.size();
  if (detail_.messages > WsLimits::messages)
    return fail(critical("ws.protocol",
                         fmt::format("server sent more than {} messages", WsLimits::messages)));
  if (!stream_.got_text()) return fail(critical("ws.protocol", "server sent a binary message"));
  const auto data = buffer_.data();
  const std::string text(static_cast<const char*>(data.data()), data.size());
  buffer_.consume(buffer_.size());
  if (host_.trace) host_.trace(Direction::received, target_.endpoint, "ws", text);
  if (!closing_ && events_.message) events_.message(text);
  if (stage_ != Stage::ended) read();
}

void Link::send(std::string text) {
  queue_.push_back(std::move(text));
  write();
}

void Link::write() {
  if (writing_ || stage_ != Stage::open || queue_.empty()) return;
  writing_ = true;
  if (host_.trace) host_.trace(Direction::sent, target_.endpoint, "ws", queue_.front());
  stream_.async_write(asio::buffer(queue_.front()), call(&Link::written));
}

void Link::written(const error_code& error) {
  writing_ = false;
  if (error) {
    if (closing_) return finish_close();
    return;  // the read that is under way says what happened
  }
  queue_.pop_front();
  if (!queue_.empty()) return write();
  if (closing_) finish_close();
}

void Link::close() {
  if (closing_) return;
  closing_ = true;
  if (!writing_) finish_close();
}

/// Sends the close frame and waits for the other one; whoever is in a hurry calls drop().
void Link::finish_close() {
  stream_.async_close(websocket::close_code::normal,
                      [self = shared_from_this()](const error_code&) {
                        if (self->stage_ == Stage::ended) return;
                        self->stage_ = Stage::ended;
                        self->bytes().close();
                        if (const auto closed = std::move(self->events_.closed)) closed();
                      });
}

}  // namespace

Finding WsLink::timeout(std::string_view waiting_for, Microseconds since, unsigned ignored) const {
  const auto time = seconds_text(since);
  switch (stage_) {
    case Stage::tcp: return critical("tcp.timeout", fmt::format("no TCP answer in {}", time));
    case Stage::tls:
      return critical("tls.timeout", fmt::format("TCP connected but no TLS answer in {}", time));
    case Stage::upgrade:
      return critical("ws.timeout", fmt::format("no answer to the WebSocket upgrade in {}", time));
    case Stage::open:
    case Stage::ended: break;
  }
  const auto others = ignored > 0 ? fmt::format(" ({} other messages came)", ignored) : "";
  return critical("ws.timeout", fmt::format("no {} in {}{}", waiting_for, time, others));
}

std::shared_ptr<WsLink> make_ws_link(ConversationHost& host, WsTarget target, WsLinkEvents events) {
  return std::make_shared<Link>(host, std::move(target), std::move(events));
}

}  // namespace tracker_probe
