#include "minitor/web/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "minitor/web/api_json.hpp"
#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/status_page.hpp"
#include "minitor/web/url_text.hpp"

namespace minitor {
namespace api {
namespace {

HttpResponse json_response(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

TimeRange recent(const Asked& asked, const Site& site, Duration length) {
  const Timestamp end = asked.to.value_or(site.now.wall + std::chrono::milliseconds{1});
  return {asked.from.value_or(end - length), end};
}

Answer all_monitors(const RouteSources& sources, const Asked&) {
  return with_history([site = site_of(sources)](HistoryReads& history) {
    std::map<std::string, MonitorRow> rows;
    for (MonitorRow& row : history.monitors()) rows.emplace(row.name, std::move(row));
    const auto timelines =
        history.timelines("", {site.now.wall - std::chrono::hours{24} * kDaysShown, site.now.wall});
    JsonText json;
    json.begin_object().member("summary", summary(site)).key("monitors").begin_array();
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

Answer incidents(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::string name = asked.monitor ? site.monitor(*asked.monitor).name : "";
    const std::vector<IncidentRow> rows =
        history.incidents({name, range_of(asked, site), asked.open, asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("incidents").begin_array();
    for (const IncidentRow& row : rows) write_incident(json, row, site);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

Answer notices(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::string name = asked.monitor ? site.monitor(*asked.monitor).name : "";
    const std::vector<NoticeRow> rows =
        history.notices({name, asked.incident, range_of(asked, site), asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("notices").begin_array();
    for (const NoticeRow& row : rows) write_notice(json, row, site);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
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

Answer document(const RouteSources& sources, const Asked&) {
  return json_response(openapi_document(sources.build));
}

constexpr Param kFrom{"from", ParamKind::instant,
                      "Start: RFC 3339, a date, or seconds since 1970. Included."};
constexpr Param kTo{"to", ParamKind::instant, "End, likewise. Not included. Default: now."};
constexpr Param kLimit{"limit", ParamKind::count,
                       "At most so many rows: 1 to 1000, 100 by default."};
constexpr Param kMonitor{"monitor", ParamKind::text, "Of this monitor only."};

constexpr Param kBefore{"before", ParamKind::id,
                        "Only what stands behind this row: the next page."};

constexpr std::array kCheckParams{
    kFrom, kTo, kLimit, kBefore,
    Param{"bad", ParamKind::flag, "Only those that were neither ok nor a warning."}};
constexpr std::array kIncidentParams{
    kFrom,    kTo,     kLimit,
    kMonitor, kBefore, Param{"open", ParamKind::flag, "Only those that have not ended."}};
constexpr std::array kNoticeParams{
    kFrom,    kTo,     kLimit,
    kMonitor, kBefore, Param{"incident", ParamKind::text, "Of this incident only, by its id."}};
constexpr std::array kPastParams{kFrom, kTo, kLimit, kMonitor, kBefore};
constexpr std::array kRange{kFrom, kTo};
constexpr std::array kLatencyParams{
    kFrom, kTo,
    Param{"resolution", ParamKind::resolution, "minute, hour or day; by default what fits."}};

constexpr std::array kEndpoints{
    Endpoint{
        "GET", "/api/v1/monitors", "All monitors as they are now.", {}, "Monitors", all_monitors},
    Endpoint{
        "GET", "/api/v1/monitors/{name}", "One monitor as it is now.", {}, "Monitor", one_monitor},
    Endpoint{"GET", "/api/v1/monitors/{name}/checks", "Its checks, newest first.", kCheckParams,
             "Checks", checks},
    Endpoint{"GET", "/api/v1/monitors/{name}/uptime",
             "Its uptime and its outages, by default of 90 days.", kRange, "UptimeReport",
             uptime_of},
    Endpoint{"GET", "/api/v1/monitors/{name}/latency",
             "How long its checks took, by default of 24 hours.", kLatencyParams, "Latency",
             latency},
    Endpoint{"GET",
             "/api/v1/monitors/{name}/why",
             "Why somebody was told of it, or was not, and what would happen next.",
             {},
             "Why",
             why_of},
    Endpoint{
        "POST",
        "/api/v1/monitors/{name}/test",
        "Run its check now, beside the schedule. It changes no status; its outcome is recorded "
        "as manual. 202 when it takes too long to wait for.",
        {},
        "Test",
        test_now},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/pause",
             "No checks of it for a while: the time counts neither as up nor as down.",
             {},
             "Changed",
             pause_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/resume",
             "End its pause.",
             {},
             "Changed",
             resume_monitor,
             "Author"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/silence",
             "Hold its notices back for a while; what is still down at the end is told then.",
             {},
             "Changed",
             silence_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/unsilence",
             "End its silence.",
             {},
             "Changed",
             unsilence_monitor,
             "Author"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/acknowledge",
             "Of one that is down: nobody is reminded until it is up. 409 when it is not down.",
             {},
             "Changed",
             acknowledge_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/unacknowledge",
             "Take that back.",
             {},
             "Changed",
             unacknowledge_monitor,
             "Author"},
    Endpoint{"GET",
             "/api/v1/overlays",
             "What is paused, silenced and acknowledged now.",
             {},
             "Overlays",
             present_overlays},
    Endpoint{"POST",
             "/api/v1/overlays",
             "Pause, silence or acknowledge several: by name, by group, with patterns, or all.",
             {},
             "Changed",
             set_overlays,
             "Selection"},
    Endpoint{"POST",
             "/api/v1/overlays/end",
             "End what was laid over several, likewise.",
             {},
             "Changed",
             end_overlays,
             "Selection"},
    Endpoint{"GET", "/api/v1/incidents", "Incidents, newest first.", kIncidentParams, "Incidents",
             incidents},
    Endpoint{"GET", "/api/v1/notices", "Notices and what became of them, newest first.",
             kNoticeParams, "Notices", notices},
    Endpoint{"GET", "/api/v1/repairs", "Repairs that ran or were passed over, newest first.",
             kPastParams, "Repairs", repairs},
    Endpoint{"GET", "/api/v1/held", "Notices that were held back and why, newest first.",
             kPastParams, "HeldNotices", held},
    Endpoint{"POST",
             "/api/v1/reload",
             "Read the configuration again. 422 when something is wrong in it: then nothing is "
             "changed.",
             {},
             "Reload",
             reload},
    Endpoint{"GET", "/api/v1/openapi.json", "This description.", {}, "Document", document},
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

// Whether the segments are those of the endpoint; the raw name, where it has one.
bool matches(const Endpoint& endpoint, const std::vector<std::string_view>& segments,
             std::string_view& name) {
  const std::vector<std::string_view> own = split(endpoint.path);
  if (own.size() != segments.size()) return false;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i] == "{name}" && !segments[i].empty())
      name = segments[i];
    else if (own[i] != segments[i])
      return false;
  }
  return true;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Empty, or what is wrong with the value.
std::string read_param(const Param& param, const std::string& value, const Config& config,
                       Asked& asked) {
  const auto wrong = [&](std::string_view what) { return fmt::format("{}: {}", param.name, what); };
  switch (param.kind) {
    case ParamKind::instant: {
      const auto when = parse_instant(value);
      if (!when) return wrong("no instant; write 2026-11-21T07:15:00Z, 2026-11-21 or 1795245300");
      (param.name == "from" ? asked.from : asked.to) = when;
      return {};
    }
    case ParamKind::count: {
      const auto count = parse_number(value);
      if (!count || *count < 1 || *count > kMostRows) return wrong("not a number from 1 to 1000");
      asked.limit = static_cast<int>(*count);
      return {};
    }
    case ParamKind::id: {
      asked.before = parse_number(value);
      return asked.before ? "" : wrong("not a number");
    }
    case ParamKind::flag: {
      if (value != "true" && value != "false") return wrong("neither true nor false");
      (param.name == "bad" ? asked.bad : asked.open) = value == "true";
      return {};
    }
    case ParamKind::resolution: {
      if (value == "minute") asked.resolution = Resolution::minute;
      if (value == "hour") asked.resolution = Resolution::hour;
      if (value == "day") asked.resolution = Resolution::day;
      return asked.resolution ? "" : wrong("neither minute nor hour nor day");
    }
    case ParamKind::text: {
      if (param.name == "incident") {
        asked.incident = value;
        return {};
      }
      for (std::size_t i = 0; i < config.monitors.size(); ++i)
        if (config.monitors[i].name == value) asked.monitor = i;
      asked.of = value;
      return asked.monitor ? "" : wrong("no monitor has this name");
    }
  }
  return {};
}

std::string read_params(const Endpoint& endpoint, std::string_view query, const Config& config,
                        Asked& asked) {
  const auto pairs = parse_query(query);
  if (!pairs) return "the query is not well encoded";
  for (const QueryPair& pair : *pairs) {
    const auto param = std::find_if(endpoint.params.begin(), endpoint.params.end(),
                                    [&](const Param& one) { return one.name == pair.name; });
    if (param == endpoint.params.end())
      return fmt::format("no parameter here is named {}", pair.name);
    if (std::string wrong = read_param(*param, pair.value, config, asked); !wrong.empty())
      return wrong;
  }
  if (asked.from && asked.to && *asked.from > *asked.to) return "from lies after to";
  return {};
}

Answer answer_endpoint(const Endpoint& endpoint, std::string_view raw_name,
                       const HttpRequest& request, const RouteSources& sources) {
  const std::shared_ptr<const Config> config = sources.config();
  Asked asked;
  asked.path = request.path();
  asked.body = request.body;
  if (!raw_name.empty()) {
    const auto name = decode_segment(raw_name);
    if (!name) return problem(400, "the name of the monitor is not well percent-encoded");
    for (std::size_t i = 0; i < config->monitors.size(); ++i)
      if (config->monitors[i].name == *name) asked.monitor = i;
    if (!asked.monitor) return problem(404, "no monitor has this name");
  }
  if (const std::string wrong = read_params(endpoint, request.query(), *config, asked);
      !wrong.empty())
    return problem(400, wrong);
  return endpoint.answer(sources, asked);
}

}  // namespace

std::span<const Endpoint> endpoints() { return kEndpoints; }

Answer with_history(std::function<std::string(HistoryReads&)> work) {
  return ReadHistory{[work = std::move(work)](HistoryReads& history) {
    try {
      return json_response(work(history));
    } catch (const HistoryError& error) {
      return problem(503, fmt::format("the history cannot be read: {}", error.what()));
    }
  }};
}

TimeRange range_of(const Asked& asked, const Site& site) {
  const Timestamp end = site.now.wall + std::chrono::milliseconds{1};
  return {asked.from.value_or(Timestamp{}), asked.to.value_or(end)};
}
void write_next(JsonText& json, const Asked& asked, std::size_t rows, std::int64_t last) {
  json.key("next");
  if (rows < static_cast<std::size_t>(asked.limit)) {
    json.null();
    return;
  }
  const auto instant = [](Timestamp when) {
    return encode_segment(format_rfc3339(when, TimeZone{}, true));
  };
  std::string url = fmt::format("{}?limit={}", asked.path, asked.limit);
  if (asked.from) url += "&from=" + instant(*asked.from);
  if (asked.to) url += "&to=" + instant(*asked.to);
  if (asked.bad) url += "&bad=true";
  if (asked.open) url += "&open=true";
  if (!asked.of.empty()) url += "&monitor=" + encode_segment(asked.of);
  if (!asked.incident.empty()) url += "&incident=" + encode_segment(asked.incident);
  json.text(fmt::format("{}&before={}", url, last));
}

}  // namespace api

HttpResponse problem(int status, std::string_view detail) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  JsonText json;
  json.begin_object().member("type", "about:blank").member("title", status_words(status));
  json.member("status", status).member("detail", detail);
  response.body = json.end_object().take();
  return response;
}

Answer api_answer(const HttpRequest& request, const std::vector<std::string_view>& segments,
                  Access access, const RouteSources& sources) {
  using namespace api;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const Endpoint* found = nullptr;
  std::string allowed;
  std::string_view name;
  for (const Endpoint& endpoint : endpoints()) {
    std::string_view raw;
    if (!matches(endpoint, segments, raw)) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += endpoint.method == "GET" ? "GET, HEAD" : endpoint.method;
    name = raw;
    if (endpoint.method == request.method || (endpoint.method == "GET" && reads)) found = &endpoint;
  }
  if (allowed.empty()) return problem(404, "there is no such path; see /api/v1/openapi.json");
  if (found == nullptr) {
    HttpResponse response = problem(405, fmt::format("only {} is understood here", allowed));
    response.headers.push_back({"Allow", allowed});
    return response;
  }
  if (!reads && !sources.trusted && sources.settings.token.empty())
    return problem(403, "nothing can be changed: web: has no token in the configuration");
  if (access == Access::none || (!reads && access != Access::write)) {
    HttpResponse response = problem(401, "a token is needed: Authorization: Bearer TOKEN");
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"minitor\""});
    return response;
  }
  return answer_endpoint(*found, name, request, sources);
}

}  // namespace minitor
