#include "minitor/web/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "minitor/web/metrics.hpp"

namespace minitor {
namespace {

struct Route {
  std::string_view path;
  std::string_view about;
  HttpResponse (*answer)(const RouteSources& sources);
};

HttpResponse index(const RouteSources& sources);

HttpResponse metrics(const RouteSources& sources) {
  HttpResponse response;
  response.content_type = kMetricsContentType;
  response.body = render_metrics(sources.snapshot(), sources.build, sources.process());
  return response;
}

HttpResponse healthz(const RouteSources&) {
  HttpResponse response;
  response.body = "ok\n";
  return response;
}

constexpr std::array kRoutes = {
    Route{"/", "this list", index},
    Route{"/metrics", "for Prometheus", metrics},
    Route{"/healthz", "\"ok\" while the daemon answers", healthz},
};

HttpResponse index(const RouteSources& sources) {
  HttpResponse response;
  response.body = fmt::format("minitor {}\n\n", sources.build.version);
  for (const Route& route : kRoutes)
    response.body += fmt::format("{:<10} {}\n", route.path, route.about);
  return response;
}

HttpResponse answer_plainly(const HttpRequest& request, const RouteSources& sources) {
  const std::string_view path = request.path();
  const auto* const route = std::find_if(kRoutes.begin(), kRoutes.end(),
                                         [path](const Route& one) { return one.path == path; });
  if (route == kRoutes.end()) return plain_status(404);
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = plain_status(405);
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  return route->answer(sources);
}

}  // namespace

HttpResponse answer(const HttpRequest& request, const RouteSources& sources) {
  HttpResponse response = answer_plainly(request, sources);
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

}  // namespace minitor
