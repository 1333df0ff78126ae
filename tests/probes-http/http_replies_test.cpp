#include "checks/tracker-probe-http/http_replies.hpp"

#include <algorithm>
#include <string>

#include "tests/catch.hpp"
#include "tests/probes-http/vectors.hpp"

using namespace tracker_probe;
using vectors::hex;

namespace {

AnnounceMessage announce(std::string_view body, const AnnounceReading& reading = {}) {
  const auto message = read_announce_reply(body, reading);
  INFO((message ? "" : message.error().text));
  REQUIRE(message.has_value());
  return *message;
}

Finding announce_error(std::string_view body) {
  const auto message = read_announce_reply(body);
  REQUIRE(message.has_error());
  CHECK(message.error().state == State::critical);
  return message.error();
}

ScrapeMessage scrape(std::string_view body, const std::vector<InfoHash>& asked) {
  const auto message = read_scrape_reply(body, asked);
  INFO((message ? "" : message.error().text));
  REQUIRE(message.has_value());
  return *message;
}

bool has_note(const std::vector<Finding>& notes, std::string_view code) {
  return std::any_of(notes.begin(), notes.end(), [&](const Finding& finding) {
    return finding.code == code && finding.state == State::ok && !finding.text.empty();
  });
}

InfoHash hash_of(std::uint8_t byte) {
  InfoHash out;
  out.fill(byte);
  return out;
}

std::string text_of(const AnnounceMessage& message) {
  std::string out;
  for (const auto& peer : message.reply.peer_list) out += to_text(peer) + " ";
  return out;
}

}  // namespace

TEST_CASE("row 55 http_ok_compact: opentracker, with a peer on port 0") {
  const auto message = announce(vectors::H1);
  CHECK(message.reply.seeders == 2);
  CHECK(message.reply.leechers == 0);
  CHECK(message.reply.downloaded == 0);
  CHECK(message.reply.interval == 1956);
  CHECK(message.reply.min_interval == 978);
  CHECK(message.reply.peers == 2U);
  CHECK_FALSE(message.reply.peers_v6.has_value());
  CHECK(text_of(message) == "127.0.0.1:6881 127.0.0.1:0 ");
  CHECK(message.listed == 2);
  REQUIRE(message.notes.size() == 1);
  CHECK(message.notes[0].code == "http.port_zero");
  CHECK(message.notes[0].text == "1 of 2 peers with port 0");
  CHECK(message.notes[0].strict);
}

TEST_CASE("row 56 http_ok_peers6_only: no peers key is no blemish beside peers6") {
  const auto message = announce(vectors::H2);
  CHECK_FALSE(message.reply.peers.has_value());
  CHECK(message.reply.peers_v6 == 2U);
  CHECK(text_of(message) == "[::1]:6881 [::1]:6882 ");
  CHECK(message.notes.empty());
}

TEST_CASE("row 57 http_ok_dict_peers: peers as dictionaries") {
  const auto message = announce(vectors::H8);
  CHECK(message.reply.peers == 2U);
  CHECK(text_of(message) == "127.0.0.1:6881 127.0.0.1:6882 ");
  CHECK(message.notes.empty());
}

TEST_CASE("http: peers as dictionaries may be IPv6, names or nonsense") {
  const auto message = announce(
      "d8:intervali900e5:peersl"
      "d2:ip3:::14:porti1ee"
      "d2:ip9:peer.test4:porti65535ee"
      "d2:ip7:1.2.3.44:porti65536ee"
      "d2:ip7:1.2.3.44:porti-1ee"
      "d2:ip7:1.2.3.4e"
      "d4:porti1ee"
      "d2:ip0:4:porti1ee"
      "i7e"
      "ee");
  CHECK(message.reply.peers == 2U);
  CHECK(message.listed == 2);
  CHECK(text_of(message) == "[::1]:1 ");
  REQUIRE(has_note(message.notes, "http.bad_peer"));
  CHECK(message.notes.back().text == "6 entries in the peer list without a usable ip and port");
}

TEST_CASE("row 58 http_no_peers_keys: an empty swarm of chihaya") {
  const auto message =
      announce("d8:completei0e10:incompletei1e8:intervali1800e12:min intervali900ee");
  CHECK(message.reply.leechers == 1);
  CHECK_FALSE(message.reply.peers.has_value());
  CHECK(has_note(message.notes, "http.no_peers"));
}

TEST_CASE("row 59 http_trailing_crlf: blanks after the reply are nothing, other bytes are noted") {
  CHECK(announce(vectors::H7 + "\r\n").notes.empty());
  const auto message = announce(vectors::H7 + "\r\nx");
  REQUIRE(has_note(message.notes, "bencode.trailing"));
  CHECK(message.notes[0].text == "3 bytes after the end of the reply");
}

TEST_CASE("http: replies of bittorrent-tracker and of libtorrent's tests") {
  CHECK(announce(vectors::H7).reply.peers == 1U);
  CHECK(announce(vectors::H7).reply.peers_v6 == 0U);
  CHECK(announce(vectors::H9).reply.peers == 0U);
  CHECK(announce(vectors::H3).reply.interval == 1828);
  const auto warned = announce(vectors::H13_warning);
  CHECK(warned.reply.warning == "test message");
  CHECK(has_note(warned.notes, "http.no_interval"));
}

TEST_CASE("row 60 http_failure_200: a failure reason is the tracker's word") {
  CHECK(announce(vectors::H4).reply.failure ==
        "Requested download is not authorized for use with this tracker.");
  CHECK(announce(vectors::H5).reply.failure->size() == 80);
  CHECK(announce(vectors::H12).reply.failure == "invalid action in HTTP request: /nothing");
  CHECK(announce(vectors::H4).notes.empty());
  // With a failure reason nothing else has to be right.
  CHECK(announce("d14:failure reason1:x8:interval1:ye").reply.failure == "x");
}

TEST_CASE("row 61, 62 http_retry_int_and_str: retry in, written either way") {
  const auto retry = [](std::string_view value) {
    return announce("d14:failure reason1:x8:retry in" + std::string(value) + "e").reply.retry_in;
  };
  CHECK(retry("i5e") == "5");
  CHECK(retry("1:5") == "5");
  CHECK(retry("5:never") == "never");
  CHECK_FALSE(retry("4:soon").has_value());
  CHECK_FALSE(retry("le").has_value());
  CHECK(has_note(announce("d14:failure reason1:x8:retry in4:soone").notes, "bencode.schema"));
}

TEST_CASE("row 64 http_external_ip: 4 or 16 raw bytes") {
  CHECK(to_text(*announce(vectors::H13_external).reply.external_ip) == "1.2.3.4");
  const auto v6 = announce("d11:external ip16:" + hex("20010db8000000000000000000000001") +
                           "8:intervali900e5:peers0:e");
  CHECK(to_text(*v6.reply.external_ip) == "2001:db8::1");
  const auto odd = announce("d11:external ip5:123458:intervali900e5:peers0:e");
  CHECK_FALSE(odd.reply.external_ip.has_value());
  REQUIRE(has_note(odd.notes, "http.external_ip"));
  CHECK(odd.notes[0].text == "\"external ip\" is 5 bytes, not 4 or 16");
}

TEST_CASE("row 75 http_html_200: a parked page is not a tracker") {
  const auto error = announce_error("<!doctype html>");
  CHECK(error.code == "bencode.invalid");
  CHECK(error.text ==
        "reply is not bencoded: expected a dictionary at byte 0, got \"<\" (HTML page?)");
  CHECK(announce_error("\x1b[2J").text ==
        "reply is not bencoded: expected a dictionary at byte 0, got byte 0x1b");
  CHECK(announce_error("d8:intervalx").text ==
        "reply is not bencoded: expected a value, got \"x\" at byte 11");
  CHECK(announce_error("").text ==
        "reply is not bencoded: its 0 bytes end inside nothing: it is empty");
}

TEST_CASE("rows 87, 93: limits have their own code") {
  const auto error = announce_error("d5:peers" + std::string(100'000, 'l'));
  CHECK(error.code == "bencode.limit");
  CHECK(error.text == "reply exceeds limits: nesting > 32");
}

TEST_CASE("row 91 ben_types: a key of the wrong type says which and what") {
  CHECK(announce_error("d8:interval4:soon5:peers0:e").code == "bencode.schema");
  CHECK(announce_error("d8:interval4:soon5:peers0:e").text == "\"interval\" is a string");
  CHECK(announce_error("d8:intervali900e5:peersi5ee").text == "\"peers\" is an integer");
  CHECK(announce_error("d8:intervali900e6:peers6dee").text == "\"peers6\" is a dictionary");
  CHECK(announce_error("d8:completele8:intervali900e5:peers0:e").text == "\"complete\" is a list");
  CHECK(announce_error("d14:failure reasoni1ee").text == "\"failure reason\" is an integer");
  CHECK(announce_error("de").text ==
        "reply has neither \"failure reason\", \"interval\" nor \"peers\"");
  const auto odd = announce("d8:intervali900e5:peers13:1234567890123e");
  CHECK(odd.reply.peers == 2U);
  REQUIRE(has_note(odd.notes, "http.peers_length"));
  CHECK(odd.notes[0].text == "\"peers\" is 13 bytes, not a multiple of 6");
  const auto optional = announce("d8:intervali900e12:min interval1:x5:peers0:e");
  CHECK_FALSE(optional.reply.min_interval.has_value());
  CHECK(has_note(optional.notes, "bencode.schema"));
}

TEST_CASE("http: intervals nobody should keep are noted, not changed") {
  for (const auto* odd : {"i59e", "i86401e", "i-1e", "i9223372036854775807e"})
    CHECK(has_note(announce("d8:interval" + std::string(odd) + "5:peers0:e").notes,
                   "http.odd_interval"));
  CHECK(announce("d8:intervali-1e5:peers0:e").reply.interval == -1);
  for (const auto* fine : {"i60e", "i86400e"})
    CHECK(announce("d8:interval" + std::string(fine) + "5:peers0:e").notes.empty());
}

TEST_CASE("row 90: odd bencoding in a reply is noted") {
  CHECK(has_note(announce("d5:peers0:8:intervali900ee").notes, "bencode.blemish"));
  CHECK(has_note(announce("d8:intervali0900e5:peers0:e").notes, "bencode.blemish"));
}

TEST_CASE("http: many peers are counted, few are kept, the wanted one is found") {
  std::string list;
  for (int i = 0; i < 1000; ++i) list += hex("0a000001") + (i == 999 ? hex("c351") : hex("0001"));
  const auto body = "d8:intervali900e5:peers" + std::to_string(list.size()) + ":" + list + "e";
  const auto message = announce(body, {.max_peers_kept = 200, .wanted_port = 50001});
  CHECK(message.reply.peers == 1000U);
  CHECK(message.listed == 1000);
  CHECK(message.reply.peer_list.size() == 200);
  CHECK(message.wanted_seen);
  CHECK_FALSE(announce(body, {.wanted_port = 50002}).wanted_seen);
  CHECK_FALSE(announce(body).wanted_seen);
}

TEST_CASE("row 83 scrape_utf8_key: bittorrent-tracker writes the hash as UTF-8") {
  const auto message = scrape(vectors::H10, {hash_of(0xaa)});
  REQUIRE(message.files[0].has_value());
  CHECK(message.files[0]->seeders == 1);
  CHECK(message.files[0]->completed == 1);
  CHECK(message.files[0]->leechers == 0);
  CHECK(message.min_request_interval == 600);
  REQUIRE(has_note(message.notes, "scrape.key_utf8"));
  CHECK(message.notes[0].strict);
  CHECK_FALSE(scrape(vectors::H10, {hash_of(0xab)}).files[0].has_value());
}

TEST_CASE("row 84 scrape_empty_files: an unknown hash is simply not there") {
  const auto message = scrape(vectors::H11, {hash_of(0xaa)});
  CHECK_FALSE(message.files[0].has_value());
  CHECK(message.listed == 0);
  CHECK(message.notes.empty());
}

TEST_CASE("row 85 scrape_count_mismatch: each hash is looked up by itself") {
  const auto a = "20:" + std::string(20, 'a') + "d8:completei1e10:incompletei2e10:downloadedi3ee";
  const auto c = "20:" + std::string(20, 'c') + "d8:completei4e10:incompletei5e10:downloadedi6ee";
  const auto message =
      scrape("d5:filesd" + a + c + "ee", {hash_of('c'), hash_of('b'), hash_of('a')});
  CHECK(message.listed == 2);
  CHECK(message.files[0]->seeders == 4);
  CHECK_FALSE(message.files[1].has_value());
  CHECK(message.files[2]->completed == 3);
}

TEST_CASE("row 86 scrape_host_key / no downloaded: tolerated") {
  const auto entry = "20:" + std::string(20, 'a') + "d8:completei1e10:incompletei2ee";
  const auto message = scrape("d4:hostd" + entry + "ee", {hash_of('a')});
  CHECK(message.files[0]->leechers == 2);
  CHECK(message.files[0]->completed == 0);
  CHECK(has_note(message.notes, "scrape.host_key"));
  CHECK(scrape(vectors::H13_scrape, {hash_of('a')}).files[0]->completed == 3);
}

TEST_CASE("scrape: refusals and wrong shapes") {
  CHECK(scrape("d14:failure reason2:no8:retry in5:nevere", {hash_of(1)}).failure == "no");
  const std::vector<InfoHash> asked = {hash_of('a')};
  const auto error = [&](std::string_view body) {
    const auto message = read_scrape_reply(body, asked);
    REQUIRE(message.has_error());
    return message.error();
  };
  CHECK(error("de").text == "scrape reply has neither \"failure reason\" nor \"files\"");
  CHECK(error("d5:filesle"
              "e")
            .text == "\"files\" is a list");
  CHECK(error("d5:filesd20:aaaaaaaaaaaaaaaaaaaai1eee").text == "\"files entry\" is an integer");
  CHECK(error("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:complete1:xeee").text ==
        "\"complete\" is a string");
  CHECK(error("[]").code == "bencode.invalid");
  for (std::size_t length = 0; length < vectors::H10.size(); ++length)
    CHECK(read_scrape_reply(std::string(vectors::H10.substr(0, length)), asked).has_error());
}
