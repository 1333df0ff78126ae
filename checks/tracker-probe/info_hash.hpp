// Info-hashes in their spellings, and what we announce about ourselves. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"

namespace tracker_probe {

/// 40 hex digits, 32 base32 characters, or 64 hex digits (version 2, cut to 20 bytes: BEP 52).
[[nodiscard]] std::optional<InfoHash> parse_info_hash(std::string_view text);
[[nodiscard]] std::string to_hex(const InfoHash& hash);

/// "-TP0001-" and twelve characters made from `random`.
[[nodiscard]] PeerId make_peer_id(std::string_view prefix,
                                  const std::array<std::uint8_t, 12>& random);

struct Magnet {
  std::optional<InfoHash> info_hash;
  std::vector<std::string> trackers;  // percent-decoded, in order
};
/// A magnet link's xt and tr parameters; nothing when it is not one or its hash is malformed.
[[nodiscard]] std::optional<Magnet> parse_magnet(std::string_view text);

}  // namespace tracker_probe
