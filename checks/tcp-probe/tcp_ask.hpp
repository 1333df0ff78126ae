// One TCP conversation with one address: connect, TLS if it is wanted, say something, wait for an
// answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "checks/endpoint/curl_connection.hpp"
#include "checks/endpoint/expectation.hpp"

namespace checks::tcp_probe {

/// What is read at most while an answer is waited for.
inline constexpr std::size_t kMostAnswer = 64 * 1024;

struct TcpRequest {
  std::string host;
  std::uint16_t port = 0;
  bool use_tls = false;
  endpoint::TlsOptions tls;
  std::string send;
  endpoint::Expectations expect;
};

void ask_tcp(const TcpRequest& request, endpoint::AddressResult& row,
             endpoint::Clock::time_point deadline);

}  // namespace checks::tcp_probe
