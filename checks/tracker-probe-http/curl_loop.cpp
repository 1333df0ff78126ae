#include "checks/tracker-probe-http/curl_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <new>
#include <utility>
#include <vector>

namespace tracker_probe {

namespace {

constexpr long idle_connections = 16;      // kept for the next request of a conversation
constexpr std::size_t spare_handles = 64;  // kept for the next transfer

constexpr std::chrono::milliseconds longest_silence{1000};

}  // namespace

CurlLoop::CurlLoop(boost::asio::io_context& loop)
    : sockets_(loop, epoll_create1(EPOLL_CLOEXEC)), timer_(loop), multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  limit_idle();
}

CurlLoop::~CurlLoop() {
  for (const auto& [easy, done] : running_) curl_multi_remove_handle(multi_, easy);
  for (CURL* easy : spare_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

CURL* CurlLoop::borrow() {
  if (!spare_.empty()) {
    CURL* easy = spare_.back();
    spare_.pop_back();
    return easy;
  }
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  return easy;
}

void CurlLoop::give_back(CURL* easy) {
  if (spare_.size() == spare_handles) return curl_easy_cleanup(easy);
  curl_easy_reset(easy);
  spare_.push_back(easy);
}

void CurlLoop::add(CURL* easy, Done done) {
  running_.emplace(easy, std::move(done));
  limit_idle();
  curl_multi_add_handle(multi_, easy);  // asks on_timer for a kick, so nothing happens in here
  wait_sockets();
}

void CurlLoop::remove(CURL* easy) {
  if (running_.erase(easy) == 0) return;
  curl_multi_remove_handle(multi_, easy);
  limit_idle();
}

/// libcurl counts busy connections too when it decides whether an idle one may stay.
void CurlLoop::limit_idle() {
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(running_.size()) + idle_connections);
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& loop = *static_cast<CurlLoop*>(self);
  const int set = loop.sockets_.native_handle();
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(set, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  event.data.fd = socket;
  if (known == nullptr) {
    curl_multi_assign(loop.multi_, socket, self);
    if (epoll_ctl(set, EPOLL_CTL_ADD, socket, &event) == 0) return 0;
  }
  epoll_ctl(set, EPOLL_CTL_MOD, socket, &event);
  return 0;
}

/// libcurl moves its one timer several times for each transfer. Ours rings early rather than being
/// moved every time, which would be a system call each: a ring too many does no harm, and one a
/// second at least makes up for the calls that libcurl leaves out because it believes its timer is
/// still set.
int CurlLoop::on_timer(CURLM*, long milliseconds, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (milliseconds < 0) return 0;
  if (milliseconds == 0) {  // "as soon as you can", with each new transfer
    boost::asio::post(loop.timer_.get_executor(), [&loop] { loop.act(CURL_SOCKET_TIMEOUT, 0); });
    return 0;
  }
  const auto now = std::chrono::steady_clock::now();
  const auto wanted = now + std::min<std::chrono::milliseconds>(
                                std::chrono::milliseconds(milliseconds), longest_silence);
  const bool set = loop.timer_.expiry() > now;
  if (!set || wanted < loop.timer_.expiry()) loop.ring_at(wanted);
  return 0;
}

void CurlLoop::ring_at(std::chrono::steady_clock::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    act(CURL_SOCKET_TIMEOUT, 0);
    const auto now = std::chrono::steady_clock::now();
    if (!running_.empty() && timer_.expiry() <= now) ring_at(now + longest_silence);
  });
}

void CurlLoop::wait_sockets() {
  if (waiting_) return;
  waiting_ = true;
  sockets_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        waiting_ = false;
                        if (!error) sockets_ready();
                      });
}

void CurlLoop::sockets_ready() {
  std::array<epoll_event, 256> events{};
  const int count = epoll_wait(sockets_.native_handle(), events.data(), events.size(), 0);
  for (int i = 0; i < count; ++i) {
    const auto ready = events.at(static_cast<std::size_t>(i));
    int what = 0;
    if ((ready.events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
    if ((ready.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((ready.events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
    int left = 0;
    curl_multi_socket_action(multi_, ready.data.fd, what, &left);
  }
  if (!running_.empty()) wait_sockets();
  collect();
}

void CurlLoop::act(curl_socket_t socket, int events) {
  int left = 0;
  curl_multi_socket_action(multi_, socket, events, &left);
  collect();
}

void CurlLoop::collect() {
  std::vector<std::pair<Done, CURLcode>> finished;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);  // the message is gone after this
    if (auto entry = running_.extract(easy)) finished.emplace_back(std::move(entry.mapped()), code);
  }
  if (finished.empty()) return;
  limit_idle();
  for (auto& [done, code] : finished) done(code);
}

}  // namespace tracker_probe
