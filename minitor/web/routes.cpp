#include "minitor/web/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/core/shown_records.hpp"
#include "minitor/web/access.hpp"
#include "minitor/web/api.hpp"
#include "minitor/web/badges.hpp"
#include "minitor/web/gzip.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/metrics.hpp"
#include "minitor/web/monitor_page.hpp"
#include "minitor/web/page_parts.hpp"
#include "minitor/web/ping_routes.hpp"
#include "minitor/web/signed_link.hpp"
#include "minitor/web/static_files.hpp"
#include "minitor/web/status_page.hpp"
#include "minitor/web/url_text.hpp"

namespace minitor {
namespace {

using Segments = std::vector<std::string_view>;

// "/a/b" -> "a", "b"; "/" -> "". Empty for what does not begin with a slash.
Segments segments_of(std::string_view path) {
  Segments segments;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

HttpResponse text(std::string body, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse metrics(const RouteSources& sources) {
  HttpResponse response;
  response.content_type = kMetricsContentType;
  const Snapshot snapshot = sources.snapshot();
  response.body = render_metrics(snapshot, sources.build, sources.process());
  if (sources.figures) response.body += render_daemon_metrics(sources.figures(), snapshot);
  if (sources.reload) response.body += render_reload_metrics(sources.reload());
  return response;
}

// What Minitor's -metrics serves.
constexpr std::string_view kIndex =
    "/          this list\n/metrics   for Prometheus\n/healthz   \"ok\" while the daemon answers\n";

HttpResponse healthz(const RouteSources& sources) {
  if (!sources.config) return text("ok\n");
  const Site site = site_of(sources);
  std::string late;
  for (std::size_t i = 0; i < site.size(); ++i) {
    const Duration by = overdue(site.monitor(i), site.state(i), site.now);
    if (by > Duration::zero())
      late += fmt::format("{} is overdue by {}\n", site.monitor(i).name, human_duration(by));
  }
  // Checks and alerts go on without a history: whoever restarts us for that would end them.
  const std::string told = site.unwritten.empty() ? "" : site.unwritten + "\n";
  return late.empty() ? text("ok\n" + told) : text(late + told, 503);
}

HttpResponse readyz(const RouteSources& sources) {
  const Snapshot snapshot = sources.snapshot();
  const auto waiting = std::count_if(
      snapshot.monitors.begin(), snapshot.monitors.end(), [](const MonitorSnapshot& one) {
        return one.status == Status::unknown && !one.overlays.paused();
      });
  return waiting == 0 ? text("ok\n")
                      : text(fmt::format("{} monitors have not been checked yet\n", waiting), 503);
}

HttpResponse events() {
  HttpResponse response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers.push_back({"X-Accel-Buffering", "no"});
  response.body = "retry: 3000\n\n";
  response.live = true;
  return response;
}

// A page that is made of the history; without it, where it cannot be read, and with the reason.
using WritePage = std::function<HttpResponse(const Site&, HistoryReads&)>;
Answer with_history(const RouteSources& sources, WritePage write) {
  return ReadHistory{
      [site = site_of(sources), write = std::move(write)](HistoryReads& history) mutable {
        try {
          return write(site, history);
        } catch (const HistoryError& error) {
          site.history_trouble = error.what();
          NoHistory none;
          return write(site, none);
        }
      }};
}

std::optional<std::size_t> monitor_of(std::string_view segment, const Config& config) {
  const auto name = decode_segment(segment);
  if (!name) return std::nullopt;
  for (std::size_t i = 0; i < config.monitors.size(); ++i)
    if (config.monitors[i].name == *name) return i;
  return std::nullopt;
}

Answer monitor_answer(const HttpRequest& request, std::string_view segment,
                      const RouteSources& sources) {
  MonitorPageQuery query;
  const auto index = monitor_of(segment, *sources.config());
  const auto pairs = parse_query(request.query());
  if (!index || !pairs) return plain_status(404);
  query.monitor = *index;
  std::string span;
  for (const QueryPair& pair : *pairs) {
    if (pair.name == "span") span = pair.value;
    std::int64_t before = 0;
    const char* const end = pair.value.data() + pair.value.size();
    if (pair.name == "before" && std::from_chars(pair.value.data(), end, before).ptr == end)
      query.before = before;
  }
  return with_history(sources, [query, span](const Site& site, HistoryReads& history) mutable {
    query.span = span;
    return monitor_page(site, query, history);
  });
}

Answer badge_answer(const Segments& path, const RouteSources& sources) {
  constexpr std::array<std::pair<std::string_view, BadgeKind>, 3> kinds{
      {{"status.svg", BadgeKind::status},
       {"uptime.svg", BadgeKind::uptime},
       {"latency.svg", BadgeKind::latency}}};
  const auto index = monitor_of(path[1], *sources.config());
  const auto* const kind = std::find_if(kinds.begin(), kinds.end(),
                                        [&](const auto& one) { return one.first == path[2]; });
  if (!index || kind == kinds.end()) return plain_status(404);
  return with_history(
      sources, [index = *index, kind = kind->second](const Site& site, HistoryReads& history) {
        return badge(site, index, kind, history);
      });
}

// Where the one who asks reaches us: as it is configured, else as the request says. A proxy that speaks
// TLS for us says so.
std::string origin_of(const HttpRequest& request, const WebSettings& settings) {
  if (!settings.public_url.empty()) return settings.public_url;
  const bool tls = request.header("X-Forwarded-Proto") == "https";
  return fmt::format("{}://{}", tls ? "https" : "http", request.header("Host"));
}

Answer feed_answer(const HttpRequest& request, const RouteSources& sources) {
  std::string origin = origin_of(request, sources.settings);
  return with_history(sources, [origin](const Site& site, HistoryReads& history) {
    return feed(site, origin, history);
  });
}

// The paths that are the same for everyone, or nothing.
std::optional<HttpResponse> open_answer(const HttpRequest& request, const Segments& path,
                                        const RouteSources& sources) {
  if (path == Segments{"healthz"}) return healthz(sources);
  if (!sources.config) {
    if (path == Segments{""})
      return text(fmt::format("minitor {}\n\n{}", sources.build.version, kIndex));
    return std::nullopt;
  }
  if (path == Segments{"readyz"}) return readyz(sources);
  if (const StaticFile* file = find_static(request.path())) return serve_static(*file, request);
  return std::nullopt;
}

bool is_path(const Segments& path, const RouteSources& sources) {
  if (path == Segments{"metrics"}) return true;
  if (!sources.config || path.empty()) return false;
  if (path.size() == 1)
    return path[0].empty() || path[0] == "events" || path[0] == "incidents" || path[0] == "api" ||
           path[0] == "feed.atom";
  return (path.size() == 2 && path[0] == "monitors") || (path.size() == 3 && path[0] == "badges");
}

Answer closed_answer(const HttpRequest& request, const Segments& path,
                     const RouteSources& sources) {
  if (path[0] == "metrics") return metrics(sources);
  if (path[0].empty()) return with_history(sources, status_page);
  if (path[0] == "events") return events();
  if (path[0] == "incidents") return with_history(sources, incidents_page);
  if (path[0] == "api") return api_page(site_of(sources));
  if (path[0] == "feed.atom") return feed_answer(request, sources);
  return path[0] == "monitors" ? monitor_answer(request, path[1], sources)
                               : badge_answer(path, sources);
}

// Who brought too many wrong tokens; the right one does not help either, or guessing would go on.
std::optional<HttpResponse> refusal_of(const HttpRequest& request, const RouteSources& sources) {
  if (!sources.wrong_tokens || !sources.now || request.header("Authorization").empty())
    return std::nullopt;
  const std::string client = client_of(request);
  const Monotonic now = sources.now().monotonic;
  if (!sources.wrong_tokens->may_try(client, now)) {
    HttpResponse response = problem(429, "too many wrong tokens came from your address");
    response.headers.push_back(
        {"Retry-After",
         std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(kWrongTokenBack).count())});
    return response;
  }
  if (brings_wrong_token(request, sources.settings)) sources.wrong_tokens->wrong(client, now);
  return std::nullopt;
}

Answer answer_plainly(const HttpRequest& request, const RouteSources& sources) {
  const Segments path = segments_of(request.path());
  if (auto refusal = refusal_of(request, sources)) return *std::move(refusal);
  const Access access = sources.trusted ? Access::write : access_of(request, sources.settings);
  if (sources.config && path.size() >= 2 && path[0] == "api" && path[1] == "v1")
    return api_answer(request, path, access, sources);
  if (sources.config) {
    if (auto ping = ping_answer(request, path, sources)) return *std::move(ping);
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  // The link itself is the permission, whoever may read the page.
  if (sources.config && path.size() > 1 && path[0] == "link" && !sources.link_secret.empty() &&
      (reads || request.method == "POST"))
    return link_answer(request, path, sources);
  const auto not_allowed = [] {
    HttpResponse response = plain_status(405);
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  };
  if (auto response = open_answer(request, path, sources))
    return reads ? std::move(*response) : not_allowed();
  if (!is_path(path, sources)) return plain_status(404);
  if (!reads) return not_allowed();
  if (access == Access::none) {
    HttpResponse response = plain_status(401);
    response.headers.push_back({"WWW-Authenticate", "Basic realm=\"minitor\", charset=\"UTF-8\""});
    return response;
  }
  return closed_answer(request, path, sources);
}

HttpResponse guarded(HttpResponse response, const HttpRequest& request) {
  compress(response, request);
  if (std::none_of(response.headers.begin(), response.headers.end(),
                   [](const HttpHeader& one) { return one.name == "Cache-Control"; }))
    response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

// What is needed of a request when the answer comes later.
HttpRequest headers_of(const HttpRequest& request) {
  return {{}, {}, {{"Accept-Encoding", std::string{request.header("Accept-Encoding")}}}, {}};
}

struct Guard {
  const HttpRequest& request;
  std::shared_ptr<const Config> config;  // none: only the metrics are served

  Answer operator()(HttpResponse response) const { return guarded(std::move(response), request); }
  Answer operator()(ReadHistory read) const {
    // A secret may have been written down before it was known to be one.
    return ReadHistory{[work = std::move(read.work), only = headers_of(request),
                        config = config](HistoryReads& history) {
      if (!config) return guarded(work(history), only);
      RedactedReads redacted(history, config->redactor);
      return guarded(work(redacted), only);
    }};
  }
  Answer operator()(RunReload reload) const {
    return RunReload{[reply = std::move(reload.reply), only = headers_of(request)](
                         const ReloadReport& report) { return guarded(reply(report), only); }};
  }
  Answer operator()(RunTest test) const {
    test.reply = [reply = std::move(test.reply), only = headers_of(request)](
                     RunTest::End end, const RecordCheck* check) {
      return guarded(reply(end, check), only);
    };
    return test;
  }
  Answer operator()(TellHeartbeat tell) const {
    tell.reply = [reply = std::move(tell.reply), only = headers_of(request)](
                     TellHeartbeat::End end) { return guarded(reply(end), only); };
    return tell;
  }
  Answer operator()(TellEngine tell) const {
    tell.reply = [reply = std::move(tell.reply), only = headers_of(request)] {
      return guarded(reply(), only);
    };
    return tell;
  }
};

}  // namespace

Answer answer(const HttpRequest& request, const RouteSources& sources) {
  return std::visit(Guard{request, sources.config ? sources.config() : nullptr},
                    answer_plainly(request, sources));
}

std::string unwritten(const HistoryFigures& history) {
  if (!history.failing) return {};
  std::string words = fmt::format("The history cannot be written: {}. {} records wait in memory",
                                  history.trouble, history.waiting);
  if (history.dropped > 0) words += fmt::format(", {} are lost", history.dropped);
  return words + "; checks and alerts go on.";
}

std::string loggable_path(const HttpRequest& request) {
  const std::string_view path = request.path();
  constexpr std::string_view kPing = "/ping/";
  constexpr std::string_view kLink = "/link/";
  if (path.starts_with(kLink)) return "/link/[token]";
  return std::string{path.substr(0, kPing.size()) == kPing ? "/ping/[token]" : path};
}

Site site_of(const RouteSources& sources) {
  Site site;
  site.config = sources.config();
  site.snapshot = sources.snapshot();
  site.build = sources.build;
  site.now = sources.now();
  site.zone = sources.zone;
  site.boot = sources.boot;
  if (sources.reload) site.reload = sources.reload();
  site.may_write = !sources.settings.token.empty();
  if (sources.figures) site.unwritten = unwritten(sources.figures().history);
  return site;
}

std::string checks_event(const std::vector<LiveCheck>& checks) {
  JsonText json;
  json.begin_array();
  for (const LiveCheck& check : checks) {
    json.begin_object().member("name", check.name).member("at", check.at);
    json.member("took", check.took).member("ok", check.ok).end_object();
  }
  return fmt::format("event: checks\ndata: {}\n\n", json.end_array().take());
}

}  // namespace minitor
