#include "minitor/core/history.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "minitor/core/config.hpp"

namespace minitor {
namespace {

struct ToRecord {
  const Config& config;
  Timestamp when;

  using Record = std::optional<HistoryRecord>;
  [[nodiscard]] const std::string& name(MonitorId id) const {
    return config.monitors[id.value].name;
  }

  Record operator()(RecordCheck& check) const {
    return CheckRecord{name(check.monitor),
                       when,
                       check.elapsed,
                       check.verdict,
                       check.counted,
                       std::move(check.outcome),
                       std::move(check.output),
                       check.output_cut,
                       check.manual};
  }
  Record operator()(RecordTransition& one) const {
    return TransitionRecord{name(one.monitor),
                            one.when,
                            one.from,
                            one.to,
                            std::move(one.reason),
                            std::move(one.incident),
                            one.first_failure,
                            std::move(one.cause)};
  }
  Record operator()(RecordNotice& one) const {
    NoticeRecord record{one.notice,
                        config.alerts[one.alert.value].name,
                        one.stage,
                        one.attempt,
                        std::move(one.detail),
                        when,
                        std::nullopt};
    if (one.next_attempt) record.next_attempt = one.next_attempt->wall;
    return record;
  }
  Record operator()(RecordUnobserved& one) const {
    return UnobservedRecord{name(one.monitor), one.since, std::move(one.reason)};
  }
  Record operator()(RecordReload& one) const {
    return WatchedRecord{one.summary.when, std::move(one.summary.renamed),
                         std::move(one.summary.monitors)};
  }
  Record operator()(RecordClosed& one) const {
    return ClosedRecord{std::move(one.monitor), std::move(one.incident), one.when,
                        std::move(one.reason)};
  }
  Record operator()(RecordRepair& one) const {
    return RepairRecord{
        name(one.monitor),      one.started,          one.elapsed, one.step, one.attempt,
        std::move(one.outcome), std::move(one.output)};
  }
  Record operator()(RecordHeld& one) const {
    return HeldRecord{name(one.monitor), one.when, one.kind, std::move(one.incident),
                      std::move(one.reason)};
  }
  Record operator()(RecordOverlay& one) const {
    return OverlayRecord{name(one.monitor), one.when,    one.kind,
                         one.what,          one.overlay, std::move(one.reason)};
  }
  Record operator()(RecordForgotten& one) const {
    return NoticeRecord{one.notice, std::move(one.alert), one.stage, 0, std::move(one.reason),
                        when,       std::nullopt};
  }
  template <typename Other>
  Record operator()(Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<HistoryRecord> history_record(Effect& effect, const Config& config, Timestamp when) {
  return std::visit(ToRecord{config, when}, effect);
}

std::string performance_data(std::string_view output) {
  const std::size_t end = std::min(output.find('\n'), output.size());
  std::string_view first = output.substr(0, end);
  std::string_view rest = output.substr(end);
  std::string data;
  for (std::string_view part : {first, rest}) {
    const std::size_t bar = part.find('|');
    if (bar == std::string_view::npos) continue;
    part.remove_prefix(bar + 1);
    while (!part.empty() && (part.front() == ' ' || part.front() == '\n')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\n')) part.remove_suffix(1);
    if (!data.empty() && !part.empty()) data += ' ';
    data += part;
  }
  std::replace(data.begin(), data.end(), '\n', ' ');
  return data;
}

Duration length(Resolution resolution) {
  switch (resolution) {
    case Resolution::minute: return std::chrono::minutes{1};
    case Resolution::hour: return std::chrono::hours{1};
    case Resolution::day: return std::chrono::hours{24};
  }
  return std::chrono::hours{24};
}

Timestamp floor(Timestamp when, Resolution resolution) {
  const Duration step = length(resolution);
  const Duration since = when.time_since_epoch();
  Duration within = since % step;
  if (within < Duration::zero()) within += step;
  return when - within;
}

Uptimes uptimes(const Timeline& timeline, Timestamp now) {
  using std::chrono::hours;
  const TimeRange most{now - hours{24 * 90}, now};
  const std::vector<Stretch> all = stretches(timeline, most);
  const auto of = [&](Duration period) { return uptime(all, timeline, {now - period, now}); };
  return {of(hours{24}), of(hours{24 * 7}), of(hours{24 * 30}), of(hours{24 * 90})};
}

std::vector<DayBar> day_bars(const Timeline& timeline, Timestamp now, int days) {
  const Duration day = length(Resolution::day);
  const Timestamp today = floor(now, Resolution::day);
  const Timestamp first = today - day * (days - 1);
  const TimeRange range{first, now};
  const std::vector<Stretch> all = stretches(timeline, range);
  std::vector<DayBar> bars;
  bars.reserve(static_cast<std::size_t>(days));
  for (int i = 0; i < days; ++i) {
    const Timestamp start = first + day * i;
    bars.push_back({start, uptime(all, timeline, {start, std::min(start + day, now)}), 0});
  }
  for (const Outage& outage : outages(timeline, range)) {
    const auto index = static_cast<std::size_t>((outage.from - first) / day);
    if (index < bars.size()) ++bars[index].outages;
  }
  return bars;
}

Resolution fitting_resolution(TimeRange range, int points) {
  for (const Resolution resolution : {Resolution::minute, Resolution::hour}) {
    if ((range.to - range.from) / length(resolution) <= points) return resolution;
  }
  return Resolution::day;
}

}  // namespace minitor
