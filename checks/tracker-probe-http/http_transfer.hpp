// One HTTP exchange with one address: a GET without redirects, proxies of the environment, cookies
// or second chances, under limits that are counted here and not left to libcurl.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checks/net/address.hpp"
#include "checks/tracker-probe-http/curl_loop.hpp"
#include "checks/tracker-probe-http/tls_witness.hpp"
#include "checks/tracker-probe/probe_options.hpp"

namespace tracker_probe {

/// What is asked, and where.
struct HttpAsk {
  enum class Until { connected, replied };

  std::string url;   ///< "http://host:port/path?query", exactly what goes out
  std::string host;  ///< the URL's host without brackets, for certificate checks
  std::uint16_t url_port = 0;
  Endpoint endpoint;        ///< where the connection goes, whatever the host resolves to
  std::string credentials;  ///< "user:password" decoded, or empty
  Until until = Until::replied;
  bool fresh = true;  ///< a new connection; else the one of the request before may serve again
  bool last = false;  ///< the connection is closed afterwards
};

/// Everything there is to know of how it went. Plain data: what it means is http_findings'
/// business.
struct HttpOutcome {
  enum class Stopped {
    no,            ///< libcurl ended it: see `code`
    deadline,      ///< we did, because the time was over
    body_limit,    ///< more than Limits::max_body
    length_limit,  ///< Content-Length announces more than that
    header_limit,  ///< more than Limits::max_header
    not_http,      ///< the first bytes are no status line
  };

  Stopped stopped = Stopped::no;
  CURLcode code = CURLE_OK;
  int os_error = 0;       ///< errno of the socket, if libcurl or we met one
  std::string curl_text;  ///< libcurl's words; may quote the server: not clean
  bool https = false;
  Family family = Family::v4;

  bool connected = false;  ///< TCP
  bool tls_done = false;
  bool request_sent = false;
  bool reused = false;  ///< no new connection was made
  Microseconds connect_time{0};
  Microseconds tls_time{0};         ///< after the TCP handshake
  Microseconds first_byte_time{0};  ///< after the request went out
  Microseconds reply_time{0};       ///< from the request going out to the end of the body
  Microseconds total_time{0};

  int status = 0;
  std::string http_version;  ///< "1.1"
  std::string reason;        ///< the status line's phrase, raw
  std::string location;      ///< absolute where libcurl could make it so, raw
  std::string retry_after;   ///< raw
  std::string encoding;      ///< Content-Encoding, raw; empty if there was none
  std::optional<std::uint64_t> content_length;
  bool header_complete = false;
  std::string body;              ///< decoded
  std::uint64_t wire_bytes = 0;  ///< of the body as it came
  std::string local_ip;
  TlsSight tls;

  [[nodiscard]] bool good() const { return stopped == Stopped::no && code == CURLE_OK; }
};

/// Runs one ask. Destroying it cancels. One thread, that of the loop.
class HttpTransfer {
 public:
  using Done = std::function<void(HttpOutcome)>;
  /// Sees each piece that is sent (true) or received, headers and decoded body.
  using Trace = std::function<void(bool sent, std::string_view bytes)>;

  /// `options` must outlive the transfer. `sending`, if given, is called when the connection stands
  /// and the request goes out at once; it may not destroy the transfer. `done` is called once, never
  /// from inside the constructor.
  HttpTransfer(CurlLoop& loop, const ProbeOptions& options, HttpAsk ask, Trace trace,
               std::function<void()> sending, Done done);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// The time is over: takes the transfer out and returns how far it came. `done` is not called.
  [[nodiscard]] HttpOutcome give_up();

 private:
  void set_up();
  void set_up_tls();
  void set_up_pin();
  void finish(CURLcode code);
  void read_times();
  std::size_t header_line(std::string_view line);
  std::size_t body_piece(std::string_view piece);
  void status_line(std::string_view line);
  bool header_end();
  curl_socket_t open_socket(curl_sockaddr& address);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_debug(CURL* easy, curl_infotype type, char* data, std::size_t size, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_request(void* self, char*, char*, int, int);
  static CURLcode on_context(CURL* easy, void* context, void* self);

  CurlLoop& loop_;
  const ProbeOptions& options_;
  HttpAsk ask_;
  Trace trace_;
  std::function<void()> sending_;
  Done done_;
  HttpOutcome outcome_;
  std::shared_ptr<TlsWitness> witness_;
  std::size_t header_bytes_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::time_point> tls_began_;  // so TCP was connected
  CURL* easy_;
  curl_slist* connect_to_ = nullptr;
  curl_slist* headers_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
};

}  // namespace tracker_probe
