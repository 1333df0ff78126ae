// What a probe finds out, whatever the protocol: the types that the UDP, HTTP and WebSocket engines
// fill in and that verdict and report read. Plain data; missing is std::nullopt; every text that a
// tracker sent is raw here and cleaned where it is printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checks/net/address.hpp"

namespace tracker_probe {

using checks::net::Endpoint;
using checks::net::Family;
using checks::net::IpAddress;
using Microseconds = std::chrono::microseconds;
using Instant = std::chrono::steady_clock::time_point;

/// The numbers are the exit codes. `skipped` counts for nothing (an IPv6 address on a host
/// without IPv6).
enum class State { ok = 0, warning = 1, critical = 2, unknown = 3, skipped = 4 };

/// One thing found. `code` is a stable name ("udp.connect_timeout"), `text` is for people.
/// A finding in state ok is a note. `strict` marks a blemish that --strict turns into a warning.
struct Finding {
  std::string code;
  State state = State::ok;
  std::string text;
  bool strict = false;
};

/// What a target is: a tracker, or the address of a health check, which a plain GET must get a 200
/// from (`health_checks` of Torrust's configuration).
enum class Purpose { tracker, health };

enum class Stage { resolve, connect, tls, request, announce, scrape, stopped, roundtrip };

/// How long each stage took, for those that were reached. For UDP `connect` is the round trip of
/// the connect packet; for HTTP and WebSocket it is the TCP handshake and `first_byte` the wait for
/// the reply.
struct StageTimes {
  std::optional<Microseconds> connect;
  std::optional<Microseconds> tls;
  std::optional<Microseconds> first_byte;
  std::optional<Microseconds> announce;
  std::optional<Microseconds> scrape;
  std::optional<Microseconds> stopped;
  std::optional<Microseconds>
      total;  // from the first byte sent to the verdict, resolution excluded
};

/// The tracker's answer to an announce, from whatever wire format.
struct Reply {
  std::optional<std::int64_t> interval;
  std::optional<std::int64_t> min_interval;
  std::optional<std::int64_t> seeders;
  std::optional<std::int64_t> leechers;
  std::optional<std::int64_t> downloaded;
  std::optional<std::size_t> peers;  // entries in the IPv4 list, or the list of the socket's family
  std::optional<std::size_t> peers_v6;  // entries in HTTP's separate peers6
  std::vector<Endpoint> peer_list;      // the first 200 of both
  std::optional<std::string> warning;
  std::optional<std::string> failure;   // the tracker's own error text, raw
  std::optional<std::string> retry_in;  // minutes, or "never"
  std::optional<IpAddress> external_ip;
  std::optional<std::string> tracker_id;
};

struct ScrapeReply {
  std::int64_t seeders = 0;
  std::int64_t completed = 0;
  std::int64_t leechers = 0;
};

/// The account of one address's datagrams. sent = answered + late + lost once the probe is over,
/// the fire-and-forget stopped excluded until it is answered.
struct UdpDetail {
  unsigned sent = 0;
  unsigned answered = 0;  // answered before the next send of that stage
  unsigned late = 0;      // answered, after it had been sent again
  unsigned lost = 0;
  unsigned retransmits = 0;
  unsigned duplicates = 0;
  unsigned foreign = 0;  // from an address or port other than the one probed
  unsigned bad = 0;      // from the right place, wrong transaction or not decodable
  unsigned reconnects = 0;
  bool cid_is_magic = false;
  std::vector<std::string> icmp;           // "port unreachable from 192.0.2.1"
  std::optional<Endpoint> foreign_source;  // the first of them
};

struct HttpDetail {
  int status = 0;
  std::string version;  // "1.1"
  unsigned redirects = 0;
  std::string final_url;    // redacted
  std::uint64_t bytes = 0;  // of the body, decoded
  std::optional<std::string> encoding;
  std::optional<std::string> local_ip;
};

struct TlsDetail {
  std::string version;
  std::string cipher;
  std::string verify;  // "ok" or what is wrong
  std::string subject;
  std::string issuer;
  std::optional<std::chrono::system_clock::time_point> not_before;
  std::optional<std::chrono::system_clock::time_point> not_after;
  bool san_match = false;
};

struct WsDetail {
  int status = 0;  // of the upgrade
  unsigned messages = 0;
  unsigned ignored = 0;  // messages that were not for us
  std::uint64_t bytes = 0;
  std::optional<int> close_code;
};

struct RoundTrip {
  bool peer_seen = false;        // the second peer was told of the first
  std::size_t peers_listed = 0;  // in the list given to the second peer
  std::optional<bool> removed;   // --verify-cleanup: the stopped peers are gone
};

/// Loss mode: connect packets sent at a steady pace, none of them again.
struct LossDetail {
  unsigned sent = 0;
  std::vector<Microseconds> round_trips;  // of the answered ones, in the order of their answers
};

/// An optional that lies on the heap: ten thousand probes in flight mostly hold none of these.
template <typename Value>
class Boxed {
 public:
  Boxed() = default;
  Boxed(Value value) : value_(std::make_unique<Value>(std::move(value))) {}
  Boxed(const Boxed& other) : value_(other ? std::make_unique<Value>(*other) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  [[nodiscard]] explicit operator bool() const { return value_ != nullptr; }
  [[nodiscard]] bool has_value() const { return value_ != nullptr; }
  [[nodiscard]] Value& operator*() { return *value_; }
  [[nodiscard]] const Value& operator*() const { return *value_; }
  [[nodiscard]] Value* operator->() { return value_.get(); }
  [[nodiscard]] const Value* operator->() const { return value_.get(); }
  Value& emplace() { return *(value_ = std::make_unique<Value>()); }
  void reset() { value_.reset(); }

 private:
  std::unique_ptr<Value> value_;
};

struct AddressResult {
  Endpoint endpoint;
  State state = State::unknown;
  std::optional<Finding> error;  // the one that decided, when the state is not ok
  std::vector<Finding> notes;    // the rest, notes and warnings
  StageTimes times;
  Boxed<UdpDetail> udp;
  Boxed<HttpDetail> http;
  Boxed<TlsDetail> tls;
  Boxed<WsDetail> ws;
  Boxed<Reply> reply;
  std::optional<ScrapeReply> scrape;
  std::optional<RoundTrip> roundtrip;
  Boxed<LossDetail> loss;
};

struct DnsResult {
  Microseconds took{0};
  std::vector<IpAddress> a;
  std::vector<IpAddress> aaaa;
  std::optional<std::string> a_error;
  std::optional<std::string> aaaa_error;
};

/// The verdict on one target.
struct TargetResult {
  std::string target;  // redacted, ready to print
  Purpose purpose = Purpose::tracker;
  std::string scheme;  // "udp", "http", "https", "ws", "wss"; empty when the target is not a URL
  std::string host;
  std::uint16_t port = 0;
  std::size_t index = 0;  // position in the input
  State state = State::unknown;
  std::optional<Finding> error;  // target.*, dns.*, policy: not tied to one address
  std::vector<Finding> notes;
  DnsResult dns;
  std::vector<AddressResult> addresses;
  std::string info_hash;  // 40 hex digits
  std::chrono::system_clock::time_point time{};
  Microseconds total{0};
};

}  // namespace tracker_probe
