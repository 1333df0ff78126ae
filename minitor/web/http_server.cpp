#include "minitor/web/http_server.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "minitor/web/http_connection.hpp"
#include "minitor/web/unix_door.hpp"

namespace minitor {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::generic::stream_protocol;
using boost::system::error_code;

namespace {

// Our children are given no descriptor but theirs; this is the second lock on that door.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

// The one open socket that listens, or the reason why there is none.
error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  const auto step = [&error](auto&& action) {
    if (!error) action();
  };
  step([&] { acceptor.open(endpoint.protocol(), error); });
  step([&] { close_on_exec(acceptor.native_handle()); });
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address{true}, error); });
  if (endpoint.protocol() == tcp::v6()) {
    const bool all = endpoint.address().is_unspecified();
    step([&] { acceptor.set_option(asio::ip::v6_only{!all}, error); });
  }
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(asio::socket_base::max_listen_connections, error); });
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

error_code listen_on(tcp::acceptor& acceptor, const ListenAddress& listen) {
  if (listen.address.empty()) {
    const error_code error = listen_on(acceptor, {tcp::v6(), listen.port});
    if (error != asio::error::address_family_not_supported &&
        error != boost::system::errc::address_not_available)
      return error;
    return listen_on(acceptor, {tcp::v4(), listen.port});  // a machine without IPv6
  }
  error_code error;
  const asio::ip::address address = asio::ip::make_address(listen.address, error);
  return error ? error : listen_on(acceptor, {address, listen.port});
}

}  // namespace

// Accepts, and keeps the connections within the limits that hold for all of them together.
class HttpServer::Listener final : public HttpConnectionOwner,
                                   public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& loop, HttpHandler handler, const HttpLimits& limits)
      : acceptor_(loop), pause_(loop), handler_(std::move(handler)), limits_(limits) {}

  [[nodiscard]] error_code listen(asio::io_context& loop, const ListenAddress& wanted) {
    tcp::acceptor acceptor(loop);
    if (const error_code error = listen_on(acceptor, wanted)) return error;
    error_code error;
    const tcp::endpoint endpoint = acceptor.local_endpoint(error);
    listening_ = {wanted.address, endpoint.port()};
    acceptor_.assign(Stream{endpoint.protocol()}, acceptor.release(), error);
    return error;
  }

  [[nodiscard]] error_code listen(UnixDoor door) {
    error_code error;
    acceptor_.assign(Stream{AF_UNIX, 0}, door.take_socket(), error);
    door_ = std::move(door);
    return error;
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, Stream::socket socket) {
      if (self->stopped_) return;
      if (!error) {
        self->starved_ = false;
        self->welcome(std::move(socket));
        self->accept();
      } else if (error == asio::error::connection_aborted) {
        self->accept();
      } else {
        self->pause();
      }
    });
  }

  void stop() {
    stopped_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    door_.reset();
    pause_.cancel();
    while (!connections_.empty()) connections_.back()->close();
  }

  [[nodiscard]] const ListenAddress& listening() const { return listening_; }
  [[nodiscard]] std::size_t open_connections() const { return connections_.size(); }

  [[nodiscard]] const HttpLimits& limits() const override { return limits_; }

  void answer(const HttpRequest& request, HttpReply reply) override {
    try {
      handler_(request, reply);
    } catch (const std::exception&) {
      reply(plain_status(500));  // what it said may hold what is none of the client's business
    }
  }

  [[nodiscard]] bool may_go_live() const override {
    return live_connections() < limits_.live_connections;
  }

  void publish(const std::string& event) {
    const auto all = connections_;  // one that is full is closed, and leaves the list
    for (const auto& connection : all) connection->push(event);
  }

  [[nodiscard]] std::size_t live_connections() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const auto& one) { return one->phase() == HttpConnection::Phase::live; }));
  }

  [[nodiscard]] bool claim_unsent(std::size_t bytes) override {
    if (unsent_ > 0 && bytes > limits_.unsent_bytes - std::min(unsent_, limits_.unsent_bytes))
      return false;
    unsent_ += bytes;
    return true;
  }
  void return_unsent(std::size_t bytes) override { unsent_ -= bytes; }

  void closed(const HttpConnection& connection) override {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& one) { return one.get() == &connection; });
    if (found == connections_.end()) return;
    std::swap(*found, connections_.back());
    connections_.pop_back();
  }

 private:
  void welcome(Stream::socket socket) {
    close_on_exec(socket.native_handle());
    if (connections_.size() >= limits_.connections && !close_longest_waiting()) return;
    connections_.push_back(std::make_shared<HttpConnection>(shared_from_this(), std::move(socket)));
    connections_.back()->start();
  }

  // Descriptors or memory ran out: accepting again at once would only turn in a circle. The first
  // failure may mean no more than that the last client has the last descriptor (the kernel takes one
  // before it looks whether anyone waits): it is given time for its request.
  void pause() {
    if (std::exchange(starved_, true)) (void)close_longest_waiting();
    pause_.expires_after(limits_.accept_pause);
    pause_.async_wait([self = shared_from_this()](error_code error) {
      if (!error && !self->stopped_) self->accept();
    });
  }

  // Makes room. A client that sends nothing goes before one that sends slowly; one that is being
  // answered stays.
  [[nodiscard]] bool close_longest_waiting() {
    using Phase = HttpConnection::Phase;
    const auto rank = [](const HttpConnection& connection) {
      switch (connection.phase()) {
        case Phase::idle:
        case Phase::draining: return 0;
        case Phase::reading: return 1;
        case Phase::answering:
        case Phase::live:
        case Phase::writing:
        case Phase::closed: return 2;
      }
      return 2;
    };
    const auto first = std::min_element(
        connections_.begin(), connections_.end(), [&](const auto& a, const auto& b) {
          return std::pair{rank(*a), a->since()} < std::pair{rank(*b), b->since()};
        });
    if (first == connections_.end() || rank(**first) == 2) return false;
    (*first)->close();
    return true;
  }

  asio::basic_socket_acceptor<Stream> acceptor_;
  std::optional<UnixDoor> door_;
  asio::steady_timer pause_;
  HttpHandler handler_;
  HttpLimits limits_;
  ListenAddress listening_;
  std::vector<std::shared_ptr<HttpConnection>> connections_;
  std::size_t unsent_ = 0;
  bool starved_ = false;  // the last accept failed
  bool stopped_ = false;
};

std::string describe(const ListenAddress& listen) {
  const std::string port = ":" + std::to_string(listen.port);
  if (listen.address.empty()) return "*" + port;
  const bool v6 = listen.address.find(':') != std::string::npos;
  return (v6 ? "[" + listen.address + "]" : listen.address) + port;
}

std::variant<std::unique_ptr<HttpServer>, ListenFailure> HttpServer::start(
    asio::io_context& loop, const ListenAddress& listen, HttpHandler handler,
    const HttpLimits& limits) {
  auto listener = std::make_shared<Listener>(loop, std::move(handler), limits);
  if (const error_code error = listener->listen(loop, listen)) {
    const std::string why =
        error == asio::error::invalid_argument ? "this is not an IP address" : error.message();
    return ListenFailure{"cannot listen on " + describe(listen) + ": " + why};
  }
  listener->accept();
  return std::unique_ptr<HttpServer>{new HttpServer{std::move(listener)}};
}

std::variant<std::unique_ptr<HttpServer>, UnixDoor::Failure> HttpServer::start_at(
    asio::io_context& loop, const std::string& path, HttpHandler handler,
    const HttpLimits& limits) {
  auto opened = UnixDoor::open(path);
  if (auto* failure = std::get_if<UnixDoor::Failure>(&opened)) return std::move(*failure);
  auto listener = std::make_shared<Listener>(loop, std::move(handler), limits);
  if (const error_code error = listener->listen(std::move(std::get<UnixDoor>(opened))))
    return UnixDoor::Failure{UnixDoor::Failure::Kind::other,
                             "cannot listen on " + path + ": " + error.message()};
  listener->accept();
  return std::unique_ptr<HttpServer>{new HttpServer{std::move(listener)}};
}

HttpServer::HttpServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
HttpServer::~HttpServer() { stop(); }
void HttpServer::stop() { listener_->stop(); }
const ListenAddress& HttpServer::listening() const { return listener_->listening(); }
void HttpServer::publish(const std::string& event) { listener_->publish(event); }
std::size_t HttpServer::live_connections() const { return listener_->live_connections(); }
std::size_t HttpServer::open_connections() const { return listener_->open_connections(); }

}  // namespace minitor
