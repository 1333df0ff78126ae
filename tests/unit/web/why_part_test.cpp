// Why somebody was told, on the page of a monitor and over the API: what may be shown of it, and how.
#include "fake_site.hpp"
#include "minitor/web/page_parts.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

// Down for an hour, told of, after a repair that was of no use.
FakeSite a_site(const std::string& name, const std::string& said) {
  FakeSite site;
  Monitor& monitor = site.add(name, Status::down);
  monitor.alert_down = {AlertId{0}};
  Alert mail;
  mail.name = "mail";
  site.config->alerts.push_back(mail);
  SavedMonitor saved;
  saved.name = name;
  saved.policy.status = Status::down;
  saved.policy.failures = 3;
  saved.policy.alerts = 1;
  saved.policy.first_failure.wall = kNoon - 1h;
  saved.incident = "i1";
  site.history.state.monitors = {saved};
  site.history.incident_rows = {{"i1", name, kNoon - 1h, kNoon - 50min, {}, "exit 7", "", 1}};
  site.history.notice_rows = {
      {"n1",
       "mail",
       "i1",
       name,
       NoticeKind::problem,
       NoticeStage::given_up,
       2,
       "failed 3 times in a row; tried: repair 1, attempt 1 (restart " + said + "): exit 1",
       said,
       kNoon - 50min,
       kNoon - 49min,
       {}}};
  RepairRow repair;
  repair.monitor = name;
  repair.at = kNoon - 55min;
  repair.attempt = 1;
  repair.outcome = "exit 1: " + said;
  site.history.repair_rows = {repair};
  site.history.held_rows = {
      {1, name, "i1", NoticeKind::problem, kNoon - 58min, "a repair is tried"}};
  return site;
}

}  // namespace

TEST_CASE("the page of a monitor says why, without a script") {
  FakeSite site = a_site("blog", "words");
  const std::string page = site.get("/monitors/blog").body;
  const std::size_t from = page.find("<h2 id=\"why\">Why</h2>");
  REQUIRE(from != std::string::npos);
  const std::string section = page.substr(from, page.find("</section>", from) - from);
  CHECK(holds(section, "blog is down, failing since 2026-11-21 11:00:00: it failed 3 times"));
  CHECK(holds(section, "gave up telling mail of the problem at attempt 2"));
  CHECK(holds(section, "problem held back: a repair is tried"));
  CHECK(holds(section, "<h3>What happened</h3>"));
  CHECK(holds(section, "<h3>If it goes on failing</h3>"));
  CHECK(holds(section, "<h3>If it is well from the next check on</h3>"));
  // The words of the API, which are those of the command line.
  const std::string api = site.get("/api/v1/monitors/blog/why").body;
  CHECK(holds(api, "gave up telling mail of the problem at attempt 2"));
}

TEST_CASE("why shows of commands what the monitor shows, and no more") {
  FakeSite site = a_site("blog", "words-of-a-command");
  site.history.notice_rows[0].stage = NoticeStage::delivered;
  for (const char* target : {"/monitors/blog", "/api/v1/monitors/blog/why"}) {
    INFO(target);
    site.config->monitors[0].shown = {};
    const std::string hidden = site.get(target).body;
    CHECK(holds(hidden, "because failed 3 times in a row; repairs were tried"));
    CHECK_FALSE(holds(hidden, "words-of-a-command"));
    site.config->monitors[0].shown = {true, true};
    const std::string shown = site.get(target).body;
    CHECK(holds(shown, "tried: repair 1, attempt 1 (restart words-of-a-command): exit 1"));
    CHECK(holds(shown, "repair 1, attempt 1: exit 1: words-of-a-command"));
  }
}

TEST_CASE("why makes text of what comes from outside") {
  const std::string hostile = "\"'><script>alert(1)</script>&amp;\x01\xff\xe2\x80\xae";
  FakeSite site = a_site(hostile, hostile);
  site.config->monitors[0].shown = {true, true};
  SavedMonitor& saved = site.history.state.monitors[0];
  saved.overlays[OverlayKind::acknowledge] = Overlay{kNoon - 1h, kNoon + 1h, hostile, hostile};
  const std::string path = monitor_path(hostile);
  const std::string page = site.get(path).body;
  CHECK(holds(page, "gave up telling mail of the problem at attempt 2"));
  for (const std::string_view bad : {"<script>", "'>", "\xe2\x80\xae", "\x01", "\xff"}) {
    INFO(bad);
    CHECK_FALSE(holds(page, bad));
  }
  const std::string api = site.get("/api/v1" + path + "/why").body;
  CHECK(holds(api, "gave up telling mail of the problem at attempt 2"));
  CHECK_FALSE(holds(api, "\x01"));
  CHECK_FALSE(holds(api, "\xff"));
}

TEST_CASE("a secret that was learned later is hidden in what was written down before") {
  FakeSite site = a_site("blog", "swordfish-1234");
  site.config->monitors[0].shown = {true, true};
  site.history.check_rows["blog"] = {
      check_row(7, kNoon - 1s, Verdict::failure, "exit 7 swordfish-1234", "it is swordfish-1234")};
  site.history.incident_rows[0].cause = "swordfish-1234";
  site.snapshot.monitors[0].last_outcome = "exit 7";
  for (const char* target :
       {"/monitors/blog", "/", "/incidents", "/feed.atom", "/api/v1/monitors/blog/why",
        "/api/v1/monitors/blog/checks", "/api/v1/incidents", "/api/v1/notices"}) {
    INFO(target);
    site.config->redactor = {};
    const bool was_there = holds(site.get(target).body, "swordfish-1234");
    CHECK(was_there == (std::string_view{target} != "/"));
    site.config->redactor = Redactor({"swordfish-1234"});
    const HttpResponse response = site.get(target);
    CHECK(response.status == 200);
    CHECK_FALSE(holds(response.body, "swordfish-1234"));
  }
}
