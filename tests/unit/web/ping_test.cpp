// Heartbeats over HTTP, and tokens that are guessed.
#include "fake_site.hpp"
#include "minitor/web/access.hpp"
#include "minitor/web/request_reader.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

const std::string kToken = "0123456789abcdef";

FakeSite with_heartbeat() {
  FakeSite site;
  site.add("web", Status::up);
  site.add("backup", Status::up).heartbeat.emplace().token = kToken;
  site.add("derived", Status::up).heartbeat.emplace();
  return site;
}

}  // namespace

TEST_CASE("a heartbeat comes by its token alone, in all its forms") {
  FakeSite site = with_heartbeat();
  site.settings.token = "fedcba9876543210";
  site.settings.open_to_read = false;  // for readers of the page
  for (const char* method : {"GET", "HEAD", "POST"}) {
    const HttpResponse response = site.ask({method, "/ping/" + kToken, {}, {}});
    CHECK(response.status == 200);
    CHECK(response.body == "OK\n");
    CHECK(header_of(response, "Cache-Control") == "no-store");
  }
  REQUIRE(site.heard.size() == 3);
  CHECK(site.heard[0].monitor == MonitorId{1});
  CHECK(site.heard[0].sign == Sign{});
  CHECK(site.ask({"POST", "/ping/" + kToken + "/start", {}, {}}).status == 200);
  CHECK(site.heard.back().sign.kind == Sign::Kind::start);
  CHECK(site.ask({"POST", "/ping/" + kToken + "/fail?x=y", {}, "no\nroom"}).status == 200);
  CHECK(site.heard.back().sign.kind == Sign::Kind::failure);
  CHECK(site.heard.back().body == "no\nroom");
  CHECK(site.get("/ping/" + kToken + "/17").status == 200);
  CHECK(site.heard.back().sign == Sign{Sign::Kind::code, 17});
  CHECK(site.get("/ping/" + heartbeat_token(site.config->monitors[2], "secret")).status == 200);
  CHECK(site.heard.back().monitor == MonitorId{2});
  CHECK(site.ask({"DELETE", "/ping/" + kToken, {}, {}}).status == 405);
  CHECK(site.heard.size() == 7);
}

TEST_CASE("what is no heartbeat is not found") {
  FakeSite site = with_heartbeat();
  for (const std::string& path :
       {std::string{"/ping"}, std::string{"/ping/"}, std::string{"/ping/web"},
        "/ping/" + kToken + "0", "/ping/" + kToken.substr(1), "/ping/" + kToken + "/",
        "/ping/" + kToken + "/256", "/ping/" + kToken + "/stop", "/ping/" + kToken + "/1/2",
        "/ping//" + kToken, "//ping/" + kToken, "/ping/" + kToken + "%2Ffail"}) {
    INFO(path);
    CHECK(site.get(path).status == 404);
  }
  CHECK(site.heard.empty());
  CHECK(loggable_path({"GET", "/ping/" + kToken + "/fail", {}, {}}) == "/ping/[token]");
}

TEST_CASE("one that could not be taken is to come again") {
  FakeSite site = with_heartbeat();
  site.taken = TellHeartbeat::End::too_many;
  CHECK(site.get("/ping/" + kToken).status == 429);
  CHECK(header_of(site.get("/ping/" + kToken), "Retry-After") == "2");
  site.taken = TellHeartbeat::End::stopping;
  CHECK(site.get("/ping/" + kToken).status == 503);
}

TEST_CASE("a body is kept as far as the monitor says") {
  FakeSite site = with_heartbeat();
  site.config->monitors[1].command.output_bytes = 10;
  (void)site.ask({"POST", "/ping/" + kToken, {}, "0123456789abcdef"});
  CHECK(site.heard.back().body == "01234bcdef");
  CHECK(site.heard.back().body_cut);
  (void)site.ask({"POST", "/ping/" + kToken, {}, "0123456789"});
  CHECK(site.heard.back().body == "0123456789");
  CHECK_FALSE(site.heard.back().body_cut);
}

TEST_CASE("the log of a job may be longer than a request's body, but not without end") {
  HttpLimits limits;
  limits.body_bytes = 10;
  limits.ping_body_bytes = 1000;
  const auto post = [&](const std::string& path, std::size_t size, std::size_t piece) {
    RequestReader reader{limits};
    std::string bytes = "POST " + path +
                        " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
                        "\r\n\r\n" + std::string(size, 'x');
    auto progress = RequestReader::Progress::needs_more;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      progress = reader.feed(std::string_view{bytes}.substr(at, piece));
      if (progress != RequestReader::Progress::needs_more) break;
    }
    if (progress != RequestReader::Progress::complete) return HttpRequest{"refused", "", {}, ""};
    return reader.take();
  };
  for (const std::size_t piece : {1U, 3U, 7U, 64U, 2000U}) {
    INFO(piece);
    const HttpRequest request = post("/ping/" + kToken, 900, piece);
    CHECK(request.method == "POST");
    CHECK(request.body == std::string(10, 'x'));
    CHECK(request.body_cut);
    CHECK(post("/ping/" + kToken, 10, piece).body.size() == 10);
    CHECK_FALSE(post("/ping/" + kToken, 10, piece).body_cut);
    CHECK(post("/ping/" + kToken, 1001, piece).method == "refused");
    CHECK(post("/pong/" + kToken, 11, piece).method == "refused");
  }
}

TEST_CASE("who guesses is not listened to for a while") {
  FakeSite site;
  site.add("web", Status::up);
  site.settings.token = kToken;
  site.wrong_tokens = std::make_shared<WrongTokens>();
  const auto ask = [&](const std::string& token, const std::string& peer,
                       const std::string& forwarded = "") {
    HttpRequest request{"POST", "/api/v1/monitors/web/test", {{"Authorization", token}}, {}};
    if (!forwarded.empty()) request.headers.push_back({"X-Forwarded-For", forwarded});
    request.peer = peer;
    return site.ask(request).status;
  };
  for (int i = 0; i < kWrongTokensAtOnce; ++i)
    CHECK(ask("Bearer guess" + std::to_string(i), "192.0.2.1") == 401);
  CHECK(ask("Bearer guess", "192.0.2.1") == 429);
  CHECK(ask("Bearer " + kToken, "192.0.2.1") == 429);  // or guessing would go on
  CHECK(ask("Bearer " + kToken, "192.0.2.2") == 200);
  CHECK(ask("Bearer " + kToken, "192.0.2.2", "192.0.2.1") == 200);  // anybody may write that
  CHECK(site.get("/").status == 200);                               // without a token as before
  // A proxy on this machine asks for others.
  CHECK(ask("Bearer " + kToken, "127.0.0.1", "192.0.2.1, 198.51.100.7") == 200);
  CHECK(ask("Bearer " + kToken, "127.0.0.1", "198.51.100.7, 192.0.2.1") == 429);
  for (int i = 0; i < kWrongTokensAtOnce; ++i)
    CHECK(ask("Bearer guess", "127.0.0.1", "spoofed, 198.51.100.9") == 401);
  CHECK(ask("Bearer guess", "127.0.0.1", "other, 198.51.100.9") == 429);
  CHECK(ask("Bearer " + kToken, "::1", "198.51.100.8") == 200);
}

TEST_CASE("wrong tokens are forgotten after a while, and not all are remembered") {
  WrongTokens tokens;
  Monotonic now{1h};
  for (int i = 0; i < kWrongTokensAtOnce; ++i) tokens.wrong("a", now);
  CHECK_FALSE(tokens.may_try("a", now + kWrongTokenBack - 1ms));
  CHECK(tokens.may_try("a", now + kWrongTokenBack));
  tokens.wrong("a", now + kWrongTokenBack);
  CHECK_FALSE(tokens.may_try("a", now + kWrongTokenBack));
  CHECK(tokens.may_try("a", now + 1h));
  for (int i = 0; i < kWrongTokensAtOnce; ++i) tokens.wrong("b", now);
  for (std::size_t i = 0; i < kWrongClients + 5; ++i)
    tokens.wrong("flood " + std::to_string(i), now + 1s + i * 1ms);
  CHECK(tokens.may_try("b", now + 2s));  // forgotten
}
