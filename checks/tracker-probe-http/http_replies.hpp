// What an HTTP tracker answers: to an announce (BEP 3, 7, 23, 24, 31) and to a scrape (BEP 48).
// Pure: text in, plain data out; no socket, no libcurl.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

/// How an announce reply is to be read.
struct AnnounceReading {
  std::size_t max_peers_kept = 200;            ///< in Reply::peer_list; all are counted
  std::optional<std::uint16_t> wanted_port{};  ///< look for a peer with this port among all
};

struct AnnounceMessage {
  Reply reply;                 ///< `failure` set: the tracker said no, the rest may be missing
  bool wanted_seen = false;    ///< AnnounceReading::wanted_port is among the peers
  std::size_t listed = 0;      ///< usable entries in both peer lists
  std::vector<Finding> notes;  ///< blemishes; each in state ok, `strict` where --strict should warn
};

/// Reads the body of an announce reply. The error is critical: `bencode.invalid`, `bencode.limit`
/// or `bencode.schema`, its text clean. Accepts what trackers really send: either list or none,
/// lists of dictionaries, whitespace after the dictionary (aquatic).
[[nodiscard]] boost::system::result<AnnounceMessage, Finding> read_announce_reply(
    std::string_view body, const AnnounceReading& reading = {});

struct ScrapeMessage {
  std::vector<std::optional<ScrapeReply>> files;     ///< as asked, in the order asked
  std::size_t listed = 0;                            ///< entries in the reply
  std::optional<std::string> failure;                ///< raw
  std::optional<std::string> retry_in;               ///< minutes, or "never"
  std::optional<std::int64_t> min_request_interval;  ///< seconds
  std::vector<Finding> notes;
};

/// Reads the body of a scrape reply. Keys that are the hash written as UTF-8 (bittorrent-tracker
/// 11) are recognised and noted as `scrape.key_utf8`. Errors as for an announce.
[[nodiscard]] boost::system::result<ScrapeMessage, Finding> read_scrape_reply(
    std::string_view body, std::span<const InfoHash> asked);

}  // namespace tracker_probe
