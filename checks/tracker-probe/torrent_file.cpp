#include "checks/tracker-probe/torrent_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checks/net/clean_text.hpp"
#include "checks/net/digest.hpp"
#include "checks/tracker-probe-http/bencode.hpp"

namespace tracker_probe {

namespace {

/// A torrent of many files is larger than any tracker's reply.
constexpr BencodeLimits torrent_limits{100, 1'000'000, max_torrent_bytes};

void add_tracker(std::vector<std::string>& trackers, const BencodeValue& value) {
  const auto text = value.string();
  if (!text || text->empty() || trackers.size() >= max_torrent_trackers) return;
  if (std::find(trackers.begin(), trackers.end(), *text) == trackers.end())
    trackers.emplace_back(*text);
}

InfoHash hash_of(const BencodeValue& info) {
  InfoHash hash{};
  const auto version = info.find("meta version");
  if (version && version->integer() == 2 && !info.find("pieces")) {
    std::copy_n(checks::net::sha256(info.raw()).begin(), hash.size(), hash.begin());
  } else {
    hash = checks::net::sha1(info.raw());
  }
  return hash;
}

}  // namespace

std::variant<Torrent, std::string> read_torrent(std::string_view bytes) {
  const auto document = parse_bencode(bytes, torrent_limits);
  if (!document) {
    return fmt::format("not a torrent: {} at byte {}",
                       checks::net::clean_text(document.error().text), document.error().offset);
  }
  const BencodeValue root = document->root();
  const auto info = root.find("info");
  if (!info || info->type() != BencodeType::dictionary)
    return std::string("not a torrent: it has no \"info\"");
  Torrent torrent;
  torrent.info_hash = hash_of(*info);
  if (const auto tiers = root.find("announce-list")) {
    tiers->for_each_item([&](const BencodeValue& tier) {
      tier.for_each_item([&](const BencodeValue& url) { add_tracker(torrent.trackers, url); });
    });
  }
  const auto announce = root.find("announce");
  if (announce && torrent.trackers.empty()) add_tracker(torrent.trackers, *announce);
  if (torrent.trackers.empty()) return std::string("the torrent names no tracker");
  return torrent;
}

}  // namespace tracker_probe
