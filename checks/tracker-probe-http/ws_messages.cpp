#include "checks/tracker-probe-http/ws_messages.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_reader.hpp"
#include "checks/net/json_writer.hpp"

namespace tracker_probe {

using checks::net::JsonValue;
using checks::net::JsonWriter;

std::string latin1_text(const std::array<std::uint8_t, 20>& bytes) {
  std::string out;
  for (const auto byte : bytes) {
    if (byte < 0x80) {
      out += static_cast<char>(byte);
    } else {
      out += static_cast<char>(0xc0U | (byte >> 6U));
      out += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return out;
}

std::optional<std::array<std::uint8_t, 20>> latin1_bytes(std::string_view text) {
  std::array<std::uint8_t, 20> out{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto code = static_cast<unsigned>(static_cast<unsigned char>(text[i]));
    if (code >= 0x80) {
      if ((code != 0xc2 && code != 0xc3) || i + 1 >= text.size()) return std::nullopt;
      const auto next = static_cast<unsigned>(static_cast<unsigned char>(text[++i]));
      if ((next & 0xc0U) != 0x80U) return std::nullopt;
      code = ((code & 0x03U) << 6U) | (next & 0x3fU);
    }
    if (count == out.size()) return std::nullopt;
    out[count++] = static_cast<std::uint8_t>(code);
  }
  if (count != out.size()) return std::nullopt;
  return out;
}

namespace {

void description(JsonWriter& json, std::string_view type, std::string_view sdp) {
  json.begin_object().field("type", type).field("sdp", sdp).end_object();
}

}  // namespace

std::string ws_announce_text(const AnnounceRequest& request,
                             const std::optional<WsOfferOut>& offer) {
  JsonWriter json;
  json.begin_object()
      .field("action", "announce")
      .field("info_hash", latin1_text(request.info_hash))
      .field("peer_id", latin1_text(request.peer_id))
      .field("uploaded", 0)
      .field("downloaded", 0)
      .field("left", request.left);
  if (request.event == AnnounceEvent::started) json.field("event", "started");
  if (request.event == AnnounceEvent::stopped) json.field("event", "stopped");
  if (request.tracker_id) json.field("trackerid", *request.tracker_id);
  json.field("numwant", offer ? 1 : 0).key("offers").begin_array();
  if (offer) {
    json.begin_object().key("offer");
    description(json, "offer", offer->sdp);
    json.field("offer_id", latin1_text(offer->id)).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

std::string ws_answer_text(const InfoHash& hash, const PeerId& from, const PeerId& to,
                           const OfferId& offer, std::string_view sdp) {
  JsonWriter json;
  json.begin_object()
      .field("action", "announce")
      .field("info_hash", latin1_text(hash))
      .field("peer_id", latin1_text(from))
      .field("to_peer_id", latin1_text(to))
      .field("offer_id", latin1_text(offer))
      .key("answer");
  description(json, "answer", sdp);
  json.end_object();
  return json.take();
}

std::string ws_scrape_text(const InfoHash& hash) {
  JsonWriter json;
  json.begin_object().field("action", "scrape").key("info_hash").begin_array();
  json.value(latin1_text(hash)).end_array().end_object();
  return json.take();
}

namespace {

Finding wrong(std::string text) { return {"ws.json", State::critical, std::move(text), false}; }

/// Reads members of one message; the first that is wrong is the error.
class Members {
 public:
  explicit Members(const JsonValue& object) : object_(object) {}

  std::optional<std::int64_t> integer(std::string_view key) {
    const auto* value = object_.find(key);
    if (value == nullptr || is_null(*value)) return std::nullopt;
    const auto* number = value->number();
    constexpr double largest = 9007199254740992.0;  // 2^53: beyond it a double is not exact
    if (number == nullptr || std::abs(*number) > largest || std::trunc(*number) != *number) {
      fail(fmt::format("\"{}\" is not an integer", key));
      return std::nullopt;
    }
    return static_cast<std::int64_t>(*number);
  }

  std::optional<std::string> string(std::string_view key) {
    const auto* value = object_.find(key);
    if (value == nullptr || is_null(*value)) return std::nullopt;
    const auto* text = value->string();
    if (text == nullptr) {
      fail(fmt::format("\"{}\" is not a string", key));
      return std::nullopt;
    }
    return *text;
  }

  /// A field that must be there and hold 20 bytes.
  std::array<std::uint8_t, 20> bytes20(std::string_view key) {
    const auto text = string(key);
    if (!text) {
      fail(fmt::format("message without \"{}\"", key));
      return {};
    }
    const auto bytes = latin1_bytes(*text);
    if (!bytes) fail(fmt::format("\"{}\" is not 20 characters up to U+00FF", key));
    return bytes.value_or(std::array<std::uint8_t, 20>{});
  }

  /// The `sdp` inside an `offer` or an `answer`.
  std::string sdp(std::string_view key) {
    const auto* inner = object_.find(key);
    const auto* text = inner == nullptr ? nullptr : inner->find("sdp");
    if (text == nullptr || text->string() == nullptr) {
      fail(fmt::format("\"{}\" has no \"sdp\"", key));
      return {};
    }
    return *text->string();
  }

  [[nodiscard]] bool has(std::string_view key) const {
    const auto* value = object_.find(key);
    return value != nullptr && !is_null(*value);
  }

  void fail(std::string text) {
    if (!error_) error_ = wrong(std::move(text));
  }
  [[nodiscard]] const std::optional<Finding>& error() const { return error_; }

 private:
  static bool is_null(const JsonValue& value) {
    return std::holds_alternative<std::nullptr_t>(value.data);
  }
  const JsonValue& object_;
  std::optional<Finding> error_;
};

WsAnnounceReply read_announce(Members& members) {
  WsAnnounceReply out;
  out.info_hash = members.bytes20("info_hash");
  out.reply.interval = members.integer("interval");
  out.reply.min_interval = members.integer("min interval");
  out.reply.seeders = members.integer("complete");
  out.reply.leechers = members.integer("incomplete");
  out.reply.downloaded = members.integer("downloaded");
  out.reply.warning = members.string("warning message");
  out.reply.tracker_id = members.string("tracker id");
  return out;
}

WsScrape read_scrape(const JsonValue& object, Members& members) {
  WsScrape out;
  const auto* files = object.find("files");
  if (files == nullptr || files->object() == nullptr) {
    members.fail("scrape reply without \"files\"");
    return out;
  }
  const checks::net::JsonObject& by_hash = *files->object();
  for (std::size_t i = 0; i < by_hash.keys.size(); ++i) {
    const auto& key = by_hash.keys[i];
    const auto& value = by_hash.values[i];
    const auto hash = latin1_bytes(key);
    if (!hash) {
      members.fail("a key of \"files\" is not 20 characters up to U+00FF");
      return out;
    }
    Members file(value);
    ScrapeReply counts;
    counts.seeders = file.integer("complete").value_or(0);
    counts.leechers = file.integer("incomplete").value_or(0);
    counts.completed = file.integer("downloaded").value_or(0);
    if (file.error()) {
      members.fail(file.error()->text);
      return out;
    }
    out.files.emplace_back(*hash, counts);
  }
  return out;
}

WsMessage read_object(const JsonValue& object, Members& members) {
  if (members.has("failure reason")) {
    WsFailure out;
    out.reason = members.string("failure reason").value_or("");
    if (members.has("info_hash"))
      if (const auto text = members.string("info_hash")) out.info_hash = latin1_bytes(*text);
    return out;
  }
  const auto action = members.string("action").value_or("");
  if (action == "scrape") return read_scrape(object, members);
  if (action != "announce") return WsOther{action};
  if (members.has("offer"))
    return WsOffer{members.bytes20("info_hash"), members.bytes20("peer_id"),
                   members.bytes20("offer_id"), members.sdp("offer")};
  if (members.has("answer"))
    return WsAnswer{members.bytes20("info_hash"), members.bytes20("peer_id"),
                    members.bytes20("offer_id"), members.sdp("answer")};
  return read_announce(members);
}

}  // namespace

boost::system::result<WsMessage, Finding> read_ws_message(std::string_view text) {
  const auto parsed = checks::net::parse_json(text);
  if (const auto* error = std::get_if<checks::net::JsonError>(&parsed))
    return wrong(fmt::format("message is not JSON: {} at line {}, column {}", error->reason,
                             error->line, error->column));
  const auto& object = std::get<JsonValue>(parsed);
  if (object.object() == nullptr) return wrong("message is not a JSON object");
  Members members(object);
  auto message = read_object(object, members);
  if (members.error()) return *members.error();
  return message;
}

}  // namespace tracker_probe
