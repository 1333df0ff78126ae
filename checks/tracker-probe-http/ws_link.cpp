#include "checks/tracker-probe-http/ws_link.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using beast::error_code;
using checks::net::clean_text;
using std::chrono::duration_cast;
using std::chrono::steady_clock;

/// Counts what comes in and limits nothing; at WsLimits::bytes it calls for help.
class CountingPolicy {
 public:
  std::function<void()> too_much;

 private:
  friend class beast::rate_policy_access;
  std::size_t available_read_bytes() const { return std::numeric_limits<std::size_t>::max(); }
  std::size_t available_write_bytes() const { return std::numeric_limits<std::size_t>::max(); }
  void transfer_read_bytes(std::size_t count) {
    received_ += count;
    if (received_ > WsLimits::bytes && too_much) std::exchange(too_much, nullptr)();
  }
  void transfer_write_bytes(std::size_t) {}
  void on_timer() {}
  std::size_t received_ = 0;
};

using Tcp = beast::basic_stream<tcp, asio::io_context::executor_type, CountingPolicy>;
using Tls = beast::ssl_stream<Tcp>;

/// Without permessage-deflate, which no tracker needs and which is one more parser of hostile
/// bytes.
template <typename Stream>
using WebSocket = websocket::stream<Stream, false>;

// How Beast ends a connection after an error. Its own way waits for the server to close, and a
// hostile one never does; ours does not wait.
template <typename Stream>
void end_now(Stream& stream) {
  error_code ignored;
  beast::get_lowest_layer(stream).socket().close(ignored);
}
template <typename Handler>
void async_teardown(beast::role_type, Tcp& stream, Handler&& handler) {
  end_now(stream);
  asio::post(stream.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}
template <typename Handler>
void async_teardown(beast::role_type, Tls& stream, Handler&& handler) {
  end_now(stream);
  asio::post(stream.get_executor(),
             beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}
inline void teardown(beast::role_type, Tcp& stream, error_code&) { end_now(stream); }
inline void teardown(beast::role_type, Tls& stream, error_code&) { end_now(stream); }

namespace {

int tls_minimum(std::string_view version) {
  if (version == "1.0") return TLS1_VERSION;
  if (version == "1.1") return TLS1_1_VERSION;
  if (version == "1.3") return TLS1_3_VERSION;
  return TLS1_2_VERSION;
}

/// The one TLS context of the module; reading the trusted certificates takes longer than a
/// handshake.
std::shared_ptr<asio::ssl::context> tls_context(ConversationHost& host) {
  if (!host.tls_context) {
    auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    const auto& tls = host.options.tls;
    SSL_CTX_set_min_proto_version(made->native_handle(), tls_minimum(tls.min_version));
    SSL_CTX_set_session_cache_mode(made->native_handle(), SSL_SESS_CACHE_OFF);
    error_code failed;
    if (tls.ca_file.empty()) {
      made->set_default_verify_paths(failed);  // honours SSL_CERT_FILE
    } else {
      made->load_verify_file(tls.ca_file, failed);
    }
    if (failed) return nullptr;
    host.tls_context = made;
  }
  return std::static_pointer_cast<asio::ssl::context>(host.tls_context);
}

tcp::endpoint asio_endpoint(const Endpoint& endpoint) {
  const auto address = to_sockaddr(endpoint);
  tcp::endpoint out;
  out.resize(address.length);
  std::memcpy(out.data(), address.get(), address.length);
  return out;
}

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

template <typename Stream>
class Link final : public WsLink, public std::enable_shared_from_this<Link<Stream>> {
 public:
  Link(ConversationHost& host, WsTarget target, WsLinkEvents events, WebSocket<Stream> stream)
      : host_(host),
        target_(std::move(target)),
        events_(std::move(events)),
        stream_(std::move(stream)) {
    witness_ = std::make_shared<TlsWitness>(target_.host);
  }

  void connect() override;
  void send(std::string text) override;
  void close() override;
  void drop() override;

 private:
  static constexpr bool is_tls = std::is_same_v<Stream, Tls>;

  bool prepare_socket(const tcp::endpoint& endpoint);
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
    return [self = this->shared_from_this(), method](const error_code& error, auto&&...) {
      if (self->stage_ != Stage::ended) ((*self).*method)(error);
    };
  }

  ConversationHost& host_;
  WsTarget target_;
  WsLinkEvents events_;
  WebSocket<Stream> stream_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> queue_;
  bool writing_ = false;
  bool closing_ = false;
  unsigned control_frames_ = 0;
  Instant lap_ = steady_clock::now();
};

template <typename Stream>
Microseconds Link<Stream>::lap() {
  const auto now = steady_clock::now();
  return duration_cast<Microseconds>(now - std::exchange(lap_, now));
}

template <typename Stream>
void Link<Stream>::fail(Finding finding) {
  stage_ = Stage::ended;
  end_now(stream_);
  if (const auto failed = std::move(events_.failed)) failed(std::move(finding));
}

/// From inside one of Beast's own calls.
template <typename Stream>
void Link<Stream>::fail_later(Finding finding) {
  asio::post(host_.loop, [self = this->shared_from_this(), finding = std::move(finding)] {
    if (self->stage_ != Stage::ended) self->fail(finding);
  });
}

template <typename Stream>
void Link<Stream>::drop() {
  stage_ = Stage::ended;
  events_ = {};
  end_now(stream_);
}

template <typename Stream>
bool Link<Stream>::prepare_socket(const tcp::endpoint& endpoint) {
  auto& socket = beast::get_lowest_layer(stream_).socket();
  const auto& options = host_.options;
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (!error && !options.interface.empty() &&
      setsockopt(socket.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, options.interface.c_str(),
                 static_cast<socklen_t>(options.interface.size())) != 0)
    error = error_code(errno, boost::system::system_category());
  if (!error && options.source && options.source->family == target_.endpoint.address.family)
    socket.bind(asio_endpoint(Endpoint{*options.source, 0}), error);
  if (!error) return true;
  asio::post(host_.loop, [self = this->shared_from_this(), error] {
    if (self->stage_ != Stage::ended) self->connected(error);
  });
  return false;
}

template <typename Stream>
void Link<Stream>::connect() {
  auto& lowest = beast::get_lowest_layer(stream_);
  lowest.rate_policy().too_much = [this] {
    fail_later(
        critical("ws.protocol", fmt::format("server sent more than {} bytes", WsLimits::bytes)));
  };
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
  const auto endpoint = asio_endpoint(target_.endpoint);
  if (!prepare_socket(endpoint)) return;
  lap();
  lowest.async_connect(endpoint, call(&Link::connected));
}

template <typename Stream>
void Link<Stream>::connected(const error_code& error) {
  if (error) {
    if (auto known = socket_problem(error.value(), target_.endpoint.address.family))
      return fail(std::move(*known));
    return fail(critical("tcp.unreachable", fmt::format("cannot connect: {}", error.message())));
  }
  connect_time_ = lap();
  secure();
}

template <typename Stream>
void Link<Stream>::secure() {
  if constexpr (is_tls) {
    stage_ = Stage::tls;
    auto& tls = stream_.next_layer();
    auto* native = tls.native_handle();
    const auto& options = host_.options.tls;
    const bool literal = checks::net::parse_ip(target_.host).has_value();
    if (!literal) SSL_set_tlsext_host_name(native, target_.host.c_str());
    auto* expected = SSL_get0_param(native);
    if (!options.insecure && literal) X509_VERIFY_PARAM_set1_ip_asc(expected, target_.host.c_str());
    if (!options.insecure && !literal)
      X509_VERIFY_PARAM_set1_host(expected, target_.host.data(), target_.host.size());
    tls.set_verify_mode(options.insecure ? asio::ssl::verify_none : asio::ssl::verify_peer);
    witness_->watch(native);
    tls.async_handshake(asio::ssl::stream_base::client, call(&Link::secured));
  } else {
    upgrade();
  }
}

template <typename Stream>
void Link<Stream>::secured(const error_code& error) {
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

template <typename Stream>
void Link<Stream>::upgrade() {
  stage_ = Stage::upgrade;
  stream_.async_handshake(response_, target_.authority, target_.path, call(&Link::upgraded));
}

template <typename Stream>
void Link<Stream>::upgraded(const error_code& error) {
  detail_.status = static_cast<int>(response_.result_int());
  if (error) return fail(upgrade_problem(error, response_));
  upgrade_time_ = lap();
  stage_ = Stage::open;
  stream_.text(true);
  read();
  write();
  if (events_.open) events_.open();
}

template <typename Stream>
void Link<Stream>::read() {
  stream_.async_read(buffer_, call(&Link::was_read));
}

template <typename Stream>
void Link<Stream>::was_read(const error_code& error) {
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

template <typename Stream>
void Link<Stream>::send(std::string text) {
  queue_.push_back(std::move(text));
  write();
}

template <typename Stream>
void Link<Stream>::write() {
  if (writing_ || stage_ != Stage::open || queue_.empty()) return;
  writing_ = true;
  if (host_.trace) host_.trace(Direction::sent, target_.endpoint, "ws", queue_.front());
  stream_.async_write(asio::buffer(queue_.front()), call(&Link::written));
}

template <typename Stream>
void Link<Stream>::written(const error_code& error) {
  writing_ = false;
  if (error) {
    if (closing_) return finish_close();
    return;  // the read that is under way says what happened
  }
  queue_.pop_front();
  if (!queue_.empty()) return write();
  if (closing_) finish_close();
}

template <typename Stream>
void Link<Stream>::close() {
  if (closing_) return;
  closing_ = true;
  if (!writing_) finish_close();
}

/// Sends the close frame; the answer to it is not waited for longer than it takes to send.
template <typename Stream>
void Link<Stream>::finish_close() {
  stream_.async_close(websocket::close_code::normal,
                      [self = this->shared_from_this()](const error_code&) {
                        if (self->stage_ == Stage::ended) return;
                        self->stage_ = Stage::ended;
                        end_now(self->stream_);
                        if (const auto closed = std::move(self->events_.closed)) closed();
                      });
}

}  // namespace

std::shared_ptr<WsLink> make_ws_link(ConversationHost& host, WsTarget target, WsLinkEvents events) {
  if (!target.tls) {
    return std::make_shared<Link<Tcp>>(host, std::move(target), std::move(events),
                                       WebSocket<Tcp>(host.loop.get_executor()));
  }
  const auto context = tls_context(host);
  if (!context) return nullptr;
  return std::make_shared<Link<Tls>>(host, std::move(target), std::move(events),
                                     WebSocket<Tls>(host.loop.get_executor(), *context));
}

}  // namespace tracker_probe
