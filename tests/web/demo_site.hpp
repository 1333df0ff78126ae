// A small company's monitors with 90 days behind them, for the browser and for pictures.
#pragma once

#include <cmath>
#include <string>

#include "tests/unit/web/fake_site.hpp"

namespace minitor {

struct DemoOutage {
  double days_ago = 0;
  double hours = 0;  // 0: it lasts
};

inline Duration days_of(double days) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::ratio<86400>>(days));
}

inline void add_demo(FakeSite& site, const std::string& name, const std::string& group,
                     Status status, Duration usual, const std::vector<DemoOutage>& outages) {
  using namespace std::chrono_literals;
  Monitor& monitor = site.add(name, status, group);
  monitor.description = "Who to call, and what usually helps.";
  monitor.labels = {{"team", "web"}};
  monitor.shown.output = true;
  MonitorSnapshot& state = site.snapshot.monitors.back();
  state.last_took = usual;
  state.last_success = status == Status::up ? state.last_check : site.now - 42min;
  state.last_outcome = status == Status::up ? "exit 0" : "exit 7 (could not connect)";
  state.since = site.now - (status == Status::up ? days_of(16.4) : 43min);
  Timeline timeline;
  timeline.before = Status::up;
  timeline.known_until = site.now;
  timeline.gaps.push_back(
      {site.now - days_of(90), site.now - days_of(83), "minitor was not running"});
  int number = 0;
  for (const DemoOutage& outage : outages) {
    const std::string id =
        "i" + std::to_string(++number) + "-" + std::to_string(site.config->monitors.size());
    const Timestamp from = site.now - days_of(outage.days_ago);
    timeline.changes.push_back({from, Status::down, "failed 3 times in a row", id});
    IncidentRow row;
    row.id = id;
    row.monitor = name;
    row.first_failure = from;
    row.down = from + 1min;
    row.cause = "exit 7: could not connect";
    row.delivered = 2;
    NoticeRow told{"n" + id,
                   "mail",
                   id,
                   name,
                   NoticeKind::problem,
                   NoticeStage::delivered,
                   1,
                   "failed 3 times in a row (alert_after: 3)",
                   "",
                   from,
                   from + 2s,
                   {}};
    site.history.notice_rows.insert(site.history.notice_rows.begin(), told);
    if (outage.hours > 0) {
      row.ended = from + days_of(outage.hours / 24);
      timeline.changes.push_back({*row.ended, Status::up, "ok again", id});
      told.kind = NoticeKind::recovery;
      told.stage = NoticeStage::dropped;
      told.detail = "sms was never told of the problem";
      told.alert = "sms";
      told.created = told.updated = *row.ended;
      site.history.notice_rows.insert(site.history.notice_rows.begin(), told);
    }
    site.history.incident_rows.insert(site.history.incident_rows.begin(), row);
  }
  site.history.timeline_rows[name] = timeline;
  for (int i = 288; i >= 0; --i) {
    const double wave = 1 + 0.3 * std::sin(i / 9.0) + 0.15 * std::sin(i * 1.7);
    const auto mean = std::chrono::duration_cast<Duration>(usual * wave);
    site.history.bucket_rows[name].push_back({site.now - 5min * i, 10, i % 97 == 0 ? 1 : 0, 0,
                                              mean * (i % 97 == 0 ? 11 : 10), mean * 7 / 10,
                                              mean * 2});
  }
  for (int i = 0; i < 80; ++i) {
    CheckRow row = check_row(1000 - i, site.now - 30s * i - 12s,
                             status == Status::down && i < 80 ? Verdict::failure : Verdict::ok,
                             state.last_outcome, "HTTP/1.1 502 Bad Gateway\n<html>\n");
    row.took = usual;
    row.manual = i == 3;
    site.history.check_rows[name].push_back(row);
  }
}

inline void fill_demo(FakeSite& site, Timestamp now) {
  using namespace std::chrono_literals;
  site.now = now;
  site.settings.token = "browser-token-0123456789";
  add_demo(site, "Shop", "Customers", Status::up, 130ms, {{61.2, 1.5}, {16.4, 0.4}});
  add_demo(site, "Blog", "Customers", Status::up, 85ms, {{34.7, 7}});
  add_demo(site, "Payments", "Customers", Status::down, 240ms, {{44.1, 0.2}, {0.03, 0}});
  add_demo(site, "Mail", "Office", Status::up, 35ms, {{70.5, 2}});
  add_demo(site, "Backup is fresh", "Office", Status::up, 4ms, {});
  add_demo(site, "Database", "Machines", Status::up, 12ms, {{5.5, 0.6}});
  add_demo(site, "Tracker over UDP", "Machines", Status::up, 28ms, {});
  MonitorSnapshot& backup = site.snapshot.monitors[4];
  backup.last_verdict = Verdict::warning;
  backup.perfdata = parse_perfdata("age=93600s;90000;180000 size=41GB;; files=120034");
}

}  // namespace minitor
