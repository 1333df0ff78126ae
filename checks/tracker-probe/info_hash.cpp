#include "checks/tracker-probe/info_hash.hpp"

#include <algorithm>

#include "checks/net/clean_text.hpp"

namespace tracker_probe {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base32_digit(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

std::optional<InfoHash> from_hex(std::string_view text) {
  InfoHash hash{};
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    if (i / 2 < hash.size()) hash[i / 2] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return hash;
}

std::optional<InfoHash> from_base32(std::string_view text) {
  InfoHash hash{};
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    const int digit = base32_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 5 | static_cast<std::uint32_t>(digit)) & 0xfffU;
    count += 5;
    if (count >= 8) {
      count -= 8;
      hash[filled++] = static_cast<std::uint8_t>(bits >> count);
    }
  }
  return hash;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<InfoHash> hash_of_topic(std::string_view topic) {
  if (topic.substr(0, 9) == "urn:btih:") return parse_info_hash(topic.substr(9));
  if (topic.substr(0, 13) == "urn:btmh:1220") return parse_info_hash(topic.substr(13));
  return std::nullopt;
}

}  // namespace

std::optional<InfoHash> parse_info_hash(std::string_view text) {
  if (text.size() == 40 || text.size() == 64) return from_hex(text);
  if (text.size() == 32) return from_base32(text);
  return std::nullopt;
}

std::string to_hex(const InfoHash& hash) {
  return checks::net::hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

PeerId make_peer_id(std::string_view prefix, const std::array<std::uint8_t, 12>& random) {
  static constexpr std::string_view alphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  PeerId id{};
  std::fill(id.begin(), id.end(), static_cast<std::uint8_t>('0'));
  const std::size_t start = std::min<std::size_t>(prefix.size(), 12);
  std::copy_n(prefix.begin(), start, id.begin());
  for (std::size_t i = 0; i < random.size() && start + i < id.size(); ++i) {
    id[start + i] = static_cast<std::uint8_t>(alphabet[random[i] % alphabet.size()]);
  }
  return id;
}

std::optional<Magnet> parse_magnet(std::string_view text) {
  if (text.substr(0, 8) != "magnet:?") return std::nullopt;
  text.remove_prefix(8);
  Magnet magnet;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = item.substr(0, item.find_first_of(".="));  // tr.1= as well
    const auto value = percent_decode(item.substr(equals + 1));
    if (!value) return std::nullopt;
    if (key == "tr" && magnet.trackers.size() < 1000) magnet.trackers.push_back(*value);
    if (key == "xt" && !magnet.info_hash) {
      magnet.info_hash = hash_of_topic(*value);
      if (!magnet.info_hash) return std::nullopt;
    }
  }
  return magnet;
}

}  // namespace tracker_probe
