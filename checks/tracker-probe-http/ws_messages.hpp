// The JSON messages of WebTorrent trackers. There is no BEP: the format is what bittorrent-tracker
// and aquatic speak. Pure: text in, plain data out; no socket.
//
// Binary fields are strings of 20 characters U+0000 to U+00FF, a character a byte.
#pragma once

#include <array>
#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

using OfferId = std::array<std::uint8_t, 20>;

/// 20 bytes as the 20-character UTF-8 string that goes into a message; and back, nothing if the
/// text has not exactly 20 characters or one of them is above U+00FF. `text` must be valid UTF-8.
[[nodiscard]] std::string latin1_text(const std::array<std::uint8_t, 20>& bytes);
[[nodiscard]] std::optional<std::array<std::uint8_t, 20>> latin1_bytes(std::string_view text);

/// A WebRTC session description that a peer hands to another through the tracker.
struct WsOfferOut {
  OfferId id{};
  std::string sdp;
};

/// An announce; `request.port` and `request.key` have no place in it. With an offer, numwant is 1
/// and the tracker passes it on to one other peer.
[[nodiscard]] std::string ws_announce_text(const AnnounceRequest& request,
                                           const std::optional<WsOfferOut>& offer = std::nullopt);
/// The answer to an offer that `to` made.
[[nodiscard]] std::string ws_answer_text(const InfoHash& hash, const PeerId& from, const PeerId& to,
                                         const OfferId& offer, std::string_view sdp);
[[nodiscard]] std::string ws_scrape_text(const InfoHash& hash);

/// The tracker's reply to an announce of ours. It lists no peers.
struct WsAnnounceReply {
  InfoHash info_hash{};
  Reply reply;
};
/// Another peer's offer, passed on.
struct WsOffer {
  InfoHash info_hash{};
  PeerId from{};
  OfferId id{};
  std::string sdp;
};
/// Another peer's answer to an offer of ours.
struct WsAnswer {
  InfoHash info_hash{};
  PeerId from{};
  OfferId id{};
  std::string sdp;
};
struct WsScrape {
  std::vector<std::pair<InfoHash, ScrapeReply>> files;
};
/// `failure reason`; which announce it means may be missing.
struct WsFailure {
  std::string reason;  ///< raw
  std::optional<InfoHash> info_hash;
};
/// Valid JSON that means nothing to us (an action we do not know).
struct WsOther {
  std::string action;  ///< raw; empty if there was none
};
using WsMessage = std::variant<WsAnnounceReply, WsOffer, WsAnswer, WsScrape, WsFailure, WsOther>;

/// Reads one text message. The error is a critical `ws.json` with clean text: not JSON, not an
/// object, or a field of the wrong type or length.
[[nodiscard]] boost::system::result<WsMessage, Finding> read_ws_message(std::string_view text);

}  // namespace tracker_probe
