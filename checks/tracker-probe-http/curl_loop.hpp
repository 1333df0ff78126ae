// libcurl's multi interface on an Asio loop. The sockets of all transfers stand in one epoll set,
// and only that set is known to Asio: libcurl opens and closes sockets as it likes, and no Asio
// object ever outlives one of them.
#pragma once

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <unordered_map>
#include <vector>

namespace tracker_probe {

/// Runs easy handles. One thread, that of the loop.
class CurlLoop {
 public:
  using Done = std::function<void(CURLcode)>;

  explicit CurlLoop(boost::asio::io_context& loop);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// A handle as curl_easy_init() makes it, perhaps one that served before: making them and their
  /// buffers anew costs as much as parsing a reply. Goes back with give_back().
  [[nodiscard]] CURL* borrow();
  void give_back(CURL* easy);

  /// Starts a transfer. `done` is called once, from the loop, after the handle has been taken out;
  /// never from inside add().
  void add(CURL* easy, Done done);
  /// Takes a transfer out; its `done` will not be called. Closes its connection. No effect on a
  /// handle that is not running. Not to be called from one of libcurl's own callbacks.
  void remove(CURL* easy);

 private:
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void ring_at(std::chrono::steady_clock::time_point when);
  void wait_sockets();
  void sockets_ready();
  void act(curl_socket_t socket, int events);
  void collect();
  void limit_idle();

  boost::asio::posix::stream_descriptor sockets_;  // the epoll set
  boost::asio::steady_timer timer_;
  CURLM* multi_;
  std::unordered_map<CURL*, Done> running_;
  std::vector<CURL*> spare_;
  bool waiting_ = false;
};

}  // namespace tracker_probe
