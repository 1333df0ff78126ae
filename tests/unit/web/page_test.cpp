// The pages, from the request to the last byte, without a socket.
#include "fake_site.hpp"
#include "minitor/web/charts.hpp"
#include "minitor/web/page_parts.hpp"
#include "minitor/web/status_page.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

Timeline down_for_an_hour() {
  Timeline timeline;
  timeline.before = Status::up;
  timeline.changes = {{kNoon - 30h, Status::down, "", "i1"}, {kNoon - 29h, Status::up, "", "i1"}};
  timeline.known_until = kNoon;
  return timeline;
}

}  // namespace

TEST_CASE("what comes from outside is text, wherever it stands") {
  const std::string hostile = "\"'><script>alert(1)</script>&amp;\x01\xff\xe2\x80\xae";
  FakeSite site;
  Monitor& monitor = site.add(hostile, Status::down, hostile);
  monitor.description = hostile;
  monitor.labels = {{hostile, hostile}};
  monitor.shown = {true, true};
  monitor.command.program = ShellText{hostile};
  site.snapshot.monitors[0].last_outcome = hostile;
  site.snapshot.monitors[0].perfdata = {{hostile, 1.0, hostile, false, {}, {}, {}, {}}};
  site.history.check_rows[hostile] = {check_row(7, kNoon - 1s, Verdict::failure, hostile, hostile)};
  site.history.incident_rows = {{hostile, hostile, kNoon - 2h, kNoon - 1h, {}, hostile, "", 1}};
  site.history.notice_rows = {{hostile,
                               hostile,
                               hostile,
                               hostile,
                               NoticeKind::problem,
                               NoticeStage::dropped,
                               2,
                               hostile,
                               hostile,
                               kNoon - 1h,
                               kNoon - 1h,
                               {}}};
  site.history.timeline_rows[hostile] = down_for_an_hour();
  const std::string path = monitor_path(hostile);
  CHECK(path.find_first_of("\"'<> &") == std::string::npos);
  for (const std::string& target :
       {std::string{"/"}, path, std::string{"/incidents"}, std::string{"/feed.atom"},
        "/badges" + path.substr(9) + "/status.svg"}) {
    INFO(target);
    const HttpResponse response = site.get(target);
    CHECK(response.status == 200);
    CHECK(holds(response.body, "&quot;&#39;&gt;&lt;script&gt;"));
    CHECK_FALSE(holds(response.body, "<script>"));
    CHECK_FALSE(holds(response.body, "'>"));
    CHECK_FALSE(holds(response.body, "\xe2\x80\xae"));
    CHECK_FALSE(holds(response.body, "\x01"));
    CHECK_FALSE(holds(response.body, "\xff"));
  }
}

TEST_CASE("a page may load nothing but our own, and runs nothing inline") {
  FakeSite site;
  site.add("web", Status::up);
  for (const char* path : {"/", "/monitors/web", "/incidents", "/api"}) {
    const HttpResponse response = site.get(path);
    INFO(path);
    const std::string policy = header_of(response, "Content-Security-Policy");
    CHECK(policy.substr(0, 19) == "default-src 'none';");
    CHECK_FALSE(holds(policy, "unsafe"));
    CHECK_FALSE(holds(response.body, "style="));
    CHECK_FALSE(holds(response.body, " onclick"));
    CHECK_FALSE(holds(response.body, "http://"));
    CHECK(header_of(response, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(response, "Cache-Control") == "no-store");
  }
}

TEST_CASE("the sentence says what is wrong, or that nothing is") {
  FakeSite site;
  const auto sentence = [&] { return summary(site_of(site.sources())); };
  site.add("web", Status::unknown);
  CHECK(sentence() == "Nothing has been checked yet.");
  site.snapshot.monitors[0].status = Status::up;
  CHECK(sentence() == "The one monitor is up.");
  site.add("shop", Status::up);
  CHECK(sentence() == "All 2 monitors are up.");
  site.snapshot.monitors[1].last_verdict = Verdict::warning;
  CHECK(sentence() == "All 2 monitors are up; 1 with a warning.");
  site.add("mail", Status::unknown);
  CHECK(sentence() == "2 monitors up; 1 with a warning; 1 not checked yet.");
  site.snapshot.monitors[0].status = Status::failing;
  CHECK(sentence() == "1 monitor is failing, none is down.");
  site.snapshot.monitors[1].status = Status::down;
  CHECK(sentence() == "1 monitor is down: shop.");
  for (const char* name : {"a", "b", "c"}) site.add(name, Status::down);
  CHECK(sentence() == "4 monitors are down: shop, a, b and 1 more.");
}

TEST_CASE("problems come first, and groups without one keep their order") {
  FakeSite site;
  site.add("one", Status::up, "front");
  site.add("two", Status::up, "back");
  site.add("three", Status::up, "back");
  site.add("four", Status::down, "back");
  site.add("five", Status::up);
  const std::string body = site.get("/").body;
  std::vector<std::size_t> places;
  for (const char* part : {"<h2>back", "data-n=\"four\"", "data-n=\"two\"", "data-n=\"three\"",
                           "<h2>front", "data-n=\"one\"", "<h2>Others", "data-n=\"five\""})
    places.push_back(body.find(part));
  CHECK(std::find(places.begin(), places.end(), std::string::npos) == places.end());
  CHECK(std::is_sorted(places.begin(), places.end()));
  CHECK(holds(body, "2 of 3 up"));
  CHECK(holds(body, "✗ 1 monitor is down: four."));
}

TEST_CASE("output and command are shown only where the monitor says so") {
  FakeSite site;
  Monitor& monitor = site.add("web", Status::down);
  site.history.check_rows["web"] = {
      check_row(7, kNoon - 1s, Verdict::failure, "exit 7", "very private")};
  site.history.incident_rows = {{"i1", "web", kNoon - 2h, kNoon - 1h, {}, "private cause", "", 1}};
  const auto anywhere = [&](std::string_view part) {
    int pages = 0;
    for (const char* path :
         {"/", "/monitors/web", "/incidents", "/feed.atom", "/api/v1/monitors",
          "/api/v1/monitors/web", "/api/v1/monitors/web/checks", "/api/v1/incidents"})
      pages += holds(site.get(path).body, part) ? 1 : 0;
    return pages;
  };
  CHECK(anywhere("exit 7") == 0);
  CHECK(anywhere("private") == 0);
  CHECK(anywhere("s3cret") == 0);
  monitor.shown.output = true;
  CHECK(anywhere("exit 7") == 5);
  CHECK(anywhere("very private") == 2);
  CHECK(anywhere("private cause") == 4);
  CHECK(anywhere("s3cret") == 0);
  monitor.shown.command = true;
  CHECK(anywhere("check s3cret") == 3);
  site.config->redactor = Redactor{{"s3cret"}};
  CHECK(anywhere("s3cret") == 0);
}

TEST_CASE("without a history the page says what is known") {
  FakeSite site;
  site.add("web", Status::up);
  const std::string body = site.get("/").body;
  CHECK(holds(body, "All") == false);
  CHECK(holds(body, "The one monitor is up."));
  CHECK(holds(body, "12 s ago"));
  CHECK(holds(body, "3 h ago"));
  CHECK_FALSE(holds(body, "<svg class=\"bars\""));
  CHECK(site.get("/monitors/web").status == 200);
}

TEST_CASE("a history that cannot be read is named, and the page comes all the same") {
  FakeSite site;
  site.add("web", Status::up);
  site.history.broken = "disk I/O error";
  for (const char* path : {"/", "/monitors/web", "/incidents"}) {
    const HttpResponse response = site.get(path);
    CHECK(response.status == 200);
    CHECK(holds(response.body, "The history cannot be read: disk I/O error"));
  }
  const HttpResponse api = site.get("/api/v1/monitors");
  CHECK(api.status == 503);
  CHECK(api.content_type == "application/problem+json");
}

TEST_CASE("uptime and bars are those of the timeline") {
  FakeSite site;
  site.add("web", Status::up);
  site.history.timeline_rows["web"] = down_for_an_hour();
  const std::string body = site.get("/").body;
  CHECK(holds(body, "<dt>24 h<dd>100 %"));
  CHECK(holds(body, "<dt>7 d<dd>99.40 %"));
  CHECK(holds(body, "90 days: 99.95 % up, outages on 1"));
  CHECK(holds(body, "2026-11-20: 95.83 %, 1 outage"));
}

TEST_CASE("percentages are never rounded up to a hundred") {
  CHECK(percent(1.0) == "100 %");
  CHECK(percent(0.99999) == "99.99 %");
  CHECK(percent(0.0) == "0.00 %");
  CHECK(percent(std::nullopt) == "–");
}

TEST_CASE("the page of a monitor has its past") {
  FakeSite site;
  Monitor& monitor = site.add("a/b c", Status::up, "g");
  monitor.description = "Call the hoster.";
  site.history.timeline_rows["a/b c"] = down_for_an_hour();
  site.history.bucket_rows["a/b c"] = {{kNoon - 3h, 10, 0, 0, 100ms, 5ms, 20ms},
                                       {kNoon - 2h, 10, 0, 0, 200ms, 5ms, 1500ms}};
  for (int i = 0; i < 60; ++i)
    site.history.check_rows["a/b c"].push_back(check_row(100 - i, kNoon - i * 30s, Verdict::ok));
  site.history.notice_rows = {{"n1",
                               "mail",
                               "i1",
                               "a/b c",
                               NoticeKind::recovery,
                               NoticeStage::dropped,
                               0,
                               "ok again",
                               "mail never told the problem",
                               kNoon - 29h,
                               kNoon - 29h,
                               {}}};
  const HttpResponse response = site.get("/monitors/a%2Fb%20c?span=7d");
  CHECK(response.status == 200);
  for (const char* part :
       {"Call the hoster.", "aria-current=\"true\">7d", "class=\"graph\"", "class=\"band\"",
        "class=\"out\"", "longest 1.5 s", "mail never told the problem", "?before=51#checks"})
    CHECK(holds(response.body, part));
  CHECK(holds(site.get("/monitors/a%2Fb%20c?before=51").body, "<td>5 ms"));
  CHECK(site.get("/monitors/a/b%20c").status == 404);
  CHECK(site.get("/monitors/a%2Fb%20").status == 404);
  CHECK(site.get("/monitors/a%2").status == 404);
}

TEST_CASE("a page says what was tried, and what was held back and why") {
  FakeSite site;
  site.add("shop", Status::failing);
  site.add("other", Status::up);
  site.history.repair_rows = {
      {9, "shop", kNoon - 1min, 1500ms, 2, 1, "exit 3", "<b>could not</b> restart"},
      {8, "shop", kNoon - 2min, {}, 1, 0, "passed over: it ran 10s ago", ""}};
  site.history.held_rows = {
      {7, "shop", "", NoticeKind::problem, kNoon - 2min, "it depends on <router>, which is not up"},
      {6, "shop", "", NoticeKind::problem, kNoon - 3h, "the window nightly is open"}};
  site.history.notice_rows = {{"n1",
                               "mail",
                               "i1",
                               "shop",
                               NoticeKind::recovery,
                               NoticeStage::delivered,
                               1,
                               "ok again",
                               "",
                               kNoon - 2h,
                               kNoon - 2h,
                               {}}};
  std::string body = site.get("/monitors/shop").body;
  for (const char* part :
       {"repair 2, attempt 1", "passed over: it ran 10s ago", "not shown",
        "held because it depends on &lt;router&gt;, which is not up", "held because the window"})
    CHECK(holds(body, part));
  CHECK_FALSE(holds(body, "could not"));
  CHECK_FALSE(holds(body, "exit 3"));
  // In the order of time, the notice between the two.
  CHECK(body.find("&lt;router&gt;") < body.find("ok again"));
  CHECK(body.find("ok again") < body.find("the window nightly"));
  site.config->monitors[0].shown.output = true;
  body = site.get("/monitors/shop").body;
  CHECK(holds(body, "exit 3"));
  CHECK(holds(body, "&lt;b&gt;could not&lt;/b&gt; restart"));
  CHECK_FALSE(holds(site.get("/monitors/other").body, "id=\"repairs\""));
}

TEST_CASE("the feed links to where its reader reaches the page") {
  FakeSite site;
  site.add("web", Status::up);
  const auto feed = [&](std::vector<HttpHeader> headers) {
    headers.push_back({"Host", "inside:8080"});
    return site.ask({"GET", "/feed.atom", std::move(headers), {}}).body;
  };
  CHECK(holds(feed({}), "href=\"http://inside:8080/incidents\""));
  CHECK(holds(feed({{"X-Forwarded-Proto", "https"}}), "href=\"https://inside:8080/incidents\""));
  CHECK(holds(feed({{"X-Forwarded-Proto", "javascript"}}), "href=\"http://inside:8080/"));
  site.settings.public_url = "https://status.example.org";
  CHECK(holds(feed({}), "href=\"https://status.example.org/incidents\""));
  CHECK(!holds(feed({}), "inside"));
}

TEST_CASE("a page that is not public asks for the token") {
  FakeSite site;
  site.add("web", Status::up);
  site.settings.token = "0123456789abcdef";
  site.settings.open_to_read = false;
  for (const char* path : {"/", "/monitors/web", "/events", "/metrics", "/api", "/feed.atom",
                           "/badges/web/status.svg"}) {
    INFO(path);
    CHECK(site.get(path).status == 401);
    CHECK(holds(header_of(site.get(path), "WWW-Authenticate"), "Basic"));
    CHECK(site.ask({"GET", path, {{"Authorization", "Bearer 0123456789abcdef"}}, {}}).status ==
          200);
    // :0123456789abcdef, x:0123456789abcdef and a wrong one
    CHECK(
        site.ask({"GET", path, {{"authorization", "basic OjAxMjM0NTY3ODlhYmNkZWY="}}, {}}).status ==
        200);
    CHECK(
        site.ask({"GET", path, {{"Authorization", "Basic eDowMTIzNDU2Nzg5YWJjZGVm"}}, {}}).status ==
        200);
    CHECK(site.ask({"GET", path, {{"Authorization", "Bearer 0123456789abcdeX"}}, {}}).status ==
          401);
    CHECK(site.ask({"GET", path, {{"Authorization", "Bearer "}}, {}}).status == 401);
    CHECK(site.ask({"GET", path, {{"Authorization", "Basic !"}}, {}}).status == 401);
  }
  CHECK(site.get("/healthz").status == 200);
  CHECK(site.get("/static/page.css").status == 200);
}

TEST_CASE("health and readiness") {
  FakeSite site;
  site.add("web", Status::unknown);
  CHECK(site.get("/healthz").status == 200);
  CHECK(site.get("/readyz").status == 503);
  site.snapshot.monitors[0].status = Status::up;
  CHECK(site.get("/readyz").status == 200);
  site.snapshot.monitors[0].due = Monotonic{1h - 30s - 10s - 5s - 60s};
  CHECK(site.get("/healthz").status == 200);
  site.snapshot.monitors[0].due -= 1s;
  CHECK(site.get("/healthz").status == 503);
  CHECK(holds(site.get("/healthz").body, "web is overdue by 1 s"));
}

TEST_CASE("files of the page are kept by the browser until they change") {
  FakeSite site;
  for (const char* path : {"/static/page.css", "/static/page.js", "/static/icon.svg"}) {
    const HttpResponse first = site.get(path);
    CHECK(first.status == 200);
    CHECK_FALSE(first.body.empty());
    const std::string tag = header_of(first, "ETag");
    const HttpResponse again = site.ask({"GET", path, {{"If-None-Match", tag}}, {}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
  }
  CHECK(site.get("/static/").status == 404);
  CHECK(site.get("/static/../page.css").status == 404);
}

TEST_CASE("large answers are compressed for those who ask for it") {
  FakeSite site;
  for (int i = 0; i < 100; ++i) site.add("monitor " + std::to_string(i), Status::up);
  const auto encoding = [&](const std::string& accepted) {
    const HttpResponse response = site.ask({"GET", "/", {{"Accept-Encoding", accepted}}, {}});
    CHECK(header_of(response, "Vary") == "Accept-Encoding");
    return header_of(response, "Content-Encoding");
  };
  CHECK(encoding("gzip") == "gzip");
  CHECK(encoding("br;q=1.0, gzip;q=0.8, *;q=0.1") == "gzip");
  for (const char* none : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "identity"}) {
    INFO(none);
    CHECK(encoding(none) == "none");
  }
  const HttpResponse packed = site.ask({"GET", "/", {{"Accept-Encoding", "gzip"}}, {}});
  CHECK(packed.body.substr(0, 2) == "\x1f\x8b");
  CHECK(packed.body.size() * 3 < site.get("/").body.size());
}
