// The values that the two Minitors read differently, row by row: what ours makes of each, and what it
// says about it.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"
#include "world.hpp"

namespace minitor {
namespace {

struct Row {
  std::string_view key;
  std::string_view value;  // as written in the file
  std::string_view read;   // as dump() says it; empty: refused
  std::string_view says;   // the note or the error, without its place
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"check_interval", "30", "30s", ""},
      {"check_interval", "\"30\"", "30s", "\"30\" is text; read as 30 seconds"},
      {"check_interval", "'1m30s'", "1m30s", ""},
      {"check_interval", "1m30s", "1m30s", ""},
      {"check_interval", "1.5s", "1.5s", ""},
      {"check_interval", "1.5", "1.5s", "\"1.5\" is read as 1.5s; Minitor for Go would read 1s"},
      {"check_interval", "2.0", "2s", ""},
      {"check_interval", "1e3", "16m40s", ""},
      {"check_interval", "1:30", "1m30s", "\"1:30\" is a number in base 60; read as 90 seconds"},
      {"check_interval", "1:00:00", "1h",
       "\"1:00:00\" is a number in base 60; read as 3600 seconds"},
      {"check_interval", "1:60", "", "\"1:60\" is not a duration; write 30s, 5m or 1h30m"},
      {"check_interval", "1_0", "10s", "\"1_0\" is a number with _ in it; read as 10 seconds"},
      {"check_interval", "010", "8s", "\"010\" is an octal number; read as 8 seconds"},
      {"check_interval", "0o10", "8s", "\"0o10\" is an octal number; read as 8 seconds"},
      {"check_interval", "0x1E", "30s", "\"0x1E\" is a hexadecimal number; read as 30 seconds"},
      {"check_interval", "0b11", "3s", "\"0b11\" is a binary number; read as 3 seconds"},
      {"check_interval", "+5", "5s", ""},
      {"check_interval", "1d", "1d", ""},
      {"check_interval", "~", "30s", "check_interval has no value and is taken as not given"},
      {"check_interval", "\"\"", "", "\"\" is not a duration; write 30s, 5m or 1h30m"},
      {"check_interval", "0", "",
       "\"0\" is too short: it must be more than 0; write 30s, 5m or 1h30m"},
      {"check_interval", "-5", "",
       "\"-5\" is too short: it must be more than 0; write 30s, 5m or 1h30m"},
      {"check_interval", "-5s", "",
       "\"-5s\" is too short: it must be more than 0; write 30s, 5m or 1h30m"},
      {"check_interval", ".inf", "", "\".inf\" is not a duration; write 30s, 5m or 1h30m"},
      {"check_interval", "true", "", "\"true\" is not a duration; write 30s, 5m or 1h30m"},
      {"check_interval", "--5", "", "\"--5\" is not a duration; write 30s, 5m or 1h30m"},
      {"check_interval", "!!str 5", "5s", "\"5\" is text; read as 5 seconds"},
      {"check_interval", "!!int \"5\"", "5s", ""},
      {"check_interval", "${INTERVAL}", "30s", ""},
      {"check_interval", "\"${INTERVAL}\"", "30s", ""},
      {"check_interval", "${INTERVAL}m", "30m", ""},
      {"alert_after", "3", "3 failures", ""},
      {"alert_after", "3.7", "3 failures",
       "\"3.7\" is not a whole number; read as 3, as Minitor does"},
      {"alert_after", "\"3\"", "3 failures", "\"3\" is text; read as the number 3"},
      {"alert_after", "40000", "40000 failures", ""},
      {"alert_after", "10m", "10m", ""},
      {"alert_after", "\"10m\"", "10m", ""},
      {"alert_after", "1:30", "90 failures",
       "\"1:30\" is a number in base 60; read as the number 90"},
      {"alert_after", "0", "1 failures",
       "0 means the default, as in Minitor; write 1 to alert at the first failure"},
      {"alert_after", "0.5", "1 failures",
       "\"0.5\" is not a whole number; read as 0, as Minitor does"},
      {"alert_after", "true", "",
       "\"true\" is neither a number of failures nor a duration; write 3 or 10m"},
      {"alert_after", "never", "",
       "\"never\" is neither a number of failures nor a duration; write 3 or 10m"},
      {"alert_after", "-1", "", "\"-1\" is negative; write 1 to alert at the first failure"},
      {"alert_after", "0s", "",
       "\"0s\" is too short: it must be more than 0; write 30s, 5m or 1h30m"},
      {"alert_after", "1000001", "", "\"1000001\" is out of range; write a number up to 1000000"},
      {"alert_every", "-1", "backoff", ""},
      {"alert_every", "-2", "backoff", ""},
      {"alert_every", "0", "never", ""},
      {"alert_every", "5", "5 failures", ""},
      {"alert_every", "40000", "40000 failures", ""},
      {"alert_every", "1h", "1h", ""},
      {"alert_every", "\"-1\"", "backoff", "\"-1\" is text; read as the number -1"},
      {"alert_every", "2.5", "2 failures",
       "\"2.5\" is not a whole number; read as 2, as Minitor does"},
      {"alert_every", "~", "backoff", "alert_every has no value and is taken as not given"},
      {"alert_every", "-1h", "",
       "\"-1h\" is too short: it must be more than 0; write 30s, 5m or 1h30m"},
      {"alert_every", "false", "",
       "\"false\" is neither a number of failures nor a duration; write 3 or 10m"},
      {"alert_down", "[log]", "[log]", ""},
      {"alert_down", "log", "[log]", "\"log\" is read as a list of one; write [log]"},
      {"alert_down", "lgo", "", "no alert is named \"lgo\"; did you mean \"log\"?"},
      {"alert_down", "[]", "[]", "an empty list: nobody is told of problems"},
      {"alert_down", "~", "[log]", "alert_down has no value and is taken as not given"},
      {"alerts", "log", "[log]", "\"log\" is read as a list of one; write [log]"},
      {"timeout", "90", "1m30s", ""},
      {"max_output", "1_000", "1000",
       "\"1_000\" is a number with _ in it; read as the number 1000"},
      {"max_output", "1.5", "", "\"1.5\" is not a whole number; write one from 1 to 1048576"},
  };
  return all;
}

// The word under which dump() shows a key.
std::string_view shown_as(std::string_view key) {
  if (key == "check_interval") return "interval";
  if (key == "alert_after") return "after";
  if (key == "alert_every") return "every";
  if (key == "alert_down" || key == "alerts") return "down";
  return key == "max_output" ? "output" : key;
}

std::string line_of(const std::string& dumped, std::string_view name) {
  const std::string start = fmt::format("\n  {}: ", name);
  const std::size_t at = dumped.find(start);
  if (at == std::string::npos) return "not there";
  const std::size_t from = at + start.size();
  return dumped.substr(from, dumped.find('\n', from) - from);
}

}  // namespace

TEST_CASE("a value is read, or refused, and what was made of it is said") {
  for (const Row& row : rows()) {
    const std::string text =
        fmt::format("check_interval: 1ms\nmonitors:\n  - name: web\n    command: x\n    {}: {}\n",
                    row.key, row.value);
    // Alone on its level, so that a monitor's default for check_interval is the built-in one.
    const std::string alone =
        text.substr(row.key == "check_interval" && row.value == "~" ? text.find("monitors") : 0);
    const LoadResult result = load(alone);
    INFO(row.key << ": " << row.value);
    CHECK((result.index() == 1) == row.read.empty());
    const auto& said = result.index() == 1 ? std::get<std::vector<ConfigError>>(result)
                                           : std::get<LoadedConfig>(result).notes;
    if (row.says.empty()) {
      CHECK(said.empty());
    } else {
      REQUIRE(!said.empty());
      CHECK(said.front().message == row.says);
      CHECK(said.front().line == (row.value == "~" && row.key == "check_interval" ? 4 : 5));
    }
    if (result.index() == 0)
      CHECK(line_of(dump(std::get<LoadedConfig>(result)), shown_as(row.key)) == row.read);
  }
}

TEST_CASE("a note of one kind is told once, with the number of the other places") {
  const std::string notes = notes_of(
      "monitors:\n"
      "  - {name: a, command: x, alert_after: '3'}\n"
      "  - {name: b, command: x, alert_after: '4'}\n"
      "  - {name: c, command: x, alert_after: '5', timeout: '5'}\n");
  CHECK(notes ==
        "minitor.yml:2:40: monitors[0].alert_after: \"3\" is text; read as the number 3 (and in 2 "
        "more places)\n"
        "minitor.yml:4:54: monitors[2].timeout: \"5\" is text; read as 5 seconds\n");
}

TEST_CASE("what both Minitors call alert_after 0 and alert_every 0 has its dialect") {
  const std::string monitor = "monitors:\n  - {name: a, command: x, alert_every: 0}\n";
  CHECK(config_of(monitor).monitors[0].rules == AlertRules{AfterFailures{1}, EveryNever{false}});
  CHECK(config_of("compat: python\n" + monitor).monitors[0].rules ==
        AlertRules{AfterFailures{4}, EveryNever{true}});
  CHECK(config_of("compat: python\ndefault_alert_after: 2\n" + monitor).monitors[0].rules.after ==
        AlertAfter{AfterFailures{2}});
}

TEST_CASE("the timeout of a check is its interval within bounds") {
  const auto timeout = [](std::string_view interval) {
    return config_of(
               fmt::format(
                   "check_interval: 1s\nmonitors: [{{name: a, command: x, check_interval: {}}}]",
                   interval))
        .monitors[0]
        .command.timeout;
  };
  CHECK(timeout("1s") == std::chrono::seconds{10});
  CHECK(timeout("30s") == std::chrono::seconds{30});
  CHECK(timeout("1h") == std::chrono::minutes{5});
}

TEST_CASE("a monitor that is faster than the whole is told of") {
  CHECK(notes_of("check_interval: 1m\nmonitors: [{name: a, command: x, check_interval: 5}]") ==
        "minitor.yml:2:50: monitors[0].check_interval: shorter than the check_interval at the top "
        "(1m), and is kept as "
        "it is here; Minitor would check no oftener than that\n");
}

}  // namespace minitor
