#include "minitor/web/daemon_metrics.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

bool holds(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

Config config() {
  Config config;
  config.monitors.emplace_back().name = "web";
  config.monitors.back().repairs.emplace_back();
  config.monitors.emplace_back().name = "backup";
  config.monitors.back().heartbeat.emplace();
  config.alerts.emplace_back().name = "mail";
  config.alerts.emplace_back().name = "a\"b";
  return config;
}

}  // namespace

TEST_CASE("what the engine asked for is counted") {
  const Config all = config();
  DaemonFigures figures;
  figures.tally = tally_of(all);
  figures.now = Timestamp{1000s};
  Snapshot snapshot;
  for (const Alert& alert : all.alerts) snapshot.waiting.push_back({alert.name, 0, {}});
  for (const Monitor& monitor : all.monitors) snapshot.monitors.emplace_back().name = monitor.name;
  std::string text = render_daemon_metrics(figures, snapshot);
  // Everything is there from the beginning, so that the first of something is an increase.
  CHECK(holds(text, R"(minitor_notices_total{alert="mail",result="given_up"} 0)"));
  CHECK(holds(text, R"(minitor_repairs_total{monitor="web",result="ran"} 0)"));
  CHECK(holds(text, R"(minitor_notices_held_total{kind="problem"} 0)"));
  CHECK(holds(text, R"(minitor_outbox_oldest_age_seconds{alert="mail"} 0)"));
  CHECK(holds(text, "minitor_check_lateness_seconds_count 0"));
  CHECK(text.find("backup") == std::string::npos);  // neither repairs nor heard of

  const auto notice = [&](std::uint32_t alert, NoticeStage stage) {
    RecordNotice record;
    record.alert = AlertId{alert};
    record.stage = stage;
    count(figures.tally, record, all);
  };
  notice(0, NoticeStage::intended);
  notice(0, NoticeStage::failed);
  notice(0, NoticeStage::failed);
  notice(0, NoticeStage::delivered);
  notice(1, NoticeStage::given_up);
  notice(1, NoticeStage::dropped);
  RecordRepair repair;
  repair.attempt = 1;
  count(figures.tally, repair, all);
  repair.attempt = 0;
  count(figures.tally, repair, all);
  count(figures.tally, RecordHeld{MonitorId{0}, NoticeKind::problem, "", {}, "why"}, all);
  for (const Duration lateness : {Duration{0s}, Duration{1ms}, Duration{2ms}, Duration{70s}}) {
    RecordCheck check;
    check.lateness = lateness;
    count(figures.tally, check, all);
    check.manual = true;  // nobody was late
    count(figures.tally, check, all);
    check.manual = false;
    check.monitor = MonitorId{1};  // a heartbeat
    count(figures.tally, check, all);
  }
  snapshot.waiting[1] = {"a\"b", 2, Timestamp{940s}};
  snapshot.monitors[1].last_heartbeat = Timestamp{900s};
  figures.history = {5, 100, 7, true, "full"};
  text = render_daemon_metrics(figures, snapshot);
  for (const char* line : {
           R"(minitor_notices_total{alert="mail",result="intended"} 1)",
           R"(minitor_notices_total{alert="mail",result="delivered"} 1)",
           R"(minitor_notices_total{alert="a\"b",result="given_up"} 1)",
           R"(minitor_notices_total{alert="a\"b",result="dropped"} 1)",
           R"(minitor_notice_attempts_failed_total{alert="mail"} 2)",
           R"(minitor_notices_held_total{kind="problem"} 1)",
           R"(minitor_repairs_total{monitor="web",result="ran"} 1)",
           R"(minitor_repairs_total{monitor="web",result="passed_over"} 1)",
           R"(minitor_outbox_notices{alert="a\"b"} 2)",
           R"(minitor_outbox_oldest_age_seconds{alert="a\"b"} 60)",
           R"(minitor_monitor_last_heartbeat_timestamp_seconds{monitor="backup"} 900)",
           "minitor_history_queue_records 5",
           "minitor_history_records_written_total 100",
           "minitor_history_records_dropped_total 7",
           "minitor_history_failing 1",
           R"(minitor_check_lateness_seconds_bucket{le="0.001"} 2)",
           R"(minitor_check_lateness_seconds_bucket{le="0.01"} 3)",
           R"(minitor_check_lateness_seconds_bucket{le="30"} 3)",
           R"(minitor_check_lateness_seconds_bucket{le="+Inf"} 4)",
           "minitor_check_lateness_seconds_sum 70.003",
           "minitor_check_lateness_seconds_count 4",
       }) {
    INFO(line);
    CHECK(holds(text, line));
  }
}
