// Any datagram through the UDP codecs; what they accept must be consistent.
#include <cstdlib>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/udp_messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tracker_probe;
  const Bytes datagram(data, size);
  for (const Family family : {Family::v4, Family::v6}) {
    if (const auto reply = read_announce_reply(datagram, family)) {
      for (std::size_t i = 0; i < reply->peers; ++i) (void)peer_at(*reply, family, i);
    }
    for (const Wire wire : {Wire::request, Wire::reply}) {
      const std::string text = describe_datagram(datagram, wire, family);
      if (!checks::net::is_utf8(text)) std::abort();
      for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) std::abort();
      }
    }
  }
  (void)read_connect_reply(datagram);
  (void)read_scrape_reply(datagram);
  (void)read_error_text(datagram);
  return 0;
}
