#include "checks/tracker-probe/udp_messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checks/net/clean_text.hpp"

namespace tracker_probe {

namespace {

template <typename Number>
void put(std::vector<std::uint8_t>& out, Number number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

template <typename Number>
Number get(Bytes bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = static_cast<Number>(static_cast<Number>(number << 8) | bytes[at + i]);
  }
  return number;
}

void put_bytes(std::vector<std::uint8_t>& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_url_data(std::vector<std::uint8_t>& out, std::string_view data) {
  while (!data.empty()) {
    const std::string_view chunk = data.substr(0, 255);
    out.push_back(2);
    out.push_back(static_cast<std::uint8_t>(chunk.size()));
    out.insert(out.end(), chunk.begin(), chunk.end());
    data.remove_prefix(chunk.size());
  }
}

std::size_t stride_of(Family family) { return family == Family::v4 ? 6 : 18; }

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string describe_options(Bytes options) {
  std::string data;
  while (options.size() >= 2 && options[0] == 2) {
    const std::size_t length = std::min<std::size_t>(options[1], options.size() - 2);
    data += as_text(options.subspan(2, length));
    options = options.subspan(2 + length);
  }
  return data.empty() ? "" : fmt::format(" url_data=\"{}\"", checks::net::clean_text(data));
}

std::string describe_request(Bytes d) {
  if (d.size() < 16) return "short request";
  const auto action = get<std::uint32_t>(d, 8);
  const auto tid = get<std::uint32_t>(d, 12);
  const auto cid = get<std::uint64_t>(d, 0);
  if (action == 0) return fmt::format("connect magic={:016x} action=0 tid={:08x}", cid, tid);
  if (action == 1 && d.size() >= 98) {
    return fmt::format(
        "announce cid={:016x} action=1 tid={:08x} info_hash={} peer_id=\"{}\" downloaded={} "
        "left={} "
        "uploaded={} event={} ip={:08x} key={:08x} num_want={} port={}{}",
        cid, tid, checks::net::hex(as_text(d.subspan(16, 20))),
        checks::net::clean_text(as_text(d.subspan(36, 20))), get<std::uint64_t>(d, 56),
        get<std::uint64_t>(d, 64), get<std::uint64_t>(d, 72), get<std::uint32_t>(d, 80),
        get<std::uint32_t>(d, 84), get<std::uint32_t>(d, 88),
        static_cast<std::int32_t>(get<std::uint32_t>(d, 92)), get<std::uint16_t>(d, 96),
        describe_options(d.subspan(98)));
  }
  if (action == 2) {
    return fmt::format("scrape cid={:016x} action=2 tid={:08x} hashes={}", cid, tid,
                       (d.size() - 16) / 20);
  }
  return fmt::format("action={} tid={:08x}", action, tid);
}

std::string describe_announce_reply(Bytes d, std::uint32_t tid, Family family) {
  const auto reply = read_announce_reply(d, family);
  if (!reply) return fmt::format("announce action=1 tid={:08x}, cut short", tid);
  return fmt::format("announce action=1 tid={:08x} interval={} leechers={} seeders={} peers={}{}",
                     tid, reply->interval, reply->leechers, reply->seeders, reply->peers,
                     reply->misaligned ? " (misaligned)" : "");
}

std::string describe_reply(Bytes d, Family family) {
  const auto header = read_header(d);
  if (!header) return "shorter than a header";
  const std::uint32_t tid = header->transaction_id;
  if (is_error_action(header->action)) {
    return fmt::format("error action={:#x} tid={:08x} text=\"{}\"", header->action, tid,
                       checks::net::clean_text(read_error_text(d)));
  }
  switch (header->action) {
    case 0: {
      const auto cid = read_connect_reply(d);
      if (!cid) return fmt::format("connect action=0 tid={:08x}, cut short", tid);
      return fmt::format("connect action=0 tid={:08x} cid={:016x}", tid, *cid);
    }
    case 1: return describe_announce_reply(d, tid, family);
    case 2: {
      std::string text = fmt::format("scrape action=2 tid={:08x}", tid);
      for (const ScrapeReply& entry : read_scrape_reply(d)) {
        text += fmt::format(" seeders={} completed={} leechers={}", entry.seeders, entry.completed,
                            entry.leechers);
      }
      return text;
    }
    default: return fmt::format("unknown action={:#x} tid={:08x}", header->action, tid);
  }
}

}  // namespace

void write_connect(std::vector<std::uint8_t>& out, std::uint32_t transaction_id) {
  out.clear();
  put(out, udp_magic);
  put(out, static_cast<std::uint32_t>(UdpAction::connect));
  put(out, transaction_id);
}

void write_announce(std::vector<std::uint8_t>& out, const AnnounceRequest& request) {
  out.clear();
  put(out, request.connection_id);
  put(out, static_cast<std::uint32_t>(UdpAction::announce));
  put(out, request.transaction_id);
  put_bytes(out, request.info_hash);
  put_bytes(out, request.peer_id);
  put(out, std::uint64_t{0});  // downloaded
  put(out, request.left);
  put(out, std::uint64_t{0});  // uploaded
  put(out, static_cast<std::uint32_t>(request.event));
  put(out, std::uint32_t{0});  // IP address: the sender's
  put(out, request.key);
  put(out, static_cast<std::uint32_t>(request.num_want));
  put(out, request.port);
  put_url_data(out, request.url_data);
}

void write_scrape(std::vector<std::uint8_t>& out, std::uint64_t connection_id,
                  std::uint32_t transaction_id, std::span<const InfoHash> hashes) {
  out.clear();
  put(out, connection_id);
  put(out, static_cast<std::uint32_t>(UdpAction::scrape));
  put(out, transaction_id);
  for (const InfoHash& hash : hashes) put_bytes(out, hash);
}

std::optional<UdpHeader> read_header(Bytes datagram) {
  if (datagram.size() < 8) return std::nullopt;
  return UdpHeader{get<std::uint32_t>(datagram, 0), get<std::uint32_t>(datagram, 4)};
}

std::optional<std::uint64_t> read_connect_reply(Bytes datagram) {
  if (datagram.size() < connect_reply_bytes) return std::nullopt;
  return get<std::uint64_t>(datagram, 8);
}

std::optional<AnnounceReply> read_announce_reply(Bytes datagram, Family family) {
  if (datagram.size() < announce_reply_bytes) return std::nullopt;
  AnnounceReply reply;
  reply.interval = get<std::uint32_t>(datagram, 8);
  reply.leechers = get<std::uint32_t>(datagram, 12);
  reply.seeders = get<std::uint32_t>(datagram, 16);
  const Bytes list = datagram.subspan(announce_reply_bytes);
  const std::size_t stride = stride_of(family);
  reply.peer_list_bytes = list.size();
  reply.peers = list.size() / stride;
  reply.misaligned = list.size() % stride != 0;
  reply.peer_list = list.first(reply.peers * stride);
  return reply;
}

Endpoint peer_at(const AnnounceReply& reply, Family family, std::size_t index) {
  const std::size_t stride = stride_of(family);
  const Bytes entry = reply.peer_list.subspan(index * stride, stride);
  Endpoint endpoint;
  endpoint.address = *checks::net::ip_from_bytes(entry.first(stride - 2));
  endpoint.port = get<std::uint16_t>(entry, stride - 2);
  return endpoint;
}

std::vector<ScrapeReply> read_scrape_reply(Bytes datagram) {
  std::vector<ScrapeReply> entries;
  if (datagram.size() < 8) return entries;
  const std::size_t count = std::min<std::size_t>((datagram.size() - 8) / scrape_entry_bytes, 100);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 8 + i * scrape_entry_bytes;
    entries.push_back({get<std::uint32_t>(datagram, at), get<std::uint32_t>(datagram, at + 4),
                       get<std::uint32_t>(datagram, at + 8)});
  }
  return entries;
}

std::string read_error_text(Bytes datagram) {
  if (datagram.size() <= 8) return {};
  std::string text(as_text(datagram.subspan(8)));
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

std::string describe_datagram(Bytes datagram, Wire wire, Family family) {
  return wire == Wire::request ? describe_request(datagram) : describe_reply(datagram, family);
}

}  // namespace tracker_probe
