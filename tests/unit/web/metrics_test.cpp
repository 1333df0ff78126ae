#include "minitor/web/metrics.hpp"

#include <set>
#include <sstream>
#include <string>

#include "minitor/core/clean_text.hpp"
#include "minitor/web/metric_text.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

Snapshot two_monitors() {
  Snapshot snapshot;
  MonitorSnapshot blog;
  blog.name = "My Blog";
  blog.status = Status::down;
  blog.failures = 4;
  blog.alerts = 2;
  blog.last_success = Timestamp{1'700'000'000s + 250ms};
  blog.checks = {.ok = 10,
                 .ok_alerting = 1,
                 .failed = 5,
                 .failed_alerting = 2,
                 .unknown = 3,
                 .missed = 7,
                 .last_ok_took = 120ms,
                 .last_failed_took = 1500us};
  MonitorSnapshot fresh;
  fresh.name = "fresh";
  snapshot.monitors = {blog, fresh};
  snapshot.deliveries = {{"My Blog", "mail", 2}, {"My Blog", "log", 3}, {"", "log", 1}};
  snapshot.checks_running = 1;
  snapshot.alerts_running = 2;
  snapshot.notices_waiting = 4;
  return snapshot;
}

constexpr std::string_view kGolden =
    R"(# HELP minitor_check_total Checks that ended, by result and by whether they caused a notice.
# TYPE minitor_check_total counter
minitor_check_total{is_alert="false",monitor="My Blog",status="success"} 10
minitor_check_total{is_alert="true",monitor="My Blog",status="success"} 1
minitor_check_total{is_alert="false",monitor="My Blog",status="failure"} 5
minitor_check_total{is_alert="true",monitor="My Blog",status="failure"} 2
minitor_check_total{is_alert="false",monitor="fresh",status="success"} 0
minitor_check_total{is_alert="true",monitor="fresh",status="success"} 0
minitor_check_total{is_alert="false",monitor="fresh",status="failure"} 0
minitor_check_total{is_alert="true",monitor="fresh",status="failure"} 0
# HELP minitor_checks_unknown_total Checks that said nothing about their target: the fault was on this machine.
# TYPE minitor_checks_unknown_total counter
minitor_checks_unknown_total{monitor="My Blog"} 3
minitor_checks_unknown_total{monitor="fresh"} 0
# HELP minitor_checks_missed_total Runs skipped because the last one took too long or no place was free.
# TYPE minitor_checks_missed_total counter
minitor_checks_missed_total{monitor="My Blog"} 7
minitor_checks_missed_total{monitor="fresh"} 0
# HELP minitor_check_milliseconds How long the last check of this result took, in milliseconds.
# TYPE minitor_check_milliseconds gauge
minitor_check_milliseconds{monitor="My Blog",status="success"} 120
minitor_check_milliseconds{monitor="My Blog",status="failure"} 1.5
# HELP minitor_check_last_duration_seconds How long the last check of this result took.
# TYPE minitor_check_last_duration_seconds gauge
minitor_check_last_duration_seconds{monitor="My Blog",status="success"} 0.12
minitor_check_last_duration_seconds{monitor="My Blog",status="failure"} 0.0015
# HELP minitor_monitor_up_count 0 while an outage has been alerted, 1 otherwise.
# TYPE minitor_monitor_up_count gauge
minitor_monitor_up_count{monitor="My Blog"} 0
# HELP minitor_monitor_status 1 for the status that the monitor has, 0 for the others.
# TYPE minitor_monitor_status gauge
minitor_monitor_status{monitor="My Blog",status="unknown"} 0
minitor_monitor_status{monitor="My Blog",status="up"} 0
minitor_monitor_status{monitor="My Blog",status="failing"} 0
minitor_monitor_status{monitor="My Blog",status="down"} 1
minitor_monitor_status{monitor="fresh",status="unknown"} 1
minitor_monitor_status{monitor="fresh",status="up"} 0
minitor_monitor_status{monitor="fresh",status="failing"} 0
minitor_monitor_status{monitor="fresh",status="down"} 0
# HELP minitor_monitor_consecutive_failures Failed checks since the last successful one.
# TYPE minitor_monitor_consecutive_failures gauge
minitor_monitor_consecutive_failures{monitor="My Blog"} 4
minitor_monitor_consecutive_failures{monitor="fresh"} 0
# HELP minitor_monitor_last_success_timestamp_seconds When the last successful check ended.
# TYPE minitor_monitor_last_success_timestamp_seconds gauge
minitor_monitor_last_success_timestamp_seconds{monitor="My Blog"} 1700000000.25
# HELP minitor_alert_total Alerts whose command succeeded.
# TYPE minitor_alert_total counter
minitor_alert_total{alert="log",monitor=""} 1
minitor_alert_total{alert="log",monitor="My Blog"} 3
minitor_alert_total{alert="mail",monitor="My Blog"} 2
# HELP minitor_observer_blind 1 while minitor is blind: cause network (by scope), late or unstartable.
# TYPE minitor_observer_blind gauge
minitor_observer_blind{cause="late",scope=""} 0
minitor_observer_blind{cause="unstartable",scope=""} 0
# HELP minitor_monitors Monitors in the configuration.
# TYPE minitor_monitors gauge
minitor_monitors 2
# HELP minitor_checks_running Checks that run now.
# TYPE minitor_checks_running gauge
minitor_checks_running 1
# HELP minitor_alerts_running Alert commands that run now.
# TYPE minitor_alerts_running gauge
minitor_alerts_running 2
# HELP minitor_notices_waiting Notices accepted and neither delivered, dropped nor given up.
# TYPE minitor_notices_waiting gauge
minitor_notices_waiting 4
# HELP minitor_build_info Always 1; what is running is in the labels.
# TYPE minitor_build_info gauge
minitor_build_info{version="1.2.3"} 1
# HELP process_cpu_seconds_total User and system CPU time spent, without that of commands.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.25
# HELP process_max_fds Limit of open file descriptors.
# TYPE process_max_fds gauge
process_max_fds 1024
# HELP process_open_fds Open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 12
# HELP process_resident_memory_bytes Resident memory.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 9000000
# HELP process_virtual_memory_bytes Virtual memory.
# TYPE process_virtual_memory_bytes gauge
process_virtual_memory_bytes 20000000000
# HELP process_start_time_seconds When the process started, since 1970-01-01 UTC.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1700000000.5
)";

std::multiset<std::string> series_of(const std::string& text) {
  std::multiset<std::string> series;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line[0] != '#') series.insert(line.substr(0, line.rfind(' ')));
  return series;
}

// A sample without labels, or with labels each of which is name="value" with nothing unescaped.
bool is_series(std::string_view text) {
  const auto name_char = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  std::size_t at = 0;
  while (at < text.size() && name_char(text[at])) ++at;
  if (at == text.size()) return true;
  if (text[at] != '{') return false;
  do {
    const std::size_t start = ++at;
    while (at < text.size() && name_char(text[at])) ++at;
    if (at == start || text.substr(at, 2) != "=\"") return false;
    for (at += 2; at < text.size() && text[at] != '"'; ++at)
      if (text[at] == '\\') {
        ++at;
        if (at >= text.size() || std::string_view{"\\\"n"}.find(text[at]) == std::string_view::npos)
          return false;
      }
    if (at >= text.size()) return false;
    ++at;
  } while (at < text.size() && text[at] == ',');
  return text.substr(at) == "}";
}

Snapshot named(std::initializer_list<std::string> names) {
  Snapshot snapshot;
  for (const std::string& name : names) {
    snapshot.monitors.emplace_back().name = name;
    snapshot.monitors.back().status = Status::up;
    snapshot.monitors.back().checks.last_ok_took = 1ms;
    snapshot.deliveries.push_back({name, name, 1});
  }
  return snapshot;
}

void check_valid(const Snapshot& snapshot) {
  const std::string text = render_metrics(snapshot, {"x"}, {});
  CHECK(valid_utf8(text) == text);
  const auto series = series_of(text);
  const std::set<std::string> different{series.begin(), series.end()};
  CHECK(different.size() == series.size());
  for (const std::string& one : different) {
    INFO(one);
    CHECK(is_series(one));
  }
}

}  // namespace

TEST_CASE("the whole text") {
  using Seconds = std::chrono::duration<double>;
  const ProcessInfo process{.open_fds = 12,
                            .max_fds = 1024,
                            .resident_bytes = 9'000'000,
                            .virtual_bytes = 20'000'000'000,
                            .cpu_time = Seconds{1.25},
                            .start_time = Seconds{1'700'000'000.5}};
  CHECK(render_metrics(two_monitors(), {"1.2.3"}, process) == kGolden);
}

TEST_CASE("what is not known is not written") {
  const std::string text = render_metrics({}, {"1"}, {});
  CHECK(text.find("process_") == std::string::npos);
  CHECK(text.find("minitor_check_total") == std::string::npos);  // no help without a sample
  CHECK(text.find("minitor_monitors 0\n") != std::string::npos);
}

TEST_CASE(
    "up_count is Minitor's: down only once an outage has been alerted, nothing before a check") {
  Snapshot snapshot = named({"a"});
  const auto up_count = [&] {
    const std::string text = render_metrics(snapshot, {}, {});
    const std::string series = "minitor_monitor_up_count{monitor=\"a\"} ";
    const auto at = text.find(series);
    return at == std::string::npos ? '-' : text[at + series.size()];
  };
  CHECK(up_count() == '1');
  snapshot.monitors[0].status = Status::failing;
  CHECK(up_count() == '1');
  snapshot.monitors[0].status = Status::down;
  snapshot.monitors[0].alerts = 1;
  CHECK(up_count() == '0');
  snapshot.monitors[0].status = Status::unknown;
  CHECK(up_count() == '-');
}

TEST_CASE("label values are escaped") {
  const std::string text = render_metrics(named({"a\\b\"c\nd\re}, f=\"x\""}), {}, {});
  CHECK(text.find("{monitor=\"a\\\\b\\\"c\\nd\re}, f=\\\"x\\\"\"}") != std::string::npos);
}

TEST_CASE("hostile names leave the text valid and every series unique") {
  check_valid(named({"\"", "\\", "\\\"", "\n", "\r\n", "\"} 1\nminitor_up 1", "{}", "#", ""}));
  check_valid(
      named({"\xff", "\xfe", "\xEF\xBF\xBD", std::string("\0", 1), "\xc3", "\xed\xa0\x80"}));
  check_valid(named({"same", "same", "same (2)", "same"}));
  check_valid(named({std::string(100'000, '"')}));
}

TEST_CASE("names that cleaning would join stay apart, and the valid one keeps its text") {
  const std::string replacement = "\xEF\xBF\xBD";
  using Labels = std::vector<std::string>;
  CHECK(distinct_labels({"a\xff", "a\xfe", "a\xEF\xBF\xBD"}) ==
        Labels{"a" + replacement + " (2)", "a" + replacement + " (3)", "a" + replacement});
  CHECK(distinct_labels({"x", "x", "x (2)"}) == Labels{"x", "x (3)", "x (2)"});
  CHECK(distinct_labels({"\xff", "b"}) == Labels{replacement, "b"});
}

TEST_CASE("a delivery for a monitor that is no longer there is still counted") {
  Snapshot snapshot = named({"here"});
  snapshot.deliveries.push_back({"gone", "log", 5});
  snapshot.deliveries.push_back({"gone", "log", 6});
  CHECK(render_metrics(snapshot, {}, {})
            .find("minitor_alert_total{alert=\"log\",monitor=\"gone\"} 11\n") != std::string::npos);
  check_valid(snapshot);
}

TEST_CASE("a plugin's figures are series of their own, counters apart, and a warning is marked") {
  Snapshot snapshot;
  MonitorSnapshot& disk = snapshot.monitors.emplace_back();
  disk.name = "disk";
  disk.status = Status::up;
  disk.last_verdict = Verdict::warning;
  disk.perfdata = parse_perfdata("time=12ms;1;2 '/a \\\"b'=5% io=7c unknown=U");
  const std::string text = render_metrics(snapshot, {"1.0"}, {});
  const auto has = [&text](std::string_view line) {
    return text.find("\n" + std::string(line) + "\n") != std::string::npos;
  };
  CHECK(has(R"(minitor_perfdata{label="time",monitor="disk",unit="seconds"} 0.012)"));
  CHECK(has(R"(minitor_perfdata{label="/a \\\"b",monitor="disk",unit="percent"} 5)"));
  CHECK(has(R"(minitor_perfdata_total{label="io",monitor="disk"} 7)"));
  CHECK(has(R"(minitor_monitor_warning{monitor="disk"} 1)"));
  CHECK(text.find("label=\"unknown\"") == std::string::npos);
}
