#include "checks/tracker-probe-http/ws_messages.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace tracker_probe;

namespace {

InfoHash filled(std::uint8_t byte) {
  InfoHash out;
  out.fill(byte);
  return out;
}

template <typename T>
T read_as(std::string_view text) {
  const auto message = read_ws_message(text);
  INFO((message ? "" : message.error().text));
  REQUIRE(message.has_value());
  REQUIRE(std::holds_alternative<T>(*message));
  return std::get<T>(*message);
}

std::string error_of(std::string_view text) {
  const auto message = read_ws_message(text);
  REQUIRE(message.has_error());
  CHECK(message.error().code == "ws.json");
  CHECK(message.error().state == State::critical);
  return message.error().text;
}

const std::string a20(20, 'a');
const std::string b20(20, 'b');
const std::string c20(20, 'c');

std::string reply_for(std::string_view hash) {
  return R"({"complete":1,"incomplete":0,"action":"announce","interval":120,"info_hash":")" +
         std::string(hash) + "\"}";
}

}  // namespace

TEST_CASE("ws: 20 bytes are 20 characters, whatever the bytes") {
  for (int byte = 0; byte < 256; ++byte) {
    const auto bytes = filled(static_cast<std::uint8_t>(byte));
    const auto text = latin1_text(bytes);
    CHECK(text.size() == (byte < 0x80 ? 20 : 40));
    CHECK(latin1_bytes(text) == bytes);
  }
}

TEST_CASE("ws: an announce says exactly this") {
  AnnounceRequest request;
  request.info_hash = filled(0xe0);
  request.peer_id = filled('p');
  std::string hash;
  for (int i = 0; i < 20; ++i) hash += "\xc3\xa0";
  const auto peer = std::string(20, 'p');
  CHECK(ws_announce_text(request) ==
        R"({"action":"announce","info_hash":")" + hash + R"(","peer_id":")" + peer +
            R"(","uploaded":0,"downloaded":0,"left":1,"event":"started","numwant":0,"offers":[]})");
  request.event = AnnounceEvent::stopped;
  CHECK(ws_announce_text(request).find(R"("event":"stopped")") != std::string::npos);
  request.event = AnnounceEvent::none;
  CHECK(
      ws_announce_text(request, WsOfferOut{filled('o'), "v=0\r\n"})
          .ends_with(
              R"("numwant":1,"offers":[{"offer":{"type":"offer","sdp":"v=0\u000d\u000a"},"offer_id":")" +
              std::string(20, 'o') + R"("}]})"));
  CHECK(ws_scrape_text(filled('a')) == R"({"action":"scrape","info_hash":[")" + a20 + R"("]})");
}

TEST_CASE("ws: what we write is read back by the same rules") {
  const auto text = ws_answer_text(filled('a'), filled('b'), filled('c'), filled(0), "sdp");
  const auto answer = read_as<WsAnswer>(text);
  CHECK(answer.info_hash == filled('a'));
  CHECK(answer.from == filled('b'));
  CHECK(answer.id == filled(0));
  CHECK(answer.sdp == "sdp");
  CHECK(text.find(R"("to_peer_id":")" + c20) != std::string::npos);
}

TEST_CASE("row 95 ws_ok: the reply of bittorrent-tracker") {
  const auto reply = read_as<WsAnnounceReply>(reply_for(a20));
  CHECK(reply.info_hash == filled('a'));
  CHECK(reply.reply.interval == 120);
  CHECK(reply.reply.seeders == 1);
  CHECK(reply.reply.leechers == 0);
  CHECK_FALSE(reply.reply.peers.has_value());
}

TEST_CASE("row 96 ws_roundtrip: offers and answers passed on") {
  const auto offer =
      read_as<WsOffer>(R"({"action":"announce","offer":{"type":"offer","sdp":"x"},)"
                       R"("offer_id":")" +
                       c20 + R"(","peer_id":")" + b20 + R"(","info_hash":")" + a20 + "\"}");
  CHECK(offer.info_hash == filled('a'));
  CHECK(offer.from == filled('b'));
  CHECK(offer.id == filled('c'));
  CHECK(offer.sdp == "x");
}

TEST_CASE("row 98 ws_failure_no_hash: a failure may not say which announce it means") {
  const auto bare = read_as<WsFailure>(R"({"failure reason":"invalid info_hash"})");
  CHECK(bare.reason == "invalid info_hash");
  CHECK_FALSE(bare.info_hash.has_value());
  const auto full = read_as<WsFailure>(
      R"({"action":"announce","failure reason":"no","info_hash":")" + a20 + "\"}");
  CHECK(full.info_hash == filled('a'));
}

TEST_CASE("row 94 json_latin1: twenty characters up to U+00FF") {
  std::string above;
  for (int i = 0; i < 19; ++i) above += "a";
  CHECK(error_of(reply_for(above + "\\u0100")) ==
        "\"info_hash\" is not 20 characters up to U+00FF");
  CHECK(error_of(reply_for(above + "\xc4\x80")) ==
        "\"info_hash\" is not 20 characters up to U+00FF");
  CHECK_FALSE(error_of(reply_for(above)).empty());
  CHECK_FALSE(error_of(reply_for(a20 + "a")).empty());
  std::string escaped;
  for (int i = 0; i < 20; ++i) escaped += "\\u00e0";
  CHECK(read_as<WsAnnounceReply>(reply_for(escaped)).info_hash == filled(0xe0));
  CHECK(error_of(reply_for(above + "\\ud800")).starts_with("message is not JSON: "));
}

TEST_CASE("ws: scrape replies") {
  const auto scrape = read_as<WsScrape>(R"({"action":"scrape","files":{")" + a20 +
                                        R"(":{"complete":1,"incomplete":2,"downloaded":3}},)"
                                        R"("flags":{"min_request_interval":600}})");
  REQUIRE(scrape.files.size() == 1);
  CHECK(scrape.files[0].first == filled('a'));
  CHECK(scrape.files[0].second.seeders == 1);
  CHECK(scrape.files[0].second.leechers == 2);
  CHECK(scrape.files[0].second.completed == 3);
  CHECK(error_of(R"({"action":"scrape"})") == "scrape reply without \"files\"");
  CHECK(error_of(R"({"action":"scrape","files":{"short":{}}})") ==
        "a key of \"files\" is not 20 characters up to U+00FF");
  CHECK(error_of(R"({"action":"scrape","files":{")" + a20 + R"(":{"complete":"x"}}})") ==
        "\"complete\" is not an integer");
}

TEST_CASE("ws: messages that are wrong say how") {
  CHECK(error_of("not json").starts_with("message is not JSON: "));
  CHECK(error_of("").starts_with("message is not JSON: "));
  CHECK(error_of("[]") == "message is not a JSON object");
  CHECK(error_of(R"({"action":"announce"})") == "message without \"info_hash\"");
  CHECK(error_of(R"({"action":5})") == "\"action\" is not a string");
  CHECK(error_of(R"({"action":"announce","info_hash":")" + a20 + R"(","interval":"x"})") ==
        "\"interval\" is not an integer");
  CHECK(error_of(R"({"action":"announce","info_hash":")" + a20 + R"(","interval":1e300})") ==
        "\"interval\" is not an integer");
  CHECK(error_of(R"({"action":"announce","info_hash":")" + a20 + R"(","interval":1.5})") ==
        "\"interval\" is not an integer");
  CHECK(error_of(R"({"failure reason":5})") == "\"failure reason\" is not a string");
  CHECK(error_of(R"({"action":"announce","offer":{},"info_hash":")" + a20 + R"(","peer_id":")" +
                 a20 + R"(","offer_id":")" + a20 + "\"}") == "\"offer\" has no \"sdp\"");
  CHECK(error_of(std::string(100'000, '[')).find("nested deeper") != std::string::npos);
  CHECK(read_as<WsOther>(R"({"action":"dance"})").action == "dance");
  CHECK(read_as<WsOther>("{}").action.empty());
}

TEST_CASE("ws: each prefix of a message is an error") {
  const auto whole = reply_for(a20);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(read_ws_message(std::string(whole.substr(0, length))).has_error());
}
