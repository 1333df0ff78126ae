// Pause, silence and acknowledge over the API, and the links that a message carries.
#include <fmt/format.h>

#include "fake_site.hpp"
#include "minitor/core/json.hpp"
#include "minitor/web/signed_link.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

const std::string kSecret(64, 'a');

HttpResponse post(FakeSite& site, const std::string& target, const std::string& body) {
  return site.ask({"POST", target, {{"Authorization", "Bearer 0123456789abcdef"}}, body});
}
std::string detail(const HttpResponse& response) {
  return fmt::format("{} {}", response.status, (*Json::parse(response.body))["detail"].string());
}

struct LinkedSite : FakeSite {
  LinkedSite() {
    add("web shop/ä", Status::down);
    snapshot.monitors[0].incident = "t-i1";
    link_secret = kSecret;
  }
  [[nodiscard]] Notice notice() const {
    Notice one;
    one.id = "t-n2";
    one.incident = "t-i1";
    one.kind = NoticeKind::problem;
    one.monitor = "web shop/ä";
    one.created = kNoon;
    return one;
  }
  [[nodiscard]] std::string path(OverlayKind action = OverlayKind::acknowledge) const {
    constexpr std::string_view kSite = "https://x";
    return link_of(action, notice(), kSite, kSecret).substr(kSite.size());
  }
};

}  // namespace

TEST_CASE("a monitor is paused, silenced and acknowledged over the API") {
  FakeSite site;
  site.add("web", Status::up);
  site.add("shop", Status::down);
  CHECK(post(site, "/api/v1/monitors/web/pause", "").status == 403);
  site.settings.token = "0123456789abcdef";
  CHECK(site.ask({"POST", "/api/v1/monitors/web/pause", {}, {}}).status == 401);
  CHECK(site.set.empty());

  const HttpResponse paused =
      post(site, "/api/v1/monitors/web/pause", R"({"for":"2h","by":"Ada","note":"disk"})");
  CHECK(paused.status == 200);
  CHECK(holds(paused.body, "\"changed\":[\"web\"]"));
  REQUIRE(site.set.size() == 1);
  CHECK(site.set[0].kind == OverlayKind::pause);
  CHECK(site.set[0].until == kNoon + 2h);
  CHECK(site.set[0].by == "Ada");
  CHECK(site.set[0].note == "disk");
  // Who and why are not for everyone.
  CHECK_FALSE(holds(site.get("/api/v1/overlays").body, "Ada"));
  CHECK_FALSE(holds(site.get("/").body, "Ada"));
  site.config->monitors[0].shown.output = true;
  CHECK(holds(site.get("/api/v1/overlays").body, "\"by\":\"Ada\",\"note\":\"disk\""));
  CHECK(holds(site.get("/monitors/web").body, "by Ada: disk"));

  CHECK(post(site, "/api/v1/monitors/web/resume", "{}").status == 200);
  CHECK(site.cleared.size() == 1);
  CHECK(post(site, "/api/v1/monitors/shop/silence", R"({"until":"2026-11-21T13:00:00Z"})").status ==
        200);
  CHECK(site.set.back().until == kNoon + 1h);
  CHECK(post(site, "/api/v1/monitors/shop/acknowledge", "").status == 200);
  CHECK(site.set.back().kind == OverlayKind::acknowledge);
  CHECK(detail(post(site, "/api/v1/monitors/web/acknowledge", "")) ==
        "409 web is not down: there is nothing to acknowledge");
}

TEST_CASE("several are meant by one request, and what is wrong is said") {
  FakeSite site;
  site.add("web", Status::up, "Sites");
  site.add("shop", Status::up, "Sites");
  site.settings.token = "0123456789abcdef";
  const auto set = [&](const std::string& body) { return post(site, "/api/v1/overlays", body); };
  CHECK(set(R"({"kind":"silence","groups":["Sites"]})").status == 200);
  CHECK(site.set.back().monitors.size() == 2);
  CHECK(set(R"({"kind":"pause","monitors":["w*"]})").status == 200);
  CHECK(site.set.back().monitors.size() == 1);
  CHECK(post(site, "/api/v1/overlays/end", R"({"kind":"silence","all":true})").status == 200);
  CHECK(site.cleared.back().monitors.size() == 2);

  CHECK(detail(set("")) == "400 a body of JSON is needed");
  CHECK(detail(set("[1]")) == "400 the body is no JSON object");
  CHECK(detail(set("{\"kind\":")) == "400 the body is no JSON object");
  CHECK(detail(set(R"({"monitors":["web"]})")) ==
        "400 kind: say whether it is a pause, a silence or an acknowledgement");
  CHECK(detail(set(R"({"kind":"sleep","all":true})")) ==
        "400 kind: neither pause nor silence nor acknowledgement");
  CHECK(detail(set(R"({"kind":"pause","all":true,"fro":"2h"})")) ==
        "400 no member here is named fro");
  CHECK(detail(set(R"({"kind":"pause","all":true,"for":2})")) == "400 for: not a text");
  CHECK(detail(set(R"({"kind":"pause","all":true,"for":"soon"})")) ==
        "400 for: not a duration; write 30s, 90m or 2h");
  CHECK(detail(set(R"({"kind":"pause","monitors":"web"})")) == "400 monitors: not a list of names");
  CHECK(detail(set(R"({"kind":"pause","monitors":["nobody"]})")) ==
        "404 no monitor is named \"nobody\"");
  CHECK(detail(set(R"({"kind":"pause"})")).starts_with("400 name monitors"));
  CHECK(detail(post(site, "/api/v1/monitors/web/pause", R"({"all":true})")) ==
        "400 no member here is named all");
}

TEST_CASE("whoever may open the control socket needs no token, and sees everything") {
  FakeSite site;
  site.add("web", Status::up);
  site.trusted = true;
  CHECK(site.ask({"POST", "/api/v1/monitors/web/silence", {}, R"({"by":"Ada"})"}).status == 200);
  CHECK(holds(site.get("/api/v1/overlays").body, "Ada"));
  CHECK(holds(site.ask({"POST", "/api/v1/monitors/web/test", {}, {}}).body, "exit 7"));
}

TEST_CASE("what is paused is neither overdue nor unready, and is shown as paused") {
  FakeSite site;
  site.add("web", Status::unknown);
  site.add("shop", Status::up);
  site.snapshot.monitors[0].due = Monotonic{};
  CHECK(site.get("/healthz").status == 503);
  CHECK(site.get("/readyz").status == 503);
  site.snapshot.monitors[0].overlays[OverlayKind::pause] = Overlay{kNoon, kNoon + 1h, "", ""};
  CHECK(site.get("/healthz").status == 200);
  CHECK(site.get("/readyz").status == 200);
  const std::string page = site.get("/").body;
  CHECK(holds(page, "<b class=\"badge paused\">paused</b>"));
  CHECK(holds(page, "The one other monitor is up; 1 paused."));
  CHECK(holds(site.get("/badges/web/status.svg").body, "paused"));
}

TEST_CASE("why nobody is told stands on the page, as text") {
  FakeSite site;
  site.add("web", Status::down);
  site.snapshot.monitors[0].held_because = "it depends on <b>router</b>";
  CHECK(holds(site.get("/monitors/web").body,
              "nobody is told at present: it depends on &lt;b&gt;router"));
  CHECK(holds(site.get("/api/v1/monitors/web").body, "\"held_because\":\"it depends on <b>"));
}

TEST_CASE("a link asks first, works once, and says so afterwards") {
  LinkedSite site;
  const std::string path = site.path();
  const HttpResponse asked = site.get(path);
  CHECK(asked.status == 200);
  CHECK(holds(asked.body, "Acknowledge web shop/ä?"));
  CHECK(holds(asked.body, "<form class=\"link\" method=\"post\""));
  CHECK(holds(header_of(asked, "Content-Security-Policy"), "form-action 'self'"));
  CHECK(header_of(asked, "Referrer-Policy") == "no-referrer");
  CHECK(site.set.empty());  // a scanner that opens it changes nothing
  CHECK(site.ask({"HEAD", path, {}, {}}).status == 200);
  CHECK(site.ask({"PUT", path, {}, {}}).status == 404);

  const HttpResponse done = site.ask({"POST", path, {}, "by=Ada%20L.&note=on+my+way"});
  CHECK(done.status == 200);
  CHECK(holds(done.body, "Acknowledged"));
  REQUIRE(site.set.size() == 1);
  CHECK(site.set[0].kind == OverlayKind::acknowledge);
  CHECK(site.set[0].by == "Ada L., by a link");
  CHECK(site.set[0].note == "on my way");
  CHECK(site.ask({"POST", path, {}, ""}).status == 410);
  CHECK(holds(site.get(path).body, "This link was used before"));
  CHECK(site.set.size() == 1);
  // The other link of the same message is another link.
  CHECK(site.ask({"POST", site.path(OverlayKind::silence), {}, ""}).status == 200);
  CHECK(site.set.back().kind == OverlayKind::silence);
  CHECK(site.set.back().until == kNoon + kLinkSilence);
}

TEST_CASE("a link that has expired, or whose outage is over, says what happened") {
  LinkedSite site;
  const std::string path = site.path();
  site.now = kNoon + kLinkLife - 1s;
  CHECK(site.get(path).status == 200);
  site.now = kNoon + kLinkLife;
  CHECK(site.get(path).status == 410);
  CHECK(holds(site.get(path).body, "This link has expired"));
  site.now = kNoon;
  site.snapshot.monitors[0].incident = "t-i9";
  CHECK(holds(site.ask({"POST", path, {}, ""}).body, "This outage is over"));
  site.snapshot.monitors[0].incident.clear();
  site.snapshot.monitors[0].status = Status::up;
  CHECK(site.get(path).status == 410);
  site.config->monitors[0].name = "renamed";
  CHECK(holds(site.get(path).body, "no longer watched"));
  CHECK(site.set.empty());
}

TEST_CASE("nothing of a link can be changed") {
  LinkedSite site;
  const std::string path = site.path();
  for (std::size_t i = std::string_view{"/link/"}.size(); i < path.size(); ++i) {
    std::string other = path;
    other[i] = other[i] == 'x' ? 'y' : 'x';  // no hexadecimal digit
    INFO(other);
    CHECK(site.ask({"POST", other, {}, ""}).status == 404);
  }
  CHECK(site.get(path + "/").status == 404);
  CHECK(site.get(path.substr(0, path.size() - 1)).status == 404);
  CHECK(site.get("/link/acknowledgement").status == 404);
  CHECK(site.set.empty());
  site.link_secret = std::string(64, 'b');
  CHECK(site.get(path).status == 404);
  site.link_secret.clear();
  CHECK(site.get(path).status == 404);
  CHECK(loggable_path({"GET", path, {}, {}}) == "/link/[token]");
}

TEST_CASE("only what asks for something carries a link") {
  LinkedSite site;
  Notice notice = site.notice();
  CHECK(
      link_of(OverlayKind::acknowledge, notice, "https://x", kSecret)
          .starts_with("https://x/link/acknowledgement/web%20shop%2F%C3%A4/t-i1/t-n2/1795867200/"));
  CHECK(link_of(OverlayKind::pause, notice, "https://x", kSecret).empty());
  CHECK(link_of(OverlayKind::silence, notice, "", kSecret).empty());
  CHECK(link_of(OverlayKind::silence, notice, "https://x", "short").empty());
  notice.flapping = true;
  CHECK(link_of(OverlayKind::silence, notice, "https://x", kSecret).empty());
  notice.flapping = false;
  notice.kind = NoticeKind::recovery;
  CHECK(link_of(OverlayKind::silence, notice, "https://x", kSecret).empty());
}
