#include "minitor/web/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/url_text.hpp"

namespace minitor {
namespace api {
namespace {

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

HttpResponse json_response(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

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
