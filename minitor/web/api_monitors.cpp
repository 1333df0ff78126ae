// Monitors as they are now, their checks, uptime and latency, and a check beside the schedule.
#include <map>
#include <string>
#include <utility>

#include "minitor/web/api_json.hpp"
#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/status_page.hpp"

namespace minitor::api {
namespace {

TimeRange recent(const Asked& asked, const Site& site, Duration length) {
  const Timestamp end = asked.to.value_or(site.now.wall + std::chrono::milliseconds{1});
  return {asked.from.value_or(end - length), end};
}

// Through which failures do not count now; none: minitor sees well.
void write_blind(JsonText& json, const Site& site) {
  json.key("blind").begin_array();
  for (const BlindSnapshot& one : site.snapshot.blind)
    json.begin_object()
        .member("cause", name(one.cause))
        .member("scope", one.scope)
        .member("since", one.since)
        .member("why", one.why)
        .end_object();
  json.end_array();
}

}  // namespace

Answer all_monitors(const RouteSources& sources, const Asked&) {
  return with_history([site = site_of(sources)](HistoryReads& history) {
    std::map<std::string, MonitorRow> rows;
    for (MonitorRow& row : history.monitors()) rows.emplace(row.name, std::move(row));
    const auto timelines =
        history.timelines("", {site.now.wall - std::chrono::hours{24} * kDaysShown, site.now.wall});
    JsonText json;
    json.begin_object().member("summary", summary(site));
    write_blind(json, site);
    json.key("monitors").begin_array();
    for (std::size_t i = 0; i < site.size(); ++i) {
      const auto row = rows.find(site.monitor(i).name);
      const auto timeline = timelines.find(site.monitor(i).name);
      write_monitor(json, site, i, row == rows.end() ? nullptr : &row->second,
                    timeline == timelines.end() ? nullptr : &timeline->second);
    }
    return json.end_array().end_object().take();
  });
}

Answer one_monitor(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), index = *asked.monitor](HistoryReads& history) {
    const std::string& name = site.monitor(index).name;
    const auto timelines = history.timelines(
        name, {site.now.wall - std::chrono::hours{24} * kDaysShown, site.now.wall});
    const auto timeline = timelines.find(name);
    const std::vector<MonitorRow> rows = history.monitors();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const MonitorRow& one) { return one.name == name; });
    JsonText json;
    write_monitor(json, site, index, row == rows.end() ? nullptr : &*row,
                  timeline == timelines.end() ? nullptr : &timeline->second);
    return json.take();
  });
}

Answer checks(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const Monitor& monitor = site.monitor(*asked.monitor);
    const std::vector<CheckRow> rows =
        history.checks({monitor.name, range_of(asked, site), asked.before, asked.bad, asked.limit});
    JsonText json;
    json.begin_object().key("checks").begin_array();
    for (const CheckRow& row : rows) write_check(json, row, monitor.shown);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().id);
    return json.end_object().take();
  });
}

Answer uptime_of(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::string& name = site.monitor(*asked.monitor).name;
    const TimeRange range = recent(asked, site, std::chrono::hours{24} * kDaysShown);
    const auto timelines = history.timelines(name, range);
    const auto timeline = timelines.find(name);
    JsonText json;
    json.begin_object().member("from", range.from).member("to", range.to);
    json.key("uptime");
    write_uptime(json, timeline == timelines.end() ? Uptime{{}, {}, range.to - range.from}
                                                   : uptime(timeline->second, range));
    json.key("outages").begin_array();
    if (timeline != timelines.end())
      for (const Outage& outage : outages(timeline->second, range))
        json.begin_object().member("from", outage.from).member("to", outage.to).end_object();
    return json.end_array().end_object().take();
  });
}

Answer latency(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::string& name = site.monitor(*asked.monitor).name;
    const TimeRange range = recent(asked, site, std::chrono::hours{24});
    Resolution resolution = asked.resolution.value_or(fitting_resolution(range, kMostRows));
    std::vector<Bucket> buckets = history.buckets(name, range, resolution);
    JsonText json;
    json.begin_object().member("from", range.from).member("to", range.to);
    json.member("resolution", length(resolution)).key("buckets").begin_array();
    // The latest ones, when there are more than a page of them.
    const std::size_t first =
        buckets.size() > std::size_t{kMostRows} ? buckets.size() - std::size_t{kMostRows} : 0;
    for (std::size_t i = first; i < buckets.size(); ++i) write_bucket(json, buckets[i]);
    return json.end_array().member("cut", first > 0).end_object().take();
  });
}

Answer test_now(const RouteSources& sources, const Asked& asked) {
  const std::shared_ptr<const Config> config = sources.config();
  const std::size_t index = *asked.monitor;
  if (config->monitors[index].heartbeat)
    return problem(409, "a heartbeat is told of: there is no check to run");
  return RunTest{
      MonitorId{static_cast<std::uint32_t>(index)},
      [config, index, all = sources.trusted](RunTest::End end, const RecordCheck* check) {
        if (end == RunTest::End::busy)
          return problem(409, "a test of this monitor is under way, or too many are");
        if (end == RunTest::End::too_long) {
          HttpResponse response = json_response(R"({"running":true})");
          response.status = 202;
          return response;
        }
        const PageShows& shown = config->monitors[index].shown;
        JsonText json;
        json.begin_object().member("verdict", name(check->verdict));
        json.member("at", check->started).member("took", check->elapsed);
        json.member("manual", true);
        if (shown.output || all)
          json.member("outcome", check->outcome).member("output", check->output);
        return json_response(json.end_object().take());
      }};
}

}  // namespace minitor::api
