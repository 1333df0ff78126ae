// One libcurl handle that goes to one address, whatever its host resolves to, under a deadline; and
// how long the parts of the way took, by our own clock.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "checks/endpoint/lookup.hpp"

namespace checks::endpoint {

struct TlsOptions {
  bool insecure = false;
  std::string ca_file;  ///< empty: the system's
};

struct ConnectionAsk {
  std::string url;
  std::string host;  ///< of the URL, without brackets
  net::Endpoint endpoint;
  TlsOptions tls;
};

class CurlConnection {
 public:
  /// Throws std::bad_alloc when there is no memory for it.
  CurlConnection(const ConnectionAsk& ask, Clock::time_point deadline);
  ~CurlConnection();
  CurlConnection(const CurlConnection&) = delete;
  CurlConnection& operator=(const CurlConnection&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }
  [[nodiscard]] CURL* handle() { return easy_; }

  /// Goes the whole way; true when libcurl says that all went well. Sets the row's times.
  CURLcode perform(AddressResult& row);
  /// The first byte of the reply is here.
  void saw_first_byte();
  /// The end of the certificate that was shown last; to be called while or after it is connected.
  void read_certificate(AddressResult& row);
  /// The words and the state for an error of libcurl.
  void explain(CURLcode code, AddressResult& row);

  [[nodiscard]] std::string_view curl_words() const { return error_text_; }

 private:
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode on_context(CURL* easy, void* context, void* self);
  static int on_ready(void* self, char*, char*, int, int);
  void set_up(const ConnectionAsk& ask, Clock::time_point deadline);
  [[nodiscard]] std::string timed_out() const;

  CURL* easy_;
  curl_slist* connect_to_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  bool tls_wanted_ = false;
  Clock::time_point began_ = Clock::now();
  // Of the first connection; those that redirects lead to count towards the total only.
  std::optional<Clock::time_point> opened_;
  std::optional<Clock::time_point> tls_began_;
  std::optional<Clock::time_point> ready_;
  std::optional<Clock::time_point> first_byte_;
  int open_error_ = 0;
};

/// Seconds since 1970 of "Nov 21 10:00:00 2027 GMT" or "2027-11-21 10:00:00 GMT", as libcurl writes
/// the end of a certificate; nothing for anything else. Pure.
[[nodiscard]] std::optional<std::int64_t> parse_certificate_time(std::string_view text);

}  // namespace checks::endpoint
