// The API without a socket. Its document is held against a running server in tests/web.
#include <fmt/format.h>

#include "fake_site.hpp"
#include "minitor/web/api.hpp"
#include "minitor/web/api_table.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/url_text.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

TEST_CASE("errors are problem details that say what to write") {
  FakeSite site;
  site.add("web", Status::up);
  const auto problem_at = [&](const std::string& target) {
    const HttpResponse response = site.get(target);
    CHECK(response.content_type == "application/problem+json");
    return fmt::format("{} {}", response.status,
                       response.body.substr(response.body.find("\"detail\"")));
  };
  CHECK(problem_at("/api/v1/nothing").substr(0, 3) == "404");
  CHECK(problem_at("/api/v1/monitors/shop") == "404 \"detail\":\"no monitor has this name\"}");
  CHECK(problem_at("/api/v1/monitors/%zz").substr(0, 3) == "400");
  CHECK(problem_at("/api/v1/monitors/").substr(0, 3) == "404");
  CHECK(problem_at("/api/v1/monitors//checks").substr(0, 3) == "404");
  CHECK(problem_at("/api/v1/incidents?limit=0") ==
        "400 \"detail\":\"limit: not a number from 1 to 1000\"}");
  CHECK(holds(problem_at("/api/v1/incidents?from=yesterday"), "from: no instant; write 2026-"));
  CHECK(holds(problem_at("/api/v1/incidents?form=2026-01-01"), "no parameter here is named form"));
  CHECK(holds(problem_at("/api/v1/incidents?from=2026-02-01&to=2026-01-01"), "from lies after to"));
  CHECK(holds(problem_at("/api/v1/incidents?monitor=shop"), "no monitor has this name"));
  CHECK(holds(problem_at("/api/v1/monitors/web/latency?resolution=year"), "neither minute"));
  CHECK(holds(problem_at("/api/v1/incidents?a=%"), "not well encoded"));
  CHECK(site.ask({"DELETE", "/api/v1/monitors/web", {}, {}}).status == 405);
  CHECK(header_of(site.ask({"GET", "/api/v1/monitors/web/test", {}, {}}), "Allow") == "POST");
}

TEST_CASE("changing something needs the token, as Bearer") {
  FakeSite site;
  site.add("shop", Status::up);
  site.add("web", Status::up).shown.output = true;
  const auto test = [&](const std::string& authorization) {
    return site.ask({"POST", "/api/v1/monitors/web/test", {{"Authorization", authorization}}, {}});
  };
  CHECK(test("Bearer 0123456789abcdef").status == 403);  // none is configured
  site.settings.token = "0123456789abcdef";
  CHECK(test("").status == 401);
  CHECK(test("Bearer 0123456789abcde").status == 401);
  CHECK(test("Bearer 0123456789abcdeg").status == 401);
  CHECK(test("Bearer 0123456789abcdef0123456789abcdef").status == 401);
  CHECK(test("Basic OjAxMjM0NTY3ODlhYmNkZWY=").status == 401);  // what a browser sends by itself
  CHECK(site.tested.empty());
  const HttpResponse response = test("bearer 0123456789abcdef");
  CHECK(response.status == 200);
  CHECK(holds(response.body, "\"verdict\":\"failure\""));
  CHECK(holds(response.body, "\"outcome\":\"exit 7\""));
  REQUIRE(site.tested.size() == 1);
  CHECK(site.tested[0].value == 1);
}

TEST_CASE("checks come in pages") {
  FakeSite site;
  site.add("web", Status::up);
  for (int i = 0; i < 25; ++i)
    site.history.check_rows["web"].push_back(
        check_row(100 - i, kNoon - i * 30s, i % 5 == 0 ? Verdict::failure : Verdict::ok));
  std::string next = "/api/v1/monitors/web/checks?limit=10";
  std::size_t seen = 0;
  int pages = 0;
  while (!next.empty() && pages < 10) {
    const std::string body = site.get(next).body;
    for (std::size_t at = 0; (at = body.find("\"id\":", at)) != std::string::npos; ++at) ++seen;
    const std::size_t at = body.find("\"next\":\"");
    next = at == std::string::npos ? "" : body.substr(at + 8, body.find('"', at + 8) - at - 8);
    ++pages;
  }
  CHECK(seen == 25);
  CHECK(pages == 3);
  CHECK(holds(site.get("/api/v1/monitors/web/checks?bad=true").body, "\"failure\""));
  CHECK_FALSE(holds(site.get("/api/v1/monitors/web/checks?bad=true").body, "\"verdict\":\"ok\""));
}

TEST_CASE("what was tried and what was held back comes in pages too") {
  FakeSite site;
  site.add("shop", Status::down);
  for (int i = 0; i < 25; ++i) {
    site.history.repair_rows.push_back(
        {100 - i, "shop", kNoon - 5min, 1s, 1, i % 3, "exit 1", "no"});
    site.history.held_rows.push_back(
        {100 - i, "shop", "i1", NoticeKind::reminder, kNoon - 5min, "because"});
    site.history.overlay_rows.push_back({100 - i, "shop", OverlayKind::silence, kNoon - 5min, kNoon,
                                         std::nullopt, "Ada", "hush", ""});
  }
  for (const std::string path : {"repairs", "held", "overlays/past"}) {
    INFO(path);
    std::string next = "/api/v1/" + path + "?limit=10&monitor=shop";
    std::size_t seen = 0;
    for (int pages = 0; !next.empty() && pages < 10; ++pages) {
      const std::string body = site.get(next).body;
      for (std::size_t at = 0; (at = body.find("\"number\":", at)) != std::string::npos; ++at)
        ++seen;
      const std::size_t at = body.find("\"next\":\"");
      next = at == std::string::npos ? "" : body.substr(at + 8, body.find('"', at + 8) - at - 8);
      if (!next.empty()) CHECK(holds(next, "monitor=shop"));
    }
    CHECK(seen == 25);
  }
  CHECK_FALSE(holds(site.get("/api/v1/repairs").body, "exit 1"));
  CHECK_FALSE(holds(site.get("/api/v1/overlays/past").body, "Ada"));
  site.config->monitors[0].shown.output = true;
  CHECK(holds(site.get("/api/v1/repairs").body, "\"outcome\":\"exit 1\""));
  CHECK(holds(site.get("/api/v1/repairs").body, "\"passed_over\":true"));
  CHECK(holds(site.get("/api/v1/held").body, "\"reason\":\"because\""));
  CHECK(holds(site.get("/api/v1/overlays/past").body,
              "\"ended\":null,\"by\":\"Ada\",\"note\":\"hush\",\"end\":\"\""));
  CHECK(site.get("/api/v1/held?monitor=none").status == 400);
}

TEST_CASE("that minitor is blind is said beside the monitors") {
  FakeSite site;
  site.add("shop", Status::up);
  CHECK(holds(site.get("/api/v1/monitors").body, "\"blind\":[]"));
  site.snapshot.blind.push_back(
      {BlindCause::network, "paris", kNoon - 5min, "no \"canary\" sings"});
  CHECK(holds(site.get("/api/v1/monitors").body,
              R"("blind":[{"cause":"network","scope":"paris","since":"2026-11-21T11:55:00.000Z",)"
              R"("why":"no \"canary\" sings"}])"));
}

TEST_CASE("instants as they are written") {
  using api::parse_instant;
  const Timestamp day{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
  CHECK(parse_instant("2026-11-21") == day);
  CHECK(parse_instant("2026-11-21T07:15:00Z") == day + 7h + 15min);
  CHECK(parse_instant("2026-11-21T07:15:00.250+01:30") == day + 5h + 45min + 250ms);
  CHECK(parse_instant("1700000000") == Timestamp{1700000000s});
  for (const char* wrong : {"", "now", "2026-13-01", "2026-02-30", "2026-11-21T",
                            "2026-11-21T07:15", "2026-11-21T07:15:00", "2026-11-21T25:00:00Z", "-5",
                            "99999999999999", "2026-11-21Z", "2026-11-21T07:15:00Zx", "1e9"})
    CHECK_FALSE(parse_instant(wrong));
}

TEST_CASE("segments survive the way there and back") {
  std::string bytes;
  for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(decode_segment(encode_segment(bytes)) == bytes);
  CHECK(encode_segment("..") == "%2E%2E");
  CHECK(encode_segment("a/b") == "a%2Fb");
  CHECK_FALSE(decode_segment("%00"));
  CHECK_FALSE(decode_segment("%4"));
  CHECK_FALSE(decode_segment("%4x"));
  const auto query = parse_query("a=1+2&b&=x&c=%26");
  REQUIRE(query);
  CHECK(query->size() == 4);
  CHECK((*query)[0].value == "1 2");
  CHECK((*query)[3].value == "&");
  std::string many;
  for (std::size_t i = 0; i <= kMostQueryPairs; ++i) many += "a&";
  CHECK_FALSE(parse_query(many));
}

TEST_CASE("JSON has its commas and quotes") {
  JsonText json;
  json.begin_object().member("a", "\"{").member("b", 1).key("c").begin_array();
  json.text("x,").begin_object().end_object().null().truth(true).number(0.5).number(1.0 / 0.0);
  json.end_array().member("d", Timestamp{1500ms}).member("e", Duration{1500ms}).end_object();
  CHECK(json.take() ==
        "{\"a\":\"\\\"{\",\"b\":1,\"c\":[\"x,\",{},null,true,0.5,null],"
        "\"d\":\"1970-01-01T00:00:01.500Z\",\"e\":1.5}");
}
