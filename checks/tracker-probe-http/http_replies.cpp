#include "checks/tracker-probe-http/http_replies.hpp"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "checks/tracker-probe-http/bencode.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace {

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Collects the peers of both lists.
class PeerCollector {
 public:
  PeerCollector(const AnnounceReading& reading, AnnounceMessage& message)
      : reading_(reading), message_(message) {}

  /// A compact list: `address_size` bytes of address and two of port for each.
  std::size_t compact(std::string_view key, std::string_view list, std::size_t address_size) {
    const auto stride = address_size + 2;
    if (list.size() % stride != 0)
      message_.notes.push_back(blemish(
          "http.peers_length",
          fmt::format("\"{}\" is {} bytes, not a multiple of {}", key, list.size(), stride)));
    const auto count = list.size() / stride;
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry = list.substr(i * stride, stride);
      const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(entry[at]); };
      const auto port =
          static_cast<std::uint16_t>((byte(address_size) << 8U) | byte(address_size + 1));
      const std::span<const std::uint8_t> raw(reinterpret_cast<const std::uint8_t*>(entry.data()),
                                              address_size);
      peer(port, checks::net::ip_from_bytes(raw));
    }
    return count;
  }

  /// A list of dictionaries (the old form, and what some send with compact=0).
  std::size_t dictionaries(const BencodeValue& list) {
    std::size_t count = 0;
    list.for_each_item([&](const BencodeValue& item) {
      const auto ip = item.find("ip");
      const auto port = item.find("port");
      const auto address = ip ? ip->string() : std::nullopt;
      const std::int64_t number = port ? port->integer().value_or(-1) : -1;
      if (!address || address->empty() || number < 0 || number > 65535) {
        ++dropped_;
        return;
      }
      ++count;
      peer(static_cast<std::uint16_t>(number), checks::net::parse_ip(*address));
    });
    return count;
  }

  void finish() {
    if (port_zero_ > 0)
      message_.notes.push_back(blemish("http.port_zero", fmt::format("{} of {} peers with port 0",
                                                                     port_zero_, message_.listed)));
    if (dropped_ > 0)
      message_.notes.push_back(blemish(
          "http.bad_peer",
          fmt::format("{} entries in the peer list without a usable ip and port", dropped_)));
  }

 private:
  /// An address may be missing: peers in dictionaries may be host names.
  void peer(std::uint16_t port, const std::optional<IpAddress>& address) {
    ++message_.listed;
    if (port == 0) ++port_zero_;
    if (reading_.wanted_port == port) message_.wanted_seen = true;
    auto& kept = message_.reply.peer_list;
    if (address && kept.size() < reading_.max_peers_kept) kept.push_back({*address, port});
  }

  const AnnounceReading& reading_;
  AnnounceMessage& message_;
  std::size_t port_zero_ = 0;
  std::size_t dropped_ = 0;
};

void read_peers(ReplyFields& fields, const AnnounceReading& reading, AnnounceMessage& message) {
  PeerCollector collector(reading, message);
  const auto list = [&](std::string_view key,
                        std::size_t address_size) -> std::optional<std::size_t> {
    const auto value = fields.any(key);
    if (!value) return std::nullopt;
    if (const auto compact = value->string()) return collector.compact(key, *compact, address_size);
    if (value->type() == BencodeType::list) return collector.dictionaries(*value);
    fields.wrong(key, *value, ReplyFields::Need::must);
    return std::nullopt;
  };
  message.reply.peers = list("peers", 4);
  message.reply.peers_v6 = list("peers6", 16);
  collector.finish();
}

void check_interval(const AnnounceMessage& message, std::vector<Finding>& notes) {
  const auto interval = message.reply.interval;
  if (!interval) {
    notes.push_back(
        blemish("http.no_interval", "reply has no \"interval\" (clients guess 1800 s)"));
  } else if (*interval < 60 || *interval > 86400) {
    notes.push_back(blemish("http.odd_interval", fmt::format("interval of {} s", *interval)));
  }
  if (!message.reply.peers && !message.reply.peers_v6)
    notes.push_back(blemish("http.no_peers", "reply has neither \"peers\" nor \"peers6\""));
}

void read_external_ip(ReplyFields& fields, AnnounceMessage& message) {
  const auto raw = fields.string("external ip", ReplyFields::Need::may);
  if (!raw) return;
  message.reply.external_ip =
      checks::net::ip_from_bytes({reinterpret_cast<const std::uint8_t*>(raw->data()), raw->size()});
  if (!message.reply.external_ip)
    message.notes.push_back(blemish(
        "http.external_ip", fmt::format("\"external ip\" is {} bytes, not 4 or 16", raw->size())));
}

}  // namespace

boost::system::result<AnnounceMessage, Finding> read_announce_reply(
    std::string_view body, const AnnounceReading& reading) {
  using Need = ReplyFields::Need;
  AnnounceMessage message;
  const auto document = read_dictionary(body, message.notes);
  if (!document) return document.error();
  ReplyFields fields(document->root(), message.notes);
  auto& reply = message.reply;
  reply.failure = fields.string("failure reason", Need::must);
  reply.retry_in = fields.retry_in();
  reply.warning = fields.string("warning message", Need::may);
  reply.interval = fields.integer("interval", Need::must);
  reply.min_interval = fields.integer("min interval", Need::may);
  reply.seeders = fields.integer("complete", Need::must);
  reply.leechers = fields.integer("incomplete", Need::must);
  reply.downloaded = fields.integer("downloaded", Need::may);
  reply.tracker_id = fields.string("tracker id", Need::may);
  read_external_ip(fields, message);
  read_peers(fields, reading, message);
  if (reply.failure) return message;
  if (fields.error()) return *fields.error();
  if (!reply.interval && !reply.peers && !reply.peers_v6)
    return critical("bencode.schema",
                    "reply has neither \"failure reason\", \"interval\" nor \"peers\"");
  check_interval(message, message.notes);
  return message;
}

namespace {

/// The bytes of a key that somebody wrote as UTF-8, one character a byte; nothing if it is not
/// that.
std::optional<std::string> latin1_of_utf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out += text[i];
    } else if ((c == 0xc2 || c == 0xc3) && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[++i]);
      if ((next & 0xc0U) != 0x80U) return std::nullopt;
      out += static_cast<char>(((c & 0x03U) << 6U) | (next & 0x3fU));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

constexpr std::size_t longest_utf8_hash = 2 * std::tuple_size_v<InfoHash>;

struct ScrapeKey {
  std::string hash;
  bool utf8 = false;
};

std::optional<ScrapeKey> read_key(std::string_view key) {
  constexpr auto size = std::tuple_size_v<InfoHash>;
  if (key.size() == size) return ScrapeKey{std::string(key), false};
  if (key.size() > longest_utf8_hash) return std::nullopt;
  auto decoded = latin1_of_utf8(key);
  if (!decoded || decoded->size() != size) return std::nullopt;
  return ScrapeKey{std::move(*decoded), true};
}

std::optional<Finding> read_file(const BencodeValue& value, ScrapeReply& file,
                                 std::vector<Finding>& notes) {
  if (value.type() != BencodeType::dictionary) return wrong_type("files entry", value);
  ReplyFields fields(value, notes);
  const auto seeders = fields.integer("complete", ReplyFields::Need::must);
  const auto leechers = fields.integer("incomplete", ReplyFields::Need::must);
  file.completed = fields.integer("downloaded", ReplyFields::Need::may).value_or(0);
  if (fields.error()) return fields.error();
  if (!seeders || !leechers)
    notes.push_back(blemish("scrape.counts", "scrape entry lacks \"complete\" or \"incomplete\""));
  file.seeders = seeders.value_or(0);
  file.leechers = leechers.value_or(0);
  return std::nullopt;
}

std::optional<Finding> read_files(const BencodeValue& files, std::span<const InfoHash> asked,
                                  ScrapeMessage& message) {
  std::optional<Finding> error;
  bool utf8 = false;
  files.for_each_entry([&](std::string_view key, const BencodeValue& value) {
    ++message.listed;
    const auto hash = read_key(key);
    if (!hash || error) return;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (as_text(asked[i]) != hash->hash || message.files[i]) continue;
      utf8 = utf8 || hash->utf8;
      message.files[i].emplace();
      error = read_file(value, *message.files[i], message.notes);
      if (error) return;
    }
  });
  if (utf8)
    message.notes.push_back(blemish(
        "scrape.key_utf8", "scrape keys are UTF-8 text, not the 20 bytes of the info-hash"));
  return error;
}

}  // namespace

boost::system::result<ScrapeMessage, Finding> read_scrape_reply(std::string_view body,
                                                                std::span<const InfoHash> asked) {
  ScrapeMessage message;
  message.files.resize(asked.size());
  const auto document = read_dictionary(body, message.notes);
  if (!document) return document.error();
  ReplyFields fields(document->root(), message.notes);
  message.failure = fields.string("failure reason", ReplyFields::Need::must);
  message.retry_in = fields.retry_in();
  if (message.failure) return message;
  if (const auto flags = fields.any("flags"))
    if (const auto interval = flags->find("min_request_interval"))
      message.min_request_interval = interval->integer();
  auto files = fields.any("files");
  if (!files) {
    files = fields.any("host");
    if (files)
      message.notes.push_back(
          blemish("scrape.host_key", "scrape reply says \"host\", not \"files\""));
  }
  if (!files)
    return critical("bencode.schema", "scrape reply has neither \"failure reason\" nor \"files\"");
  if (files->type() != BencodeType::dictionary) return wrong_type("files", *files);
  if (auto error = read_files(*files, asked, message)) return *error;
  return message;
}

}  // namespace tracker_probe
