// What is asked of an HTTP tracker: the path and query of an announce (BEP 3, 7, 23) and of a
// scrape (BEP 48). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checks/tracker-probe/probe_options.hpp"

namespace tracker_probe {

/// There is no `completed`: a probe must never raise a tracker's download counter.
enum class AnnounceEvent { none, started, stopped };

/// One announce. Nothing is ever uploaded or downloaded, and `left` is never 0 with `started`.
struct AnnounceRequest {
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint16_t port = 0;  ///< never 0: aquatic and chihaya refuse it, opentracker stores it
  std::uint64_t left = 1;  ///< bytes; trackers look only whether it is 0
  int num_want = 1;
  std::uint32_t key = 0;
  AnnounceEvent event = AnnounceEvent::started;
  std::optional<std::string> tracker_id;  ///< the tracker's own, echoed (BEP 3)
};

/// Every byte outside `[0-9A-Za-z._~-]` as %XX, upper case.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

/// The bytes that a percent-encoded text stands for; a '%' without two hex digits stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text);

/// `path?query` of an announce. `path` and `query` are those of the tracker's URL (the query with
/// its '?', or empty). What the URL says stays, in its order and encoding, except for keys that we
/// send ourselves: trackers refuse a request that has one twice. `key` and `trackerid` in the URL
/// win over ours, because private trackers keep secrets there.
[[nodiscard]] std::string announce_target(std::string_view path, std::string_view query,
                                          const AnnounceRequest& request);

/// The path of the scrape that belongs to an announce path, query excluded; nothing when there is
/// none. BEP 48: the last segment's leading `announce` becomes `scrape`; and where a single other
/// segment is exactly `announce` (Torrust's `/announce/KEY`), that one does.
[[nodiscard]] std::optional<std::string> scrape_path(std::string_view announce_path);

/// `path?query` of a scrape of these hashes; nothing when the path has no scrape. Never call it
/// with no hash: that asks for the whole tracker.
[[nodiscard]] std::optional<std::string> scrape_target(std::string_view path,
                                                       std::string_view query,
                                                       std::span<const InfoHash> hashes);

/// aquatic reads a request into 2,048 bytes; so many hashes fit beside a long path and our headers.
inline constexpr std::size_t max_http_scrape_hashes = 24;

}  // namespace tracker_probe
