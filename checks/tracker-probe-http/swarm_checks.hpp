// What the numbers of a tracker should say about the peers we announced. Pure; the same for HTTP
// and WebSocket.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

/// `roundtrip.peer_missing`: the first peer, announced on `port`, was not among the `listed` peers
/// that the second was told of.
[[nodiscard]] Finding peer_missing(std::uint16_t port, std::size_t listed, Family family);

/// Judges a scrape for our hash; `file` is empty if the hash was not in it. Beside an announce
/// (`announced`) a peer of ours must be counted, unless the hash is not ours alone.
[[nodiscard]] std::vector<Finding> scrape_findings(const std::optional<ScrapeReply>& file,
                                                   Depth depth, bool random_hash,
                                                   const Boxed<Reply>& announced);

/// Judges the scrape after both peers said they stopped: `roundtrip.not_removed` (a warning) if
/// anybody is left, and fills in `trip->removed`. Only for a random hash.
[[nodiscard]] std::vector<Finding> removal_findings(const std::optional<ScrapeReply>& file,
                                                    std::optional<RoundTrip>& trip);

}  // namespace tracker_probe
