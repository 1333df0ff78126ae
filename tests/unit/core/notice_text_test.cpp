#include "minitor/core/notice_text.hpp"

#include <map>

#include "tests/catch.hpp"
#include "tests/unit/core/sample_notice.hpp"

using namespace minitor;
using namespace std::string_literals;

namespace {

Alert alert_with(decltype(Alert::message) message) {
  Alert alert;
  alert.name = "mail";
  alert.message = std::move(message);
  alert.environment = {{"KEY", "k"}, {"MINITOR_GROUP", "mine"}};
  alert.directory = "/srv";
  alert.timeout = std::chrono::seconds{30};
  return alert;
}

}  // namespace

TEST_CASE("one sentence") {
  CHECK(sentence(sample_notice(NoticeKind::problem)) == "My Blog check has failed 4 times");
  CHECK(sentence(sample_notice(NoticeKind::reminder)) == "My Blog check has failed 4 times");
  CHECK(sentence(sample_notice(NoticeKind::recovery)) == "My Blog check is up again!");
  Notice test = sample_notice(NoticeKind::test);
  test.monitor = "First Run Alert Test: mail";
  CHECK(sentence(test) == "minitor test notice for mail");
  test.monitor = "mail";
  CHECK(sentence(test) == "minitor test notice for mail");
  Notice rude = sample_notice();
  rude.monitor = "a\nb\x1b[2J";
  CHECK(sentence(rude) == "a\\nb\\x1b[2J check has failed 4 times");
}

TEST_CASE("the environment of a notice") {
  const Environment expected{
      {"MINITOR_NOTICE_ID", "n-1"},
      {"MINITOR_INCIDENT_ID", "i-1"},
      {"MINITOR_KIND", "problem"},
      {"MINITOR_STATUS", "down"},
      {"MINITOR_MONITOR", "My Blog"},
      {"MINITOR_DESCRIPTION", "the blog"},
      {"MINITOR_GROUP", "web"},
      {"MINITOR_ALERT", "mail"},
      {"MINITOR_MESSAGE", "My Blog check has failed 4 times"},
      {"MINITOR_REASON", "4 failed checks in a row"},
      {"MINITOR_VERDICT", "failure"},
      {"MINITOR_OUTCOME", "exit 7"},
      {"MINITOR_OUTPUT", "line one\nline two\n\n"},
      {"MINITOR_REPAIRS", ""},
      {"MINITOR_TAKES_DOWN", ""},
      {"MINITOR_ALERT_COUNT", "2"},
      {"MINITOR_FAILURE_COUNT", "4"},
      {"MINITOR_TIME", "2026-11-21T07:15:02Z"},
      {"MINITOR_FIRST_FAILURE", "2026-11-21T07:13:32Z"},
      {"MINITOR_LAST_SUCCESS", "2026-11-21T07:13:02Z"},
      {"MINITOR_DURATION_SECONDS", "90"},
      {"MINITOR_LABEL_SITE", "attic"},
      {"MINITOR_LABEL_RACK_NO", "7"},
  };
  CHECK(notice_environment(sample_notice(), "mail", {}) == expected);
}

TEST_CASE("values of variables are clean and not too long") {
  Notice notice = sample_notice(NoticeKind::recovery);
  notice.output = "a\0b\xff"s + std::string(100000, 'x');
  notice.first_failure.reset();
  notice.last_success.reset();
  const Environment all = notice_environment(notice, "mail", {});
  const std::map<std::string, std::string> by_name(all.begin(), all.end());
  CHECK(by_name.at("MINITOR_OUTPUT").size() == kMaxVariableBytes);
  CHECK(by_name.at("MINITOR_OUTPUT").starts_with("a\uFFFDb\uFFFDxxx"));
  CHECK(by_name.at("MINITOR_STATUS") == "up");
  CHECK(by_name.at("MINITOR_VERDICT") == "ok");
  CHECK(by_name.at("MINITOR_FIRST_FAILURE").empty());
  CHECK(by_name.at("MINITOR_LAST_SUCCESS").empty());
  CHECK(by_name.at("MINITOR_DURATION_SECONDS").empty());
}

TEST_CASE("the document of a notice") {
  CHECK(notice_json(sample_notice(), "mail", {}) ==
        R"({"notice_id": "n-1", "incident_id": "i-1", "kind": "problem", "status": "down", )"
        R"("monitor": "My Blog", "description": "the blog", "group": "web", "alert": "mail", )"
        R"("message": "My Blog check has failed 4 times", "reason": "4 failed checks in a row", )"
        R"("verdict": "failure", "outcome": "exit 7", "output": "line one\nline two\n\n", )"
        R"("repairs": "", "takes_down": "", )"
        R"("alert_count": 2, "failure_count": 4, "time": "2026-11-21T07:15:02Z", )"
        R"("first_failure": "2026-11-21T07:13:32Z", "last_success": "2026-11-21T07:13:02Z", )"
        R"("duration_seconds": 90, "labels": {"site": "attic", "rack-no": "7"}})"
        "\n");
  Notice rude = sample_notice();
  rude.output = "\"\\\x01\xff\0"s;
  rude.last_success.reset();
  rude.first_failure.reset();
  rude.labels.clear();
  const std::string json = notice_json(rude, "mail", {});
  CHECK(json.find("\"output\": \"\\\"\\\\\\u0001\uFFFD\uFFFD\"") != std::string::npos);
  CHECK(json.find("\"last_success\": null") != std::string::npos);
  CHECK(json.find("\"duration_seconds\": null, \"labels\": {}}\n") != std::string::npos);
}

TEST_CASE("an alert's command") {
  const auto shell = ShellTemplate::compile("mail -s '{alert_message}' {last_output}");
  const AlertCommand mail =
      alert_command(alert_with(std::get<ShellTemplate>(shell)), sample_notice(), {});
  CHECK(std::get<ShellText>(mail.command.program).text ==
        "mail -s ''\"${MINITOR_MESSAGE}\"'' \"${MINITOR_TEXT_1}\"");
  CHECK(mail.command.directory == "/srv");
  CHECK(mail.command.timeout == std::chrono::seconds{30});
  CHECK(mail.command.leftovers == Leftovers::leave);
  CHECK(mail.input == notice_json(sample_notice(), "mail", {}));
  Environment expected = notice_environment(sample_notice(), "mail", {});
  expected.emplace_back("MINITOR_TEXT_1", "line one\nline two");
  expected.emplace_back("KEY", "k");
  expected.emplace_back("MINITOR_GROUP", "mine");  // a later one of the same name wins
  CHECK(mail.command.environment == expected);

  const auto argv = ArgvTemplate::compile({"mail", "-s", "{monitor_name}"});
  const AlertCommand list =
      alert_command(alert_with(std::get<ArgvTemplate>(argv)), sample_notice(), {});
  CHECK(std::get<Argv>(list.command.program).items ==
        std::vector<std::string>{"mail", "-s", "My Blog"});
}
