// Bodies captured from real HTTP trackers, named as in the list of vectors (H1 to H13). OT is
// opentracker, BT is bittorrent-tracker.
#pragma once

#include <string>
#include <string_view>

namespace vectors {

using namespace std::string_literals;

/// Bytes from hex digits.
inline std::string hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  return out;
}

inline std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// OT, two peers, one of them with port 0.
inline const std::string H1 =
    "d8:completei2e10:downloadedi0e10:incompletei0e8:intervali1956e12:min intervali978e5:peers12:" +
    hex("7f0000011ae17f0000010000") + "e";
/// OT over IPv6: no "peers" key at all.
inline const std::string H2 =
    "d8:completei2e10:downloadedi0e10:incompletei0e8:intervali1702e12:min "
    "intervali851e6:peers636:" +
    hex("000000000000000000000000000000011ae1000000000000000000000000000000011ae2") + "e";
/// OT, the reply to event=stopped.
inline const std::string H3 =
    "d8:completei2e10:incompletei0e8:intervali1828e12:min intervali914e5:peers0:e";
/// OT, a hash its access list refuses; the status is 200.
inline const std::string H4 =
    "d14:failure reason63:Requested download is not authorized for use with this tracker.e";
/// OT, no info_hash in the request.
inline const std::string H5 =
    "d14:failure reason80:Your client forgot to send your torrent's info_hash. Please upgrade your "
    "client.e";
/// BT, compact.
inline const std::string H7 =
    "d8:completei1e10:incompletei0e8:intervali600e5:peers6:" + hex("7f0000011ae1") + "6:peers60:e";
/// BT, peers as dictionaries.
inline const std::string H8 =
    "d8:completei2e10:incompletei0e8:intervali600e5:peersl"
    "d2:ip9:127.0.0.17:peer id20:-TP0001-abcdefghijkl4:porti6881ee"
    "d2:ip9:127.0.0.17:peer id20:-TP0001-BBBBBBBBBBBB4:porti6882eeee";
/// BT, the reply to event=stopped.
inline const std::string H9 = "d8:completei0e10:incompletei0e8:intervali600e5:peerslee";
/// BT, scrape of aa times 20: the key is UTF-8.
inline const std::string H10 = "d5:filesd40:" + repeat(hex("c2aa"), 20) +
                               "d8:completei1e10:downloadedi1e10:incompletei0eee"
                               "5:flagsd20:min_request_intervali600eee";
/// OT, scrape of a hash it does not know.
inline const std::string H11 = "d5:filesdee";
/// BT, any other path; it repeats what it was asked.
inline const std::string H12 = "d14:failure reason40:invalid action in HTTP request: /nothinge";
inline const std::string H13_warning = "d5:peers0:15:warning message12:test messagee";
inline const std::string H13_external =
    "d5:peers0:11:external ip4:\x01\x02\x03\x04"
    "e";
inline const std::string H13_scrape =
    "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:incompletei2e10:downloadedi3e"
    "11:downloadersi6eeee";

}  // namespace vectors
