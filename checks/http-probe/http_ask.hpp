// One HTTP request to one address, with its redirects, and what its reply is worth.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "checks/endpoint/curl_connection.hpp"
#include "checks/endpoint/expectation.hpp"

namespace checks::http_probe {

inline constexpr int kDefaultRedirects = 5;
inline constexpr int kMostRedirects = 50;
inline constexpr std::size_t kDefaultBody = 1024 * 1024;
inline constexpr std::size_t kMostBody = 64 * 1024 * 1024;
/// All header lines of all replies of one request, together.
inline constexpr std::size_t kMostHeader = 64 * 1024;

/// A header that the last reply must have; with a text, that its value must hold.
struct HeaderExpectation {
  std::string name;
  std::string contains;
};

struct HttpRequest {
  std::string url;
  std::string host;                  ///< of the URL, without brackets
  std::string method;                ///< empty: GET, or POST with data
  std::vector<std::string> headers;  ///< "Name: value"
  std::optional<std::string> data;
  std::string user_agent;
  int redirects = kDefaultRedirects;  ///< 0: a redirect is a reply like any other
  std::vector<endpoint::StatusRange> statuses = {{}};
  std::vector<HeaderExpectation> expect_headers;
  endpoint::Expectations expect;
  std::size_t max_body = kDefaultBody;
  bool whole = false;  ///< read the body to its end (or max_body), though nothing is asked of it
  endpoint::TlsOptions tls;
};

void ask_http(const HttpRequest& request, endpoint::AddressResult& row,
              endpoint::Clock::time_point deadline);

}  // namespace checks::http_probe
