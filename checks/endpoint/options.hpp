// The options that http-probe and tcp-probe have in common, and how both of them end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checks/endpoint/curl_connection.hpp"
#include "checks/endpoint/lookup.hpp"
#include "checks/endpoint/result.hpp"

namespace CLI {
class App;
}

namespace checks::endpoint {

inline constexpr Microseconds kDefaultTimeout = std::chrono::seconds{10};
inline constexpr Microseconds kLongestTimeout = std::chrono::hours{1};

struct CommonOptions {
  std::vector<net::Family> families = {net::Family::v4, net::Family::v6};
  Require require = Require::all;
  std::optional<net::IpAddress> address;
  TlsOptions tls;
  std::vector<Threshold> thresholds;
  Microseconds timeout = kDefaultTimeout;
  bool json = false;
};

/// The words as they were typed.
struct RawCommon {
  bool only_v4 = false;
  bool only_v6 = false;
  bool insecure = false;
  bool json = false;
  std::string require = "all";
  std::string address;
  std::string ca_file;
  std::string timeout;
  std::vector<std::string> warning;
  std::vector<std::string> critical;
};

void add_common(CLI::App& app, RawCommon& raw);
/// Nothing when all is well, else what is wrong and what to write.
[[nodiscard]] std::optional<std::string> read_common(const RawCommon& raw, CommonOptions& options);

/// To be printed instead of a probe: help, the version, a mistake.
struct Farewell {
  int code = 3;
  std::string text;
};
/// Runs CLI11 over the arguments; nothing when the probe may go on.
[[nodiscard]] std::optional<Farewell> parse(CLI::App& app, int argc, char** argv,
                                            std::string_view program);
/// "HTTP UNKNOWN - WORDS (see http-probe --help)", exit code 3.
[[nodiscard]] Farewell mistake(std::string_view program, std::string_view words);

/// Looks the host up, asks every address, prints the report and ends the process with its code.
[[noreturn]] void run_probe(std::string_view check, std::string shown, const LookupAsk& where,
                            const AskAddress& ask, const CommonOptions& options);

}  // namespace checks::endpoint
