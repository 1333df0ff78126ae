#include "minitor/web/http_connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string_view>
#include <utility>

namespace minitor {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpConnectionOwner> owner, Socket socket)
    : owner_(std::move(owner)),
      socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      reader_(owner_->limits()) {}

HttpConnection::~HttpConnection() { release_response(); }

void HttpConnection::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  enter(Phase::idle, owner_->limits().idle_time);
  wait_for_bytes();
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  error_code ignored;
  // What the client has not taken is thrown away instead of kept by the kernel.
  if (phase_ == Phase::writing) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  phase_ = Phase::closed;
  socket_.close(ignored);
  deadline_.cancel();
  release_response();
  owner_->closed(*this);
}

// The phase changes and its deadline starts anew.
void HttpConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  since_ = std::chrono::steady_clock::now();
  deadline_.expires_after(limit);
  deadline_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->on_deadline();
  });
}

void HttpConnection::on_deadline() {
  // A wait that had ended before it could be cancelled belongs to a phase that is over.
  if (phase_ == Phase::closed || deadline_.expiry() > std::chrono::steady_clock::now()) return;
  switch (phase_) {
    case Phase::reading: return refuse(408);
    case Phase::answering: return send(plain_status(503), false, head_only_);
    case Phase::live:
      if (flushing_ && !std::exchange(flushed_since_pulse_, false)) return close();
      enter(Phase::live, owner_->limits().live_pulse);
      return push(":\n\n");
    case Phase::idle:
    case Phase::writing:
    case Phase::draining:
    case Phase::closed: return close();
  }
}

// A wait without a buffer: a thousand idle clients cost no memory for bytes that do not come.
void HttpConnection::wait_for_bytes() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (self->phase_ == Phase::closed || self->phase_ == Phase::writing) return;
    if (error) return self->close();
    self->on_readable();
  });
}

void HttpConnection::on_readable() {
  std::array<char, kReadBytes> bytes;
  error_code error;
  const std::size_t count = socket_.read_some(asio::buffer(bytes), error);
  if (error == asio::error::would_block || error == asio::error::interrupted)
    return wait_for_bytes();
  if (error) return close();  // the end of the stream, or a reset
  if (phase_ == Phase::draining || phase_ == Phase::live) {
    drained_ += count;
    return drained_ > owner_->limits().linger_bytes ? close() : wait_for_bytes();
  }
  if (phase_ == Phase::idle) enter(Phase::reading, owner_->limits().request_time);
  advance(reader_.feed({bytes.data(), count}));
}

void HttpConnection::advance(RequestReader::Progress progress) {
  switch (progress) {
    case RequestReader::Progress::needs_more: return wait_for_bytes();
    case RequestReader::Progress::wants_continue: return send_continue();
    case RequestReader::Progress::complete: return respond();
    case RequestReader::Progress::refused: return refuse(reader_.refusal());
  }
}

void HttpConnection::respond() {
  const HttpRequest request = reader_.take();
  phase_ = Phase::answering;  // the deadline of the request goes on
  head_only_ = request.method == "HEAD";
  owner_->answer(request, [weak = weak_from_this(), id = ++request_](HttpResponse response) {
    if (const auto self = weak.lock()) self->answered(id, std::move(response));
  });
}

void HttpConnection::answered(std::uint64_t request, HttpResponse response) {
  if (phase_ != Phase::answering || request != request_) return;
  if (!response.live || head_only_)
    return send(std::move(response), reader_.keep_alive(), head_only_);
  if (owner_->may_go_live()) return go_live(response);
  HttpResponse refusal = plain_status(503);
  refusal.headers.push_back({"Retry-After", "10"});
  send(std::move(refusal), false, false);
}

void HttpConnection::go_live(const HttpResponse& response) {
  enter(Phase::live, owner_->limits().live_pulse);
  waiting_ = response_head(response, false) + response.body;
  flush();
  wait_for_bytes();  // none should come: the client's end is to be seen
}

void HttpConnection::push(const std::string& event) {
  if (phase_ != Phase::live) return;
  if (waiting_.size() + body_.size() + event.size() > owner_->limits().live_bytes) return close();
  waiting_ += event;
  if (!flushing_) flush();
}

void HttpConnection::flush() {
  flushing_ = true;
  body_ = std::exchange(waiting_, {});
  asio::async_write(socket_, asio::buffer(body_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->phase_ != Phase::live) return;
                      if (error) return self->close();
                      self->body_.clear();
                      self->flushing_ = false;
                      self->flushed_since_pulse_ = true;
                      if (!self->waiting_.empty()) self->flush();
                    });
}

void HttpConnection::refuse(int status) { send(plain_status(status), false, false); }

void HttpConnection::send_continue() {
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->phase_ != Phase::reading) return;
                      if (error) return self->close();
                      self->wait_for_bytes();
                    });
}

// The deadline of the request goes on: it ends with the last byte of the response.
void HttpConnection::send(HttpResponse response, bool keep_alive, bool head_only) {
  const std::size_t size = response.body.size();
  const bool counts = !head_only && size > owner_->limits().small_bytes;
  if (!counts || owner_->claim_unsent(size)) {
    claimed_ = counts ? size : 0;
  } else {
    response = plain_status(503);
    response.headers.push_back({"Retry-After", "10"});
    keep_alive = false;
  }
  const Phase before = phase_;
  phase_ = Phase::writing;
  if ((before == Phase::reading || before == Phase::answering) &&
      deadline_.expiry() <= std::chrono::steady_clock::now())
    enter(Phase::writing,
          owner_->limits().linger_time);  // 408: its time is up, its answer's is not
  head_ = response_head(response, keep_alive);
  if (!head_only) body_ = std::move(response.body);
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, buffers,
                    [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                      if (self->phase_ == Phase::closed) return;
                      if (error) return self->close();
                      self->on_sent(keep_alive);
                    });
}

void HttpConnection::on_sent(bool keep_alive) {
  release_response();
  if (!keep_alive) {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    enter(Phase::draining, owner_->limits().linger_time);
    return wait_for_bytes();
  }
  if (reader_.started()) {
    enter(Phase::reading, owner_->limits().request_time);
    return advance(reader_.feed({}));
  }
  enter(Phase::idle, owner_->limits().idle_time);
  wait_for_bytes();
}

void HttpConnection::release_response() {
  owner_->return_unsent(std::exchange(claimed_, 0));
  body_ = {};
}

}  // namespace minitor
