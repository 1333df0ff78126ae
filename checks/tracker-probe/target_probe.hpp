// One target from its name to its verdict: both lookups, every address, one TargetResult. On the
// event loop, through the engines.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checks/tracker-probe/address_probe.hpp"
#include "checks/tracker-probe/verdict.hpp"

namespace tracker_probe {

struct TargetSpec {
  std::string text;  // as given
  UrlResult url;
  std::size_t index = 0;
  Purpose purpose = Purpose::tracker;
};
[[nodiscard]] TargetSpec make_target(std::string text, Scheme default_scheme, std::size_t index);
/// The same for a health check.
[[nodiscard]] TargetSpec make_health_target(std::string text, std::size_t index);

enum class Families { both, v4, v6 };

struct TargetOptions {
  Families families = Families::both;
  std::vector<IpAddress> pinned;                                  // --address
  std::map<std::string, std::vector<IpAddress>> fixed_addresses;  // --resolve
  VerdictOptions verdict;
};

/// Slows down what goes to one address: bulk lists name the same host many times.
class Pacer {
 public:
  explicit Pacer(double per_second) : gap_(per_second > 0 ? 1.0 / per_second : 0) {}
  /// When the next probe of this address may start.
  [[nodiscard]] Instant reserve(const IpAddress& address, Instant now);

 private:
  double gap_;
  std::map<IpAddress, Instant> next_;
};

struct Surroundings {
  boost::asio::io_context* loop = nullptr;
  checks::net::Resolver* resolver = nullptr;
  const ProbeOptions* options = nullptr;
  const TargetOptions* target_options = nullptr;
  Pacer* pacer = nullptr;  // may be null
  /// The engine for a scheme; null when it cannot be had, with the reason in `why`.
  std::function<ProbeEngine*(Scheme scheme, std::string& why)> engine;
};

/// `spec` must live until then. `done` is called once, on the loop, after at most options->timeout plus what the pacer asks for.
void probe_target(const Surroundings& surroundings, const TargetSpec& spec,
                  const Identity& identity, std::function<void(TargetResult)> done);

}  // namespace tracker_probe
