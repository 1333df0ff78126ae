#include "minitor/web/daemon_metrics.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "minitor/web/metric_text.hpp"

namespace minitor {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// A value of the map with the label that stands for its name.
template <typename Value>
struct Labelled {
  std::string label;
  const Value* value;
};
template <typename Value>
std::vector<Labelled<Value>> labelled(const std::map<std::string, Value>& all) {
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const auto& [name, value] : all) names.push_back(name);
  const std::vector<std::string> labels = distinct_labels(names);
  std::vector<Labelled<Value>> result;
  result.reserve(all.size());
  std::size_t i = 0;
  for (const auto& [name, value] : all) result.push_back({labels[i++], &value});
  return result;
}

void write_notices(MetricText& out, const Tally& tally) {
  const auto alerts = labelled(tally.notices);
  out.counter("minitor_notices_total", "Notices by alert and by what became of them.");
  for (const auto& [label, count] : alerts) {
    const auto sample = [&out, &alert = label](std::string_view result, std::uint64_t value) {
      out.sample({{"alert", alert}, {"result", result}}, value);
    };
    sample("intended", count->intended);
    sample("delivered", count->delivered);
    sample("given_up", count->given_up);
    sample("dropped", count->dropped);
  }
  out.counter("minitor_notice_attempts_failed_total", "Attempts to deliver a notice that failed.");
  for (const auto& [label, count] : alerts) out.sample({{"alert", label}}, count->failed);
  out.counter("minitor_notices_held_total", "Notices that were due and were held back, by kind.");
  for (const auto& [kind, count] : tally.held) out.sample({{"kind", kind}}, count);
}

void write_outbox(MetricText& out, const Snapshot& snapshot, Timestamp now) {
  std::vector<std::string_view> names;
  names.reserve(snapshot.waiting.size());
  for (const WaitingSnapshot& one : snapshot.waiting) names.push_back(one.alert);
  const std::vector<std::string> labels = distinct_labels(names);
  out.gauge("minitor_outbox_notices", "Notices that wait to be delivered, by alert.");
  for (std::size_t i = 0; i < labels.size(); ++i)
    out.sample({{"alert", labels[i]}}, static_cast<double>(snapshot.waiting[i].notices));
  out.gauge("minitor_outbox_oldest_age_seconds",
            "How long the oldest of these has waited; 0 when none does.");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Duration age = now - snapshot.waiting[i].oldest.value_or(now);
    out.sample({{"alert", labels[i]}}, seconds(std::max(age, Duration::zero())));
  }
}

void write_repairs(MetricText& out, const Tally& tally) {
  out.counter("minitor_repairs_total", "Repairs that ran, and those that were passed over.");
  for (const auto& [label, count] : labelled(tally.repairs)) {
    out.sample({{"monitor", label}, {"result", "ran"}}, count->ran);
    out.sample({{"monitor", label}, {"result", "passed_over"}}, count->passed_over);
  }
}

void write_heartbeats(MetricText& out, const Snapshot& snapshot) {
  std::vector<std::string_view> names;
  names.reserve(snapshot.monitors.size());
  for (const MonitorSnapshot& one : snapshot.monitors) names.push_back(one.name);
  const std::vector<std::string> labels = distinct_labels(names);
  out.gauge("minitor_monitor_last_heartbeat_timestamp_seconds",
            "When a heartbeat was heard of last.");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (const auto last = snapshot.monitors[i].last_heartbeat)
      out.sample({{"monitor", labels[i]}},
                 std::chrono::duration_cast<std::chrono::duration<double>>(last->time_since_epoch())
                     .count());
  }
}

void write_history(MetricText& out, const HistoryFigures& history) {
  out.gauge("minitor_history_queue_records", "Records that wait to be written to the history.");
  out.sample({}, history.waiting);
  out.counter("minitor_history_records_written_total", "Records written to the history.");
  out.sample({}, history.written);
  out.counter("minitor_history_records_dropped_total",
              "Records that are missing in the history, because too many waited.");
  out.sample({}, history.dropped);
  out.gauge("minitor_history_failing", "1 while the history cannot be written, 0 otherwise.");
  out.sample({}, std::uint64_t{history.failing ? 1U : 0U});
}

}  // namespace

std::string render_daemon_metrics(const DaemonFigures& figures, const Snapshot& snapshot) {
  MetricText out;
  write_notices(out, figures.tally);
  write_outbox(out, snapshot, figures.now);
  write_repairs(out, figures.tally);
  write_heartbeats(out, snapshot);
  write_history(out, figures.history);
  std::vector<double> bounds;
  bounds.reserve(kLatenessBounds.size());
  for (const Duration bound : kLatenessBounds) bounds.push_back(seconds(bound));
  const std::vector<std::uint64_t> counts(figures.tally.lateness.begin(),
                                          figures.tally.lateness.end());
  out.histogram("minitor_check_lateness_seconds", "How long after it was due a check started.",
                bounds, counts, seconds(figures.tally.lateness_total));
  return out.take();
}

}  // namespace minitor
