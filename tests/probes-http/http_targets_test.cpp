#include "checks/tracker-probe-http/http_targets.hpp"

#include <set>
#include <string>

#include "tests/catch.hpp"

using namespace tracker_probe;

namespace {

AnnounceRequest request() {
  AnnounceRequest out;
  out.info_hash.fill(0xaa);
  const std::string peer = "-TP0001-abcdefghijkl";
  std::copy(peer.begin(), peer.end(), out.peer_id.begin());
  out.port = 6881;
  out.key = 0xdeadbeef;
  return out;
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("http: an announce asks exactly this") {
  CHECK(announce_target("/announce", "", request()) ==
        "/announce?info_hash=" + repeated("%AA", 20) +
            "&peer_id=-TP0001-abcdefghijkl&port=6881&uploaded=0&downloaded=0&left=1&compact=1"
            "&no_peer_id=1&numwant=1&key=DEADBEEF&event=started");
}

TEST_CASE("row 66 http_query_encoding: every class of byte, and the URL's own query") {
  auto asked = request();
  for (std::size_t i = 0; i < 20; ++i)
    asked.info_hash[i] = static_cast<std::uint8_t>("\x00 +%&=/?~.-_azAZ09\x7f\xff"[i]);
  CHECK(announce_target("/a", "?pk=1", asked)
            .starts_with("/a?pk=1&info_hash=%00%20%2B%25%26%3D%2F%3F~.-_azAZ09%7F%FF&peer_id="));

  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const auto encoded = percent_encode(all);
  std::string decoded;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      decoded += encoded[i];
    } else {
      decoded += static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  CHECK(decoded == all);
  CHECK(encoded.find_first_of("+ &=?/#") == std::string::npos);
}

TEST_CASE("http: no key is ever sent twice") {
  auto asked = request();
  asked.tracker_id = "a%b";
  const auto target = announce_target(
      "/announce", "?compact=0&key=SECRET&x=%41&info_hash=zz&&event=completed&trackerid=q&left=0",
      asked);
  CHECK(target.starts_with("/announce?key=SECRET&x=%41&trackerid=q&info_hash=%AA"));
  CHECK(target.find("completed") == std::string::npos);
  std::set<std::string> keys;
  std::size_t at = target.find('?');
  while (at != std::string::npos) {
    const auto key = target.substr(at + 1, target.find('=', at) - at - 1);
    INFO(key);
    CHECK(keys.insert(key).second);
    at = target.find('&', at + 1);
  }
}

TEST_CASE("row 65 http_tracker_id: the tracker's id goes back encoded once") {
  auto asked = request();
  asked.tracker_id = "a%b";
  asked.event = AnnounceEvent::stopped;
  CHECK(announce_target("/announce", "", asked).ends_with("&event=stopped&trackerid=a%25b"));
}

TEST_CASE("row 82 scrape_url_table: the path of a scrape") {
  const auto scrape = [](std::string_view path) {
    return scrape_path(path).value_or("unsupported");
  };
  CHECK(scrape("/announce") == "/scrape");
  CHECK(scrape("/x/announce") == "/x/scrape");
  CHECK(scrape("/announce.php") == "/scrape.php");
  CHECK(scrape("/announce/KEY") == "/scrape/KEY");
  CHECK(scrape("/announce/") == "/scrape/");
  CHECK(scrape("/KEY/announce") == "/KEY/scrape");
  CHECK(scrape("/announce/announce") == "/announce/scrape");
  CHECK(scrape("/a") == "unsupported");
  CHECK(scrape("/") == "unsupported");
  CHECK(scrape("") == "unsupported");
  CHECK(scrape("/x%064announce") == "unsupported");
  CHECK(scrape("/xannounce") == "unsupported");
  CHECK(scrape("/announcement/x") == "unsupported");
  CHECK(scrape("/announce/announce/x") == "unsupported");
}

TEST_CASE("row 82 scrape_url_table: the query stays, the hashes follow") {
  const std::vector<InfoHash> one(1);
  const std::vector<InfoHash> two(2);
  const auto zeros = repeated("%00", 20);
  CHECK(scrape_target("/announce", "?x=1", one) == "/scrape?x=1&info_hash=" + zeros);
  CHECK(scrape_target("/announce", "", two) ==
        "/scrape?info_hash=" + zeros + "&info_hash=" + zeros);
  CHECK(scrape_target("/announce", "?info_hash=old", one) == "/scrape?info_hash=" + zeros);
  CHECK_FALSE(scrape_target("/a", "?x=/announce", one).has_value());
}

TEST_CASE("http: the largest scrape fits a 2,048 byte request") {
  const std::vector<InfoHash> many(max_http_scrape_hashes);
  CHECK(scrape_target("/" + std::string(150, 'k') + "/announce", "", many)->size() < 2048 - 150);
}
