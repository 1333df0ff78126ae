// What a .torrent file says of its trackers (BEP 3, 12, 52). Pure; the bytes come from strangers.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"

namespace tracker_probe {

inline constexpr std::size_t max_torrent_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t max_torrent_trackers = 1000;

struct Torrent {
  InfoHash info_hash{};               // of a version 2 torrent: SHA-256, cut as trackers want it
  std::vector<std::string> trackers;  // announce-list, else announce; as they stand, unchecked
};

/// The torrent, or what is wrong with it in words that are clean for a terminal.
[[nodiscard]] std::variant<Torrent, std::string> read_torrent(std::string_view bytes);

}  // namespace tracker_probe
