#include "minitor/web/routes.hpp"

#include "minitor/web/metrics.hpp"
#include "tests/catch.hpp"

using namespace minitor;

namespace {

struct Asked {
  int snapshots = 0;
  HttpResponse operator()(const std::string& method, const std::string& target) {
    const RouteSources sources{{"1.2.3"},
                               [this] {
                                 ++snapshots;
                                 Snapshot snapshot;
                                 snapshot.monitors.emplace_back().name = "blog";
                                 return snapshot;
                               },
                               [] { return ProcessInfo{}; }};
    return std::get<HttpResponse>(answer({method, target, {}, {}}, sources));
  }
};

std::string header(const HttpResponse& response, std::string_view name) {
  for (const HttpHeader& one : response.headers)
    if (one.name == name) return one.value;
  return "none";
}

}  // namespace

TEST_CASE("/metrics is for Prometheus") {
  Asked ask;
  const HttpResponse response = ask("GET", "/metrics");
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(response.body.find("minitor_checks_missed_total{monitor=\"blog\"} 0\n") !=
        std::string::npos);
  CHECK(header(response, "Cache-Control") == "no-store");
  CHECK(header(response, "X-Content-Type-Options") == "nosniff");
  CHECK(ask("GET", "/metrics?name[]=x").body == response.body);
  CHECK(ask("GET", "http://host:8080/metrics").body == response.body);
  CHECK(ask("HEAD", "/metrics").body == response.body);  // the server leaves it out
}

TEST_CASE("the other paths") {
  Asked ask;
  CHECK(ask("GET", "/healthz").body == "ok\n");
  CHECK(ask("GET", "/").body.starts_with("minitor 1.2.3\n"));
  CHECK(ask("GET", "/?x").body.find("/metrics") != std::string::npos);
  CHECK(ask("GET", "http://host").status == 200);
  CHECK(ask.snapshots == 0);
}

TEST_CASE("a path that is not exactly one of ours is not found, and costs nothing") {
  Asked ask;
  for (const char* path : {"",
                           "*",
                           "//",
                           "//metrics",
                           "/metrics/",
                           "/metrics/.",
                           "/../metrics",
                           "/./metrics",
                           "/x/../metrics",
                           "/%6detrics",
                           "/metrics%00",
                           "/metrics;x",
                           "/METRICS",
                           "metrics",
                           "\\metrics",
                           "/metrics\t",
                           "/healthz/../metrics",
                           "/etc/passwd",
                           "/..%2f..%2fetc/passwd",
                           "/metrics#x",
                           "https://host/metrics",
                           "http:/metrics",
                           "host:80"}) {
    INFO(path);
    CHECK(ask("GET", path).status == 404);
    CHECK(ask("POST", path).status == 404);
  }
  CHECK(ask.snapshots == 0);
}

TEST_CASE("what is only to be read says so") {
  Asked ask;
  for (const char* method :
       {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", ""})
    for (const char* path : {"/", "/metrics", "/healthz"}) {
      INFO(method << " " << path);
      const HttpResponse response = ask(method, path);
      CHECK(response.status == 405);
      CHECK(header(response, "Allow") == "GET, HEAD");
    }
  CHECK(ask.snapshots == 0);
}
