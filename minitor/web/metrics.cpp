#include "minitor/web/metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "minitor/core/clean_text.hpp"
#include "minitor/web/metric_text.hpp"

namespace minitor {
namespace {

// A monitor and the text that stands for its name.
struct Row {
  const MonitorSnapshot* monitor;
  std::string label;
};

// In two parts: nanoseconds since 1970 are more than a double can hold.
double seconds(Duration duration) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
  return static_cast<double>(whole.count()) +
         std::chrono::duration<double>(duration - whole).count();
}

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void write_checks(MetricText& out, const std::vector<Row>& rows) {
  out.counter("minitor_check_total",
              "Checks that ended, by result and by whether they caused a notice.");
  for (const Row& row : rows) {
    const CheckCounters& checks = row.monitor->checks;
    const auto sample = [&](std::string_view alert, std::string_view status, std::uint64_t count) {
      out.sample({{"is_alert", alert}, {"monitor", row.label}, {"status", status}}, count);
    };
    sample("false", "success", checks.ok);
    sample("true", "success", checks.ok_alerting);
    sample("false", "failure", checks.failed);
    sample("true", "failure", checks.failed_alerting);
  }
  out.counter("minitor_checks_unknown_total",
              "Checks that said nothing about their target: the fault was on this machine.");
  for (const Row& row : rows) out.sample({{"monitor", row.label}}, row.monitor->checks.unknown);
  out.counter("minitor_checks_missed_total",
              "Runs skipped because the last one took too long or no place was free.");
  for (const Row& row : rows) out.sample({{"monitor", row.label}}, row.monitor->checks.missed);
}

void write_durations(MetricText& out, const std::vector<Row>& rows) {
  const auto write = [&](double (*in_unit)(Duration)) {
    for (const Row& row : rows) {
      const auto sample = [&](std::string_view status, const std::optional<Duration>& took) {
        if (took) out.sample({{"monitor", row.label}, {"status", status}}, in_unit(*took));
      };
      sample("success", row.monitor->checks.last_ok_took);
      sample("failure", row.monitor->checks.last_failed_took);
    }
  };
  out.gauge("minitor_check_milliseconds",
            "How long the last check of this result took, in milliseconds.");
  write(milliseconds);
  out.gauge("minitor_check_last_duration_seconds", "How long the last check of this result took.");
  write(seconds);
}

void write_status(MetricText& out, const std::vector<Row>& rows) {
  out.gauge("minitor_monitor_up_count", "0 while an outage has been alerted, 1 otherwise.");
  for (const Row& row : rows)
    if (row.monitor->status != Status::unknown)
      out.sample({{"monitor", row.label}}, std::uint64_t{row.monitor->alerts == 0 ? 1U : 0U});

  constexpr std::array kAll = {Status::unknown, Status::up, Status::failing, Status::down};
  out.gauge("minitor_monitor_status", "1 for the status that the monitor has, 0 for the others.");
  for (const Row& row : rows)
    for (const Status status : kAll)
      out.sample({{"monitor", row.label}, {"status", name(status)}},
                 std::uint64_t{row.monitor->status == status ? 1U : 0U});

  out.gauge("minitor_monitor_consecutive_failures", "Failed checks since the last successful one.");
  for (const Row& row : rows)
    out.sample({{"monitor", row.label}}, static_cast<double>(row.monitor->failures));

  out.gauge("minitor_monitor_last_check_timestamp_seconds", "When the last check ended.");
  for (const Row& row : rows)
    if (row.monitor->last_check)
      out.sample({{"monitor", row.label}}, seconds(row.monitor->last_check->time_since_epoch()));

  out.gauge("minitor_monitor_last_success_timestamp_seconds",
            "When the last successful check ended.");
  for (const Row& row : rows)
    if (row.monitor->last_success)
      out.sample({{"monitor", row.label}}, seconds(row.monitor->last_success->time_since_epoch()));
}

void write_verdicts(MetricText& out, const std::vector<Row>& rows) {
  out.gauge("minitor_monitor_warning",
            "1 when the last check that could tell ended with a warning, 0 otherwise.");
  for (const Row& row : rows)
    if (row.monitor->last_verdict)
      out.sample({{"monitor", row.label}},
                 std::uint64_t{*row.monitor->last_verdict == Verdict::warning ? 1U : 0U});
}

// The plugins' own figures. Their labels are bounded (kMaxPerfdata a monitor).
void write_perfdata(MetricText& out, const std::vector<Row>& rows) {
  const auto write = [&](bool counters) {
    for (const Row& row : rows) {
      std::vector<std::string_view> names;
      for (const PerfFigure& figure : row.monitor->perfdata) names.push_back(figure.label);
      const std::vector<std::string> labels = distinct_labels(names);
      for (std::size_t i = 0; i < labels.size(); ++i) {
        const PerfFigure& figure = row.monitor->perfdata[i];
        if (!figure.value || figure.counter != counters) continue;
        if (counters)
          out.sample({{"label", labels[i]}, {"monitor", row.label}}, *figure.value);
        else
          out.sample(
              {{"label", labels[i]}, {"monitor", row.label}, {"unit", valid_utf8(figure.unit)}},
              *figure.value);
      }
    }
  };
  out.gauge("minitor_perfdata", "Figures from the performance data of the last check.");
  write(false);
  out.counter("minitor_perfdata_total", "Counters from the performance data of the last check.");
  write(true);
}

// The labels that stand for these names; a name that occurs more than once is its first.
using LabelOf = std::map<std::string_view, std::string>;

LabelOf by_name(const std::vector<std::string_view>& names,
                const std::vector<std::string>& labels) {
  LabelOf result;
  for (std::size_t i = 0; i < names.size(); ++i) result.emplace(names[i], labels[i]);
  return result;
}

void write_alerts(MetricText& out, const Snapshot& snapshot, const LabelOf& monitor_labels) {
  std::set<std::string_view> known;
  std::vector<std::string_view> alerts;
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> counts;
  for (const DeliverySnapshot& delivery : snapshot.deliveries) {
    if (known.insert(delivery.alert).second) alerts.push_back(delivery.alert);
    counts[{delivery.alert, delivery.monitor}] += delivery.delivered;
  }
  const LabelOf alert_labels = by_name(alerts, distinct_labels(alerts));
  out.counter("minitor_alert_total", "Alerts whose command succeeded.");
  for (const auto& [channel, count] : counts)
    out.sample(
        {{"alert", alert_labels.at(channel.first)}, {"monitor", monitor_labels.at(channel.second)}},
        count);
}

// Why minitor itself cannot judge; 0 while it can.
void write_observer(MetricText& out, const Snapshot& snapshot) {
  std::vector<std::string_view> names;
  for (const std::string& scope : snapshot.scopes) names.emplace_back(scope);
  const std::vector<std::string> labels = distinct_labels(names);
  out.gauge("minitor_observer_blind",
            "1 while minitor is blind: cause network (by scope), late or unstartable.");
  const auto write = [&](BlindCause cause, std::string_view scope, const std::string& label) {
    const bool blind = std::any_of(
        snapshot.blind.begin(), snapshot.blind.end(),
        [&](const BlindSnapshot& one) { return one.cause == cause && one.scope == scope; });
    out.sample({{"cause", name(cause)}, {"scope", label}}, std::uint64_t{blind ? 1U : 0U});
  };
  for (std::size_t i = 0; i < names.size(); ++i) write(BlindCause::network, names[i], labels[i]);
  write(BlindCause::late, "", "");
  write(BlindCause::unstartable, "", "");
}

void write_totals(MetricText& out, const Snapshot& snapshot) {
  const auto gauge = [&out](std::string_view name, std::string_view help, double value) {
    out.gauge(name, help);
    out.sample({}, value);
  };
  gauge("minitor_monitors", "Monitors in the configuration.",
        static_cast<double>(snapshot.monitors.size()));
  gauge("minitor_checks_running", "Checks that run now.", snapshot.checks_running);
  gauge("minitor_alerts_running", "Alert commands that run now.", snapshot.alerts_running);
  gauge("minitor_notices_waiting", "Notices accepted and neither delivered, dropped nor given up.",
        snapshot.notices_waiting);
}

// The names that Prometheus's own client libraries give these.
void write_process(MetricText& out, const BuildInfo& build, const ProcessInfo& process) {
  out.gauge("minitor_build_info", "Always 1; what is running is in the labels.");
  out.sample({{"version", build.version}}, std::uint64_t{1});
  if (process.cpu_time) {
    out.counter("process_cpu_seconds_total",
                "User and system CPU time spent, without that of commands.");
    out.sample({}, process.cpu_time->count());
  }
  const auto gauge = [&out](std::string_view name, std::string_view help,
                            const std::optional<std::uint64_t>& value) {
    out.gauge(name, help);
    if (value) out.sample({}, *value);
  };
  gauge("process_max_fds", "Limit of open file descriptors.", process.max_fds);
  gauge("process_open_fds", "Open file descriptors.", process.open_fds);
  gauge("process_resident_memory_bytes", "Resident memory.", process.resident_bytes);
  gauge("process_virtual_memory_bytes", "Virtual memory.", process.virtual_bytes);
  if (process.start_time) {
    out.gauge("process_start_time_seconds", "When the process started, since 1970-01-01 UTC.");
    out.sample({}, process.start_time->count());
  }
}

}  // namespace

std::string render_metrics(const Snapshot& snapshot, const BuildInfo& build,
                           const ProcessInfo& process) {
  // Monitors first: what is delivered for a name that is none of theirs (a start-up alert has none)
  // must not take a monitor's text.
  std::vector<std::string_view> names;
  std::set<std::string_view> known;
  for (const MonitorSnapshot& monitor : snapshot.monitors) {
    names.push_back(monitor.name);
    known.insert(monitor.name);
  }
  for (const DeliverySnapshot& delivery : snapshot.deliveries)
    if (known.insert(delivery.monitor).second) names.push_back(delivery.monitor);
  const std::vector<std::string> labels = distinct_labels(names);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < snapshot.monitors.size(); ++i)
    rows.push_back({&snapshot.monitors[i], labels[i]});

  MetricText out;
  write_checks(out, rows);
  write_durations(out, rows);
  write_status(out, rows);
  write_verdicts(out, rows);
  write_perfdata(out, rows);
  write_alerts(out, snapshot, by_name(names, labels));
  write_observer(out, snapshot);
  write_totals(out, snapshot);
  write_process(out, build, process);
  return out.take();
}

std::string render_reload_metrics(const ReloadReport& report) {
  MetricText out;
  out.gauge("minitor_config_last_reload_successful",
            "Whether the configuration could be used when it was last read.");
  out.sample({}, std::uint64_t{report.good ? 1U : 0U});
  out.gauge("minitor_config_last_reload_success_timestamp_seconds",
            "When the configuration that is in force was read.");
  out.sample({}, seconds(report.last_good.time_since_epoch()));
  return out.take();
}

}  // namespace minitor
