// A tracker over HTTP or HTTPS that does nothing but answer: every request gets the same announce reply on
// a connection that stays open. Prints its port, then serves until it is ended.
//   probe_http_tracker [CERTIFICATE KEY]
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using namespace std::string_view_literals;
constexpr std::string_view reply =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 62\r\n\r\n"
    "d8:completei0e10:incompletei1e8:intervali1800e5:peers6:\x7f\0\0\1\x1a\xe1"
    "e"sv;
constexpr std::size_t reply_size = reply.size();

template <typename Stream>
class Client : public std::enable_shared_from_this<Client<Stream>> {
 public:
  explicit Client(Stream stream) : stream_(std::move(stream)) {}

  void serve() {
    asio::async_read_until(
        stream_, asio::dynamic_buffer(heard_, 65536), "\r\n\r\n",
        [self = this->shared_from_this()](const error_code& error, std::size_t size) {
          if (!error) self->answer(size);
        });
  }
  void secure() {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = this->shared_from_this()](const error_code& error) {
                              if (!error) self->serve();
                            });
  }

 private:
  void answer(std::size_t size) {
    heard_.erase(0, size);
    asio::async_write(stream_, asio::buffer(reply),
                      [self = this->shared_from_this()](const error_code& error, std::size_t) {
                        if (!error) self->serve();
                      });
  }

  Stream stream_;
  std::string heard_;
};

class Tracker {
 public:
  Tracker(asio::io_context& loop, asio::ssl::context* tls)
      : tls_(tls), listener_(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    listener_.listen(4096);
    std::printf("%u\n", listener_.local_endpoint().port());
    std::fflush(stdout);
  }

  void accept() {
    listener_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (!error) begin(std::move(socket));
      accept();
    });
  }

 private:
  void begin(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (tls_ == nullptr) return std::make_shared<Client<tcp::socket>>(std::move(socket))->serve();
    using Tls = asio::ssl::stream<tcp::socket>;
    std::make_shared<Client<Tls>>(Tls(std::move(socket), *tls_))->secure();
  }

  asio::ssl::context* tls_;
  tcp::acceptor listener_;
};

}  // namespace

int main(int count, char** words) {
  static_assert(reply_size == reply.find("d8:") + 62);
  asio::io_context loop(1);
  asio::ssl::context tls(asio::ssl::context::tls_server);
  if (count == 3) {
    tls.use_certificate_chain_file(words[1]);
    tls.use_private_key_file(words[2], asio::ssl::context::pem);
  }
  Tracker tracker(loop, count == 3 ? &tls : nullptr);
  tracker.accept();
  loop.run();
}
