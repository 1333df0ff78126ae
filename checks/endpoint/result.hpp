// What was found out about one host and port, address by address. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/net/address.hpp"
#include "checks/net/threshold.hpp"

namespace checks::endpoint {

using Microseconds = std::chrono::microseconds;

/// The order is that of the exit codes; skipped: this machine cannot reach that family at all.
enum class State { ok = 0, warning = 1, critical = 2, unknown = 3, skipped = 4 };

/// "OK", "WARNING", "CRITICAL", "UNKNOWN", "SKIPPED".
[[nodiscard]] const char* name_of(State state);

/// The parts of the time one address took; what was not reached is not there.
struct Times {
  std::optional<Microseconds> dns;
  std::optional<Microseconds> connect;     ///< TCP
  std::optional<Microseconds> tls;         ///< the handshake after it
  std::optional<Microseconds> first_byte;  ///< from the request going out
  std::optional<Microseconds> total;       ///< of everything, redirects and DNS too
};

/// One address, asked once.
struct AddressResult {
  net::Endpoint endpoint;
  State state = State::critical;
  std::string words;  ///< why it is not ok, or how it was; may quote the server: not clean
  Times times;
  std::optional<double> cert_days;  ///< until the certificate ends; negative: it has
  std::optional<int> status;        ///< HTTP
  std::optional<int> redirects;
  std::optional<std::uint64_t> bytes;  ///< of the body, as far as it was read
};

enum class Require { all, any };

/// A range for one figure: "total", "dns", "connect", "tls", "first_byte", "cert_days", "bytes",
/// "redirects".
struct Threshold {
  std::string metric;
  State state = State::warning;  ///< warning or critical
  net::Range range;
};

struct Target {
  std::string shown;  ///< the URL or host:port, without a password
  std::vector<AddressResult> addresses;
  std::optional<State> failed;  ///< no address could be asked at all
  std::string words;            ///< why
};

/// The figures that thresholds know; nothing for those that an address does not have.
[[nodiscard]] std::optional<double> metric(const AddressResult& address, std::string_view name);
[[nodiscard]] bool is_metric(std::string_view name);

/// "[METRIC=]RANGE"; without a metric it is `total`. Nothing when it is none.
[[nodiscard]] std::optional<Threshold> parse_threshold(std::string_view text, State state);

/// Applies the thresholds to every address that is ok.
void judge(Target& target, const std::vector<Threshold>& thresholds);

/// The verdict of the whole: never skipped. With `any`, addresses that fail beside one that does not
/// are a warning.
[[nodiscard]] State overall(const Target& target, Require require);

}  // namespace checks::endpoint
