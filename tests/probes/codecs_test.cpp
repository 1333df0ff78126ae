// Codecs against bytes captured from opentracker (2014, 2021) and bittorrent-tracker 11, and the
// spellings of URLs, hashes, durations and ranges.
#include <fmt/format.h>

#include "checks/net/clean_text.hpp"
#include "checks/net/digest.hpp"
#include "checks/net/json_reader.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/net/perfdata.hpp"
#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/info_hash.hpp"
#include "checks/tracker-probe/torrent_file.hpp"
#include "checks/tracker-probe/tracker_url.hpp"
#include "checks/tracker-probe/udp_loss.hpp"
#include "checks/tracker-probe/udp_messages.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tracker_probe;
using checks::net::clean_text;

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(
        static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

std::string hex_of(const std::vector<std::uint8_t>& bytes) {
  return checks::net::hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

AnnounceRequest captured_request() {
  AnnounceRequest request;
  request.connection_id = 0x50edeea2e97a77ceULL;
  request.transaction_id = 0x55667788;
  request.info_hash.fill(0xaa);
  const std::string id = "-TP0001-abcdefghijkl";
  std::copy(id.begin(), id.end(), request.peer_id.begin());
  request.left = 0;
  request.key = 0xdeadbeef;
  request.num_want = -1;
  request.port = 6881;
  return request;
}

TEST_CASE("requests have the captured bytes") {
  std::vector<std::uint8_t> out;
  write_connect(out, 0x11223344);
  CHECK(hex_of(out) == "00000417271019800000000011223344");  // V1
  write_announce(out, captured_request());
  CHECK(hex_of(out) ==  // V4
        "50edeea2e97a77ce0000000155667788aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2d5450303030312d61"
        "62636465"
        "666768696a6b6c0000000000000000000000000000000000000000000000000000000200000000deadbeefffff"
        "ffff1ae1");
  AnnounceRequest with_path = captured_request();
  with_path.url_data = "/announce";
  write_announce(out, with_path);
  CHECK(out.size() == 109);
  CHECK(hex_of(out).substr(98 * 2 - 4) == "1ae102092f616e6e6f756e6365");  // V13
  InfoHash hash{};
  hash.fill(0xaa);
  write_scrape(out, 0x50edeea2e97a77ceULL, 0x99aabbcc, {&hash, 1});
  CHECK(hex_of(out) == "50edeea2e97a77ce0000000299aabbcc" + std::string(40, 'a'));  // V14
}

TEST_CASE("connect replies") {
  CHECK(read_connect_reply(bytes_of("000000001122334450edeea2e97a77ce")) ==
        0x50edeea2e97a77ceULL);                                                          // V2
  CHECK(read_connect_reply(bytes_of("00000000112233440000041727101980")) == udp_magic);  // V3
  CHECK_FALSE(read_connect_reply(bytes_of("000000001122334450edeea2e97a77")));
  auto padded = bytes_of("000000001122334450edeea2e97a77ce");
  padded.resize(100);
  CHECK(read_connect_reply(padded) == 0x50edeea2e97a77ceULL);  // V20's rule: longer is fine
}

TEST_CASE("announce replies") {
  const auto v5 = bytes_of("00000001556677880000076900000000000000017f0000011ae1");
  auto reply = read_announce_reply(v5, Family::v4);
  REQUIRE(reply);
  CHECK(reply->interval == 1897);
  CHECK(reply->leechers == 0);
  CHECK(reply->seeders == 1);
  REQUIRE(reply->peers == 1);
  CHECK(checks::net::to_text(peer_at(*reply, Family::v4, 0)) == "127.0.0.1:6881");

  const auto v6 = bytes_of("00000001556677880000076e00000001000000017f0000011ae27f0000011ae1");
  reply = read_announce_reply(v6, Family::v4);
  REQUIRE(reply);
  CHECK(reply->peers == 2);
  CHECK(peer_at(*reply, Family::v4, 0).port == 6882);

  const auto v7 = bytes_of("0000000155667788000006980000000100000001");
  reply = read_announce_reply(v7, Family::v4);
  REQUIRE(reply);
  CHECK(reply->peers == 0);

  const auto v8 = bytes_of(
      "0000000155667788000006990000000100000001000000000000000000000000000000011ae20000000000000000"
      "00000000"
      "000000011ae1");
  reply = read_announce_reply(v8, Family::v6);
  REQUIRE(reply);
  CHECK(reply->peers == 2);
  CHECK_FALSE(reply->misaligned);
  CHECK(checks::net::to_text(peer_at(*reply, Family::v6, 1)) == "[::1]:6881");
  CHECK(read_announce_reply(v8, Family::v4)->peers == 6);  // the family decides, never the length

  CHECK_FALSE(read_announce_reply(bytes_of("0000000155667788"), Family::v4));  // V9
  const auto v10 = bytes_of("0000000155667788000007ad0000000000000000");
  CHECK(read_announce_reply(v10, Family::v4)->interval == 1965);
  const auto v19 = bytes_of("0000000155667788000002580000000200000000");
  reply = read_announce_reply(v19, Family::v6);
  REQUIRE(reply);
  CHECK(reply->leechers == 2);
  CHECK(reply->peers == 0);
}

TEST_CASE("errors and scrapes") {
  const auto v11 = bytes_of("0000000355667788436f6e6e656374696f6e204944206d6973736d617463682e00");
  CHECK(is_error_action(read_header(v11)->action));
  CHECK(read_error_text(v11) == "Connection ID missmatch.");
  const auto v12 = bytes_of("0300000055667788436f6e6e656374696f6e204944206d6973736d617463682e00");
  CHECK(is_error_action(read_header(v12)->action));
  CHECK(read_error_text(v12) == "Connection ID missmatch.");
  CHECK(read_error_text(bytes_of("0000000355667788")).empty());
  CHECK_FALSE(read_header(bytes_of("00000003556677")));

  auto entries = read_scrape_reply(bytes_of("0000000299aabbcc000000010000000000000001"));  // V14
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].seeders == 1);
  CHECK(entries[0].leechers == 1);
  entries = read_scrape_reply(bytes_of("0000000299aabbcc000000000000000000000000"));  // V15
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].leechers == 0);
  CHECK(
      read_scrape_reply(bytes_of("0000000299aabbcc000000010000000000000001000000000000000000000000"
                                 "000000010000000000000001"))
          .size() == 3);  // V16
  CHECK(read_scrape_reply(
            bytes_of("0000000299aabbcc000000010000000100000001000000000000000000000000"))
            .size() == 2);                                         // V17
  CHECK(read_scrape_reply(bytes_of("0000000200000007")).empty());  // V18
  CHECK(read_scrape_reply(std::vector<std::uint8_t>(65000)).size() == 100);
}

TrackerUrl good(std::string_view text) {
  INFO(text);
  const UrlResult result = parse_tracker_url(text);
  const auto* error = std::get_if<UrlError>(&result);
  INFO((error != nullptr ? error->reason : ""));
  REQUIRE(error == nullptr);
  return *std::get_if<TrackerUrl>(&result);
}

std::string bad(std::string_view text) {
  INFO(text);
  const UrlResult result = parse_tracker_url(text);
  const auto* error = std::get_if<UrlError>(&result);
  REQUIRE(error != nullptr);
  return error->reason;
}

TEST_CASE("the URL table") {
  for (const char* text : {"127.0.0.1:6969", "127.0.0.1:6969/", "127.0.0.1:6969/announce",
                           "localhost:6969", "localhost:6969/announce"}) {
    CHECK(good(text).scheme == Scheme::udp);
    CHECK(good(text).port == 6969);
  }
  CHECK(good("UDP://T.Example:80/Path?A=b").text() == "udp://t.example:80/Path?A=b");
  CHECK(good("udp6://[::1]:1").only == Family::v6);
  CHECK(good("http://h").path == "/announce");
  CHECK(good("http://h/").path == "/announce");
  CHECK(good("http://h").port == 80);
  CHECK(good("https://h/x/announce?pk=1").text() == "https://h/x/announce?pk=1");
  CHECK(good("http://h:81/announce/KEY").path == "/announce/KEY");
  CHECK(good("wss://h/p").port == 443);
  CHECK(good("ws://h").path.empty());
  CHECK(good("[2001:db8::1]:6969").authority() == "[2001:db8::1]:6969");
  CHECK(good("http://[::1]:80/announce").authority() == "[::1]");
  CHECK(good("udp://[fe80::1%251]:6969").literal->scope == 1);
  CHECK(good("http://u:p@h/").userinfo == "u:p");
  CHECK(good("udp://t.example.:80").host == "t.example.");
  CHECK(bad("udp://h") == "a udp URL needs a port");
  CHECK(bad("::1:6969") == "an IPv6 address needs brackets, write [::1]:6969");
  CHECK(bad("http:///x") == "it has no host");
  CHECK(bad("udp://h:0") == "port 0 is not between 1 and 65535");
  CHECK(bad("udp://h:70000") == "port 70000 is not between 1 and 65535");
  CHECK(bad("udp://h:99999999999999999999").find("port 9999") == 0);
  CHECK(bad("udp://h h:1") == "it contains a blank or a control character");
  CHECK(bad("") == "it is empty");
  CHECK(bad("udp://:80") == "it has no host");
  CHECK(bad("udp://h:") == "\"\" is not a port");
  CHECK(bad("udp://h:8a") == "\"8a\" is not a port");
  CHECK(bad("ftp://h:1") == "unsupported scheme \"ftp\"");
  CHECK(bad("udp://x.onion:1") == ".onion hosts are unsupported");
  CHECK(bad("udp://x.i2p:1") == ".i2p hosts are unsupported");
  for (const char* text :
       {"udp://127.1:80", "udp://0x7f.1:80", "udp://1.2.3:80", "udp://256.1.1.1:80"}) {
    CHECK(bad(text) == "the host ends in a number but is not an IPv4 address");
  }
  CHECK(bad("udp://[::1:80") == "\"[\" without \"]\"");
  CHECK(bad("udp://[127.0.0.1]:80").find("not an IPv6 address") != std::string::npos);
  CHECK(bad("udp4://[::1]:80").find("different families") != std::string::npos);
  CHECK(bad("udp://a..b:1") == "the host has an empty label");
  CHECK(bad(std::string(5000, 'a')).find("longer than") == 0);
}

TEST_CASE("secrets are hidden") {
  CHECK(good("http://u:p@h/0123456789abcdef/announce?passkey=x&info=1&KEY=y").redacted() ==
        "http://***@h/***/announce?passkey=***&info=1&KEY=***");
  CHECK(good("udp://h:1/announce").redacted() == "udp://h:1/announce");
  CHECK(redact_text("udp://u:p@nope/0123456789abcdef0?token=1") == "udp://***@nope/***?token=***");
}

TEST_CASE("info-hashes and magnets") {
  CHECK(to_hex(*parse_info_hash(std::string(40, 'A'))) == std::string(40, 'a'));
  CHECK(to_hex(*parse_info_hash("AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT")) ==
        "000102030405060708090a0b0c0d0e0f10111213");
  CHECK(to_hex(*parse_info_hash(std::string(40, 'b') + std::string(24, 'c'))) ==
        std::string(40, 'b'));
  for (const auto& text :
       {std::string(39, 'a'), std::string(40, 'g'), std::string(32, '1'), std::string()}) {
    CHECK_FALSE(parse_info_hash(text));
  }
  const auto magnet = parse_magnet("magnet:?xt=urn:btih:" + std::string(40, 'a') +
                                   "&tr=udp%3A%2F%2Fa%3A1&tr.1=b:2&dn=x");
  REQUIRE(magnet);
  CHECK(magnet->trackers == std::vector<std::string>{"udp://a:1", "b:2"});
  CHECK(magnet->info_hash);
  CHECK_FALSE(parse_magnet("magnet:?xt=urn:btih:zz"));
  CHECK_FALSE(parse_magnet("magnet:?tr=%4"));
}

TEST_CASE("digests of the standard's examples") {
  const auto hex = [](const auto& digest) {
    return checks::net::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  };
  using checks::net::sha1;
  using checks::net::sha256;
  CHECK(hex(sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(sha1(std::string(1000000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // Lengths around a block, where the padding needs one more.
  CHECK(hex(sha1(std::string(55, 'a'))) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  CHECK(hex(sha1(std::string(56, 'a'))) == "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  CHECK(hex(sha1(std::string(64, 'a'))) == "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}

TEST_CASE("torrent files") {
  const std::string info =
      "d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae";
  const auto read = [](const std::string& bytes) { return read_torrent(bytes); };
  const auto tiers = read(
      "d8:announce13:udp://a.b:80/13:announce-listll13:udp://a.b:80/13:udp://c.d:81/el13:udp://"
      "a.b:80/"
      "ee4:info" +
      info + "e");
  REQUIRE(std::holds_alternative<Torrent>(tiers));
  const auto& torrent = std::get<Torrent>(tiers);
  CHECK(torrent.trackers == std::vector<std::string>{"udp://a.b:80/", "udp://c.d:81/"});
  CHECK(torrent.info_hash == checks::net::sha1(info));

  const std::string second =
      "d9:file treed1:ad0:d6:lengthi1eeee12:meta versioni2e4:name1:a12:piece lengthi16384ee";
  const auto v2 = read("d8:announce13:udp://a.b:80/4:info" + second + "e");
  REQUIRE(std::holds_alternative<Torrent>(v2));
  const auto whole = checks::net::sha256(second);
  CHECK(std::equal(std::get<Torrent>(v2).info_hash.begin(), std::get<Torrent>(v2).info_hash.end(),
                   whole.begin()));

  for (const std::string hostile : {"", "<html>", "d4:infoi1ee", "d8:announce13:udp://a.b:80/e",
                                    "i1e", "d4:infod9999999999999:", "d8:announcei1e4:infodee"}) {
    INFO(hostile);
    CHECK(std::holds_alternative<std::string>(read(hostile)));
  }
  CHECK(std::holds_alternative<std::string>(read(std::string(100000, 'l'))));
}

TEST_CASE("international host names") {
  const auto host = [](const char* text) {
    const auto parsed = parse_tracker_url(text);
    const auto* url = std::get_if<TrackerUrl>(&parsed);
    return url != nullptr ? url->host : "error: " + std::get<UrlError>(parsed).reason;
  };
  CHECK(host("udp://Träcker.Example:80") == "xn--trcker-cua.example");
  CHECK(host("udp://straße.example:80") == "xn--strae-oqa.example");
  CHECK(host("https://例え.テスト/announce") == "xn--r8jz45g.xn--zckzah");
  CHECK(host("udp://a\xe2\x80\xae.example:80").find("error: ") == 0);  // a direction mark
  CHECK(host("udp://\xff.example:80") == "error: the host is not UTF-8");
}

TEST_CASE("hostile text") {
  CHECK(clean_text("plain ü text") == "plain ü text");
  CHECK(clean_text("\x1b]0;pwn\x07\x9b"
                   "2J\nX|a\\") == "\\x1b]0;pwn\\x07\\x9b2J\\x0aX\\x7ca\\x5c");
  CHECK(clean_text("a\xe2\x80\xae"
                   "b\xc2\x9b") == "a\\u{202e}b\\u{9b}");
  CHECK(clean_text("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(clean_text("\xc0\x80") == "\\xc0\\x80");           // overlong
  CHECK(clean_text(std::string(250, 'x')) == std::string(200, 'x') + "…(+50 bytes)");
  CHECK(clean_text("üü", 3) == "ü…(+2 bytes)");
  checks::net::JsonWriter json;
  json.begin_array()
      .value("\x1b\xc2\x9b\xe2\x80\xae\xff\"")
      .value("a\xc2\x9b\xe2\x80\xae\"")
      .end_array();
  CHECK(json.text().find('\x1b') == std::string::npos);
  CHECK(json.text() == "[\"\\u001b\\u009b\\u202e\\ufffd\\\"\",\"a\\u009b\\u202e\\\"\"]");
}

TEST_CASE("JSON strings hold no character that a terminal would obey") {
  const auto quoted = [](std::string_view text) {
    checks::net::JsonWriter json;
    return std::string(json.value(text).text());
  };
  for (int code = 0x80; code <= 0x9f; ++code) {
    const std::string text{'\xc2', static_cast<char>(code)};
    CHECK(quoted(text) == fmt::format("\"\\u00{:02x}\"", code));
  }
  CHECK(quoted("\xd8\x9c") == "\"\\u061c\"");  // Arabic letter mark
  CHECK(quoted("\xe2\x80\xab\xe2\x81\xa6") == "\"\\u202b\\u2066\"");
  CHECK(quoted("\xef\xbb\xbf") == "\"\\ufeff\"");
  CHECK(quoted("\xf3\xa0\x80\x81") == "\"\\udb40\\udc01\"");  // a tag, as a surrogate pair
  CHECK(quoted("ü € 😀") == "\"ü € 😀\"");
}

TEST_CASE("durations, ranges and perfdata") {
  using namespace std::chrono_literals;
  CHECK(checks::net::parse_duration("250ms") == 250ms);
  CHECK(checks::net::parse_duration("1.5") == 1500ms);
  CHECK(checks::net::parse_duration("2m") == 120s);
  for (const char* text : {"", "-1", "1x", "nan", "1e400", "ms"})
    CHECK_FALSE(checks::net::parse_duration(text));
  const auto range = [](const char* text) { return checks::net::parse_range(text).value(); };
  CHECK(range("10").alerts(11));
  CHECK(range("10").alerts(-1));
  CHECK_FALSE(range("10").alerts(10));
  CHECK(range("10:").alerts(9));
  CHECK_FALSE(range("~:10").alerts(-5));
  CHECK(range("10:20").alerts(21));
  CHECK(range("@10:20").alerts(20));
  CHECK_FALSE(range("@10:20").alerts(21));
  CHECK(range("20ms").alerts(0.021));
  for (const char* text : {"", "20:10", "a", "1:b", "@"})
    CHECK_FALSE(checks::net::parse_range(text));
  const std::string perf = checks::net::perfdata_text({{"a b'=", 1.5, "s", "1", "", 0, 10},
                                                       {"a b'=", std::nullopt, "", "", "", {}, {}},
                                                       {"x", 1e-7, "", "", "2", {}, {}}});
  CHECK(perf == "a_b__=1.5s;1;;0;10 a_b___2=U x=0.000000;;2");
}

TEST_CASE("Wilson's interval") {
  LossRate rate = loss_rate(5, 50);
  CHECK(rate.rate == Approx(0.10));
  CHECK(rate.low == Approx(0.043).margin(0.001));
  CHECK(rate.high == Approx(0.214).margin(0.001));
  rate = loss_rate(0, 50);
  CHECK(rate.low == 0);
  CHECK(rate.high == Approx(0.071).margin(0.001));
  rate = loss_rate(3, 50);
  CHECK(rate.low == Approx(0.021).margin(0.001));
  CHECK(rate.high == Approx(0.162).margin(0.001));
}

std::string json_problem(std::string_view text) {
  const auto parsed = checks::net::parse_json(text);
  const auto* error = std::get_if<checks::net::JsonError>(&parsed);
  if (error == nullptr) return "";
  return std::to_string(error->line) + ":" + std::to_string(error->column) + " " + error->reason;
}

TEST_CASE("JSON") {
  CHECK(json_problem(R"({"a": [1, -2.5e3, "\u00e0\ud83d\ude00", true, null]})").empty());
  CHECK(json_problem("{\n \"a\" 1}") == "2:6 expected \":\", got \"1\"");
  CHECK(json_problem("[1,]") == "1:4 expected a value, got \"]\"");
  CHECK(json_problem("{\"a\":1,\"a\":2}").find("twice") != std::string::npos);
  CHECK(json_problem("\"\\ud800\"").find("surrogate") != std::string::npos);
  CHECK(json_problem("01").find("leading zero") != std::string::npos);
  CHECK(json_problem("1 2").find("after the end") != std::string::npos);
  CHECK(json_problem("\"\xff\"").find("UTF-8") != std::string::npos);
  CHECK(json_problem(std::string(100000, '[')).find("nested") != std::string::npos);
  CHECK(json_problem("").find("end of the text") != std::string::npos);
}

}  // namespace
