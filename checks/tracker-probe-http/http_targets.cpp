#include "checks/tracker-probe-http/http_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

namespace tracker_probe {

std::string percent_encode(std::string_view bytes) {
  constexpr std::string_view hex_digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 3);
  for (const char c : bytes) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '.' || c == '_' || c == '~' || c == '-';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex_digits[byte >> 4U];
      out += hex_digits[byte & 0x0fU];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const auto* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

namespace {

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls visit(whole pair, its key) for each `key=value` of a query, the '?' left out.
template <typename Visit>
void for_each_pair(std::string_view query, Visit visit) {
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (!pair.empty()) visit(pair, pair.substr(0, pair.find('=')));
  }
}

/// What the URL itself asks, without the keys in `ours`; ends with '?' or '&'.
std::string kept_query(std::string_view query, std::span<const std::string_view> ours) {
  std::string out = "?";
  for_each_pair(query, [&](std::string_view pair, std::string_view key) {
    if (std::find(ours.begin(), ours.end(), key) != ours.end()) return;
    out += pair;
    out += '&';
  });
  return out;
}

bool has_key(std::string_view query, std::string_view wanted) {
  bool found = false;
  for_each_pair(query, [&](std::string_view, std::string_view key) { found |= key == wanted; });
  return found;
}

}  // namespace

std::string announce_target(std::string_view path, std::string_view query,
                            const AnnounceRequest& request) {
  assert(request.port != 0);
  assert(request.left != 0 || request.event != AnnounceEvent::started);
  constexpr std::array<std::string_view, 10> ours = {
      "info_hash", "peer_id", "port",       "uploaded", "downloaded",
      "left",      "compact", "no_peer_id", "numwant",  "event"};
  std::string out(path);
  out += kept_query(query, ours);
  out += fmt::format(
      "info_hash={}&peer_id={}&port={}&uploaded=0&downloaded=0&left={}&compact=1&no_peer_id=1"
      "&numwant={}",
      percent_encode(as_text(request.info_hash)), percent_encode(as_text(request.peer_id)),
      request.port, request.left, request.num_want);
  if (!has_key(query, "key")) out += fmt::format("&key={:08X}", request.key);
  switch (request.event) {
    case AnnounceEvent::none: break;
    case AnnounceEvent::started: out += "&event=started"; break;
    case AnnounceEvent::stopped: out += "&event=stopped"; break;
  }
  if (request.tracker_id && !has_key(query, "trackerid"))
    out += "&trackerid=" + percent_encode(*request.tracker_id);
  return out;
}

std::optional<std::string> scrape_path(std::string_view announce_path) {
  constexpr std::string_view announce = "announce";
  const auto last = announce_path.rfind('/');
  if (last == std::string_view::npos) return std::nullopt;
  const auto replaced = [&](std::size_t at) {
    std::string out(announce_path);
    out.replace(at, announce.size(), "scrape");
    return out;
  };
  if (announce_path.substr(last + 1).starts_with(announce)) return replaced(last + 1);
  std::optional<std::size_t> only;
  for (std::size_t at = 0; at != std::string_view::npos; at = announce_path.find('/', at + 1)) {
    const auto segment = announce_path.substr(at + 1, announce_path.find('/', at + 1) - at - 1);
    if (segment != announce) continue;
    if (only) return std::nullopt;
    only = at + 1;
  }
  if (!only) return std::nullopt;
  return replaced(*only);
}

std::optional<std::string> scrape_target(std::string_view path, std::string_view query,
                                         std::span<const InfoHash> hashes) {
  assert(!hashes.empty() && hashes.size() <= max_http_scrape_hashes);
  auto out = scrape_path(path);
  if (!out) return std::nullopt;
  constexpr std::array<std::string_view, 1> ours = {"info_hash"};
  *out += kept_query(query, ours);
  for (const auto& hash : hashes)
    *out += fmt::format("{}info_hash={}", &hash == hashes.data() ? "" : "&",
                        percent_encode(as_text(hash)));
  return out;
}

}  // namespace tracker_probe
