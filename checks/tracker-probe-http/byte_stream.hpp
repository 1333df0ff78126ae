// Bytes over TCP, with TLS or without, as one type: what stands above (Beast's WebSocket) is compiled
// once and without OpenSSL. Not for more than one thread.
#pragma once

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "checks/tracker-probe-http/conversation.hpp"

namespace tracker_probe {

class TlsWitness;

class ByteStream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using Error = boost::system::error_code;
  using Done = std::function<void(const Error&)>;

  /// Reads end with `asio::error::message_size` once more than `max_received` bytes have come.
  ByteStream(ConversationHost& host, const Endpoint& endpoint, std::size_t max_received);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// From the source address and interface that the options name. `done` is never called from
  /// inside.
  void connect(Done done);
  /// False when the trusted certificates cannot be read. To be called before secure(), which may
  /// not be called otherwise.
  [[nodiscard]] bool prepare_tls();
  /// The handshake of a client. `host` is for SNI and the certificate, which `witness` sees.
  void secure(const std::string& host, TlsWitness& witness, Done done);
  /// At once, whatever the other side thinks of it. What is under way ends with an error.
  void close();

  // What Beast wants of a stream.
  [[nodiscard]] executor_type get_executor() { return host_.loop.get_executor(); }
  template <typename Buffers, typename Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(Error, std::size_t)>(
        [this](auto wanted, const Buffers& into) {
          read_some(first_of<boost::asio::mutable_buffer>(into), Transferred(std::move(wanted)));
        },
        handler, buffers);
  }
  template <typename Buffers, typename Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(Error, std::size_t)>(
        [this](auto wanted, const Buffers& from) {
          write_some(first_of<boost::asio::const_buffer>(from), Transferred(std::move(wanted)));
        },
        handler, buffers);
  }

 private:
  /// Whatever handler, movable and called once. (std::function wants to copy.)
  class Transferred {
   public:
    template <typename Handler>
    explicit Transferred(Handler handler)
        : held_(std::make_unique<Held<Handler>>(std::move(handler))) {}
    void operator()(const Error& error, std::size_t count) {
      std::exchange(held_, nullptr)->call(error, count);
    }

   private:
    struct Anyone {
      virtual ~Anyone() = default;
      virtual void call(const Error& error, std::size_t count) = 0;
    };
    template <typename Handler>
    struct Held final : Anyone {
      explicit Held(Handler wanted) : handler(std::move(wanted)) {}
      void call(const Error& error, std::size_t count) override { handler(error, count); }
      Handler handler;
    };
    std::unique_ptr<Anyone> held_;
  };

  /// As many of a sequence's buffers as one call takes: a frame's head and its payload fit.
  template <typename Buffer>
  using Some = std::array<Buffer, 4>;
  template <typename Buffer, typename Buffers>
  static Some<Buffer> first_of(const Buffers& buffers) {
    Some<Buffer> out{};
    std::size_t used = 0;
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers) && used < out.size(); ++at)
      if (const Buffer buffer(*at); buffer.size() > 0) out.at(used++) = buffer;
    return out;
  }

  void read_some(const Some<boost::asio::mutable_buffer>& buffers, Transferred done);
  void write_some(const Some<boost::asio::const_buffer>& buffers, Transferred done);
  [[nodiscard]] Error open(const boost::asio::ip::tcp::endpoint& to);

  struct Tls;  // Asio's TLS stream over socket_
  ConversationHost& host_;
  Endpoint endpoint_;
  std::size_t left_;  // bytes that may still come
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace tracker_probe
