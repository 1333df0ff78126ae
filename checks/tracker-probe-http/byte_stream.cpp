#include "checks/tracker-probe-http/byte_stream.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cerrno>
#include <cstring>

#include "checks/net/address.hpp"
#include "checks/tracker-probe-http/tls_witness.hpp"

namespace tracker_probe {

namespace asio = boost::asio;
using asio::ip::tcp;

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
    boost::system::error_code failed;
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

}  // namespace

struct ByteStream::Tls {
  Tls(tcp::socket& socket, std::shared_ptr<asio::ssl::context> with)
      : context(std::move(with)), stream(socket, *context) {}

  std::shared_ptr<asio::ssl::context> context;
  asio::ssl::stream<tcp::socket&> stream;
};

ByteStream::ByteStream(ConversationHost& host, const Endpoint& endpoint, std::size_t max_received)
    : host_(host), endpoint_(endpoint), left_(max_received), socket_(host.loop) {}

ByteStream::~ByteStream() = default;

ByteStream::Error ByteStream::open(const tcp::endpoint& to) {
  const auto& options = host_.options;
  Error error;
  socket_.open(to.protocol(), error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (!error && !options.interface.empty() &&
      setsockopt(socket_.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, options.interface.c_str(),
                 static_cast<socklen_t>(options.interface.size())) != 0)
    error = Error(errno, boost::system::system_category());
  if (!error && options.source && options.source->family == endpoint_.address.family)
    socket_.bind(asio_endpoint(Endpoint{*options.source, 0}), error);
  return error;
}

void ByteStream::connect(Done done) {
  const auto to = asio_endpoint(endpoint_);
  if (const auto error = open(to))
    return asio::post(host_.loop, [error, done = std::move(done)] { done(error); });
  socket_.async_connect(to, std::move(done));
}

bool ByteStream::prepare_tls() {
  auto context = tls_context(host_);
  if (context) tls_ = std::make_unique<Tls>(socket_, std::move(context));
  return tls_ != nullptr;
}

void ByteStream::secure(const std::string& host, TlsWitness& witness, Done done) {
  auto* native = tls_->stream.native_handle();
  const bool insecure = host_.options.tls.insecure;
  const bool literal = checks::net::parse_ip(host).has_value();
  if (!literal) SSL_set_tlsext_host_name(native, host.c_str());
  auto* expected = SSL_get0_param(native);
  if (!insecure && literal) X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
  if (!insecure && !literal) X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
  tls_->stream.set_verify_mode(insecure ? asio::ssl::verify_none : asio::ssl::verify_peer);
  witness.watch(native);
  tls_->stream.async_handshake(asio::ssl::stream_base::client, std::move(done));
}

void ByteStream::close() {
  Error ignored;
  socket_.close(ignored);
}

void ByteStream::read_some(const Some<asio::mutable_buffer>& buffers, Transferred done) {
  auto counted = [this, done = std::move(done)](Error error, std::size_t count) mutable {
    if (count > left_) error = asio::error::message_size;
    left_ -= std::min(left_, count);
    done(error, count);
  };
  if (tls_) {
    tls_->stream.async_read_some(buffers, std::move(counted));
  } else {
    socket_.async_read_some(buffers, std::move(counted));
  }
}

void ByteStream::write_some(const Some<asio::const_buffer>& buffers, Transferred done) {
  if (tls_) {
    tls_->stream.async_write_some(buffers, std::move(done));
  } else {
    socket_.async_write_some(buffers, std::move(done));
  }
}

}  // namespace tracker_probe
