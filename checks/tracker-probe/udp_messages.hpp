// The UDP tracker protocol's datagrams (BEP 15, BEP 41): bytes to structs and back. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::uint64_t udp_magic = 0x41727101980ULL;

enum class UdpAction : std::uint32_t { connect = 0, announce = 1, scrape = 2, error = 3 };
enum class AnnounceEvent : std::uint32_t { none = 0, completed = 1, started = 2, stopped = 3 };

struct AnnounceRequest {
  std::uint64_t connection_id = 0;
  std::uint32_t transaction_id = 0;
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint64_t left = 1;  // downloaded and uploaded are always 0
  AnnounceEvent event = AnnounceEvent::started;
  std::uint32_t key = 0;
  std::int32_t num_want = 1;
  std::uint16_t port = 0;
  std::string_view url_data;  // BEP 41, sent in options of at most 255 bytes
};

// Each writes one datagram over what was in `out`.
void write_connect(std::vector<std::uint8_t>& out, std::uint32_t transaction_id);
void write_announce(std::vector<std::uint8_t>& out, const AnnounceRequest& request);
void write_scrape(std::vector<std::uint8_t>& out, std::uint64_t connection_id,
                  std::uint32_t transaction_id, std::span<const InfoHash> hashes);

struct UdpHeader {
  std::uint32_t action = 0;
  std::uint32_t transaction_id = 0;
};
/// Nothing below eight bytes.
[[nodiscard]] std::optional<UdpHeader> read_header(Bytes datagram);

/// A tracker of 2014 sends the error action in little-endian.
inline constexpr std::uint32_t swapped_error_action = 0x03000000;
[[nodiscard]] constexpr bool is_error_action(std::uint32_t action) {
  return action == static_cast<std::uint32_t>(UdpAction::error) || action == swapped_error_action;
}

inline constexpr std::size_t connect_reply_bytes = 16;
inline constexpr std::size_t announce_reply_bytes = 20;
inline constexpr std::size_t scrape_entry_bytes = 12;

/// The connection id; nothing below 16 bytes. Longer is fine.
[[nodiscard]] std::optional<std::uint64_t> read_connect_reply(Bytes datagram);

struct AnnounceReply {
  std::uint32_t interval = 0;
  std::uint32_t leechers = 0;
  std::uint32_t seeders = 0;
  std::size_t peers = 0;
  std::size_t peer_list_bytes = 0;
  bool misaligned = false;  // the list is not a multiple of an entry
  Bytes peer_list;          // whole entries only; a view into the datagram
};
/// Nothing below 20 bytes. Entries are as wide as the socket's family says.
[[nodiscard]] std::optional<AnnounceReply> read_announce_reply(Bytes datagram, Family family);
/// Entry `index` of such a list.
[[nodiscard]] Endpoint peer_at(const AnnounceReply& reply, Family family, std::size_t index);

/// The whole entries of a scrape reply, at most 100.
[[nodiscard]] std::vector<ScrapeReply> read_scrape_reply(Bytes datagram);

/// The text of an error reply, raw, without trailing NULs.
[[nodiscard]] std::string read_error_text(Bytes datagram);

enum class Wire { request, reply };
/// "announce action=1 tid=55667788 interval=1897 …" for --verbose; clean for a terminal.
[[nodiscard]] std::string describe_datagram(Bytes datagram, Wire wire, Family family);

}  // namespace tracker_probe
