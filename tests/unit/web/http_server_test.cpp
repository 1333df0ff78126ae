// Starting and stopping. What happens on the wire is tested with real clients in tests/web.
#include "minitor/web/http_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "tests/catch.hpp"

using namespace minitor;

namespace {

void no_handler(const HttpRequest&, const HttpReply& reply) { reply({}); }

std::unique_ptr<HttpServer> started(boost::asio::io_context& loop, const ListenAddress& listen,
                                    HttpHandler handler = no_handler) {
  auto result = HttpServer::start(loop, listen, std::move(handler));
  if (const auto* failure = std::get_if<ListenFailure>(&result)) FAIL(failure->reason);
  return std::move(std::get<std::unique_ptr<HttpServer>>(result));
}

std::string failure(const ListenAddress& listen) {
  boost::asio::io_context loop;
  const auto result = HttpServer::start(loop, listen, no_handler);
  const auto* failed = std::get_if<ListenFailure>(&result);
  return failed != nullptr ? failed->reason : "";
}

// Connects to the backlog: the loop need not run for that.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view text) {
    REQUIRE(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // All that comes until the server closes.
  std::string read_all() {
    std::string all;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::recv(socket_, bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<std::size_t>(n));
    return all;
  }

 private:
  int socket_;
  bool connected_ = false;
};

}  // namespace

TEST_CASE("a server says where it listens") {
  boost::asio::io_context loop;
  const auto server = started(loop, {"127.0.0.1", 0});
  CHECK(server->listening().port != 0);
  CHECK(describe(server->listening()) == "127.0.0.1:" + std::to_string(server->listening().port));
  CHECK(describe({"::1", 80}) == "[::1]:80");
  CHECK(describe({"", 80}) == "*:80");
}

TEST_CASE("a server that cannot listen says why") {
  boost::asio::io_context loop;
  const auto first = started(loop, {"127.0.0.1", 0});
  const std::uint16_t port = first->listening().port;
  CHECK(failure(first->listening()) ==
        "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  CHECK(failure({"", port}) ==
        "cannot listen on *:" + std::to_string(port) + ": Address already in use");
  CHECK(failure({"192.0.2.1", 0}) ==
        "cannot listen on 192.0.2.1:0: Cannot assign requested address");
  CHECK(failure({"localhost", 80}) == "cannot listen on localhost:80: this is not an IP address");
}

TEST_CASE("an empty address is every address") {
  boost::asio::io_context loop;
  const auto server = started(loop, {"", 0});
  CHECK(Client{server->listening().port}.connected());
}

TEST_CASE("stopping closes connections and frees the port") {
  boost::asio::io_context loop;
  auto server = started(loop, {"127.0.0.1", 0});
  const ListenAddress listen = server->listening();
  Client client{listen.port};
  while (server->open_connections() == 0) loop.run_one();
  server->stop();
  server->stop();
  CHECK(server->open_connections() == 0);
  CHECK(client.read_all() == "");
  CHECK_FALSE(Client{listen.port}.connected());
  const auto next = started(loop, listen);
  server.reset();
  next->stop();
  loop.run();  // ends: nothing is left waiting
}

TEST_CASE("the handler may stop the server") {
  boost::asio::io_context loop;
  std::unique_ptr<HttpServer> server;
  int calls = 0;
  server = started(loop, {"127.0.0.1", 0}, [&](const HttpRequest&, const HttpReply& reply) {
    ++calls;
    server->stop();
    reply({});
  });
  Client client{server->listening().port};
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  loop.run();
  CHECK(calls == 1);
  CHECK(client.read_all() == "");
}

TEST_CASE("a server may go before its loop has run to the end") {
  boost::asio::io_context loop;
  auto server = started(loop, {"127.0.0.1", 0});
  Client client{server->listening().port};
  client.send("GET / HTTP/1.1\r\n");
  while (server->open_connections() == 0) loop.run_one();
  server.reset();
}
