// A host's addresses of both families, and the asking of all of them at once, each on a thread of
// its own, under one deadline that holds whatever hangs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checks/endpoint/result.hpp"

namespace checks::endpoint {

using Clock = std::chrono::steady_clock;

/// Of one name so many addresses are asked at most.
inline constexpr std::size_t kMostAddresses = 16;

struct LookupAsk {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
  std::vector<net::Family> families = {net::Family::v4, net::Family::v6};
  std::optional<net::IpAddress> given;  ///< connect there, whatever the host resolves to
};

/// The addresses, not yet asked, each with the time that DNS took; or why there are none. A family
/// whose lookup broke (not: that has no address) has a row of its own, already judged.
[[nodiscard]] Target look_up(const LookupAsk& ask, Clock::time_point deadline);

/// Asks one address and fills in its row. Runs on a thread of its own: it may use nothing shared
/// that changes or ends, for its thread may outlive everything else.
using AskAddress = std::function<void(AddressResult& row, Clock::time_point deadline)>;

/// Asks every row that is not judged yet. Returns at the deadline at the latest; threads that still
/// hang are left behind, so that the caller must end by _exit.
void ask_all(Target& target, const AskAddress& ask, Clock::time_point deadline);

}  // namespace checks::endpoint
