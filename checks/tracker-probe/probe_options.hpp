// What the user asked for, resolved: the part of the command line that the engines and the verdict
// need. Built once by options.cpp, read-only afterwards.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

using InfoHash = std::array<std::uint8_t, 20>;
using PeerId = std::array<std::uint8_t, 20>;

/// How far a probe goes. Each depth after `connect` includes a connect.
enum class Depth { connect, scrape, stopped, announce, roundtrip };

/// What is announced about us. New for every run; the same on both families.
struct Identity {
  InfoHash info_hash{};
  bool random_hash = true;  // false: given by the user, so a refusal is news
  PeerId peer_a{};
  PeerId peer_b{};  // the second peer of a round trip
  std::uint16_t port_a = 0;
  std::uint16_t port_b = 0;
  std::uint32_t key = 0;
};

/// The limits, each with its name; see the table in README.md.
struct Limits {
  std::size_t max_addresses = 16;      // probed for one host
  std::size_t udp_buffer = 65535;      // bytes of one datagram; 16384 in bulk
  std::size_t max_body = 1024 * 1024;  // bytes of an HTTP body, decoded
  std::size_t max_header = 64 * 1024;  // bytes of HTTP header, all together
  std::size_t max_redirects = 5;
  std::size_t max_ws_message = 256 * 1024;
  std::size_t max_peers_kept = 200;
  unsigned sends_per_stage = 4;
};

struct TlsOptions {
  bool insecure = false;
  std::string ca_file;  // empty: the system's
  std::string min_version = "1.2";
  int warn_days = 0;  // a certificate that ends sooner is a warning; 0: not asked
};

enum class Etiquette { clean_up, leave };  // leave: never used by default, for tests of removal

struct ProbeOptions {
  Depth depth = Depth::announce;
  std::chrono::milliseconds timeout{10000};  // the whole run of one target, DNS included
  bool with_scrape = false;                  // a scrape after the announce
  bool verify_cleanup = false;               // after a round trip: scrape and expect nobody
  bool url_data = true;                      // BEP 41
  bool trace = false;                        // --verbose: hand every packet to the trace sink
  int num_want = 1;
  int num_want_roundtrip = 50;
  std::string user_agent = "tracker-probe/" MINITOR_VERSION;
  std::string proxy;        // HTTP only; the environment is ignored
  unsigned loss_count = 0;  // more than 0: loss mode (UDP only)
  std::chrono::milliseconds loss_gap{250};
  bool show_secrets = false;
  TlsOptions tls;
  Limits limits;
  std::optional<IpAddress> source;
  std::string interface;
};

}  // namespace tracker_probe
