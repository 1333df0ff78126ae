// A server for the tests: the real server and routes, monitors with hostile names, limits from the
// command line, and a few paths more.
// With demo=1 it serves a site with 90 days of history instead.
//   web_server [demo=1] [header_bytes=N] [connections=N] [idle_ms=N] [request_ms=N] [unsent_bytes=N] ...
// The first line on stdout is the port. Ends when stdin does.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "demo_site.hpp"
#include "minitor/web/http_server.hpp"
#include "minitor/web/routes.hpp"

namespace {

using namespace minitor;

Snapshot hostile_monitors(std::size_t count) {
  using namespace std::chrono_literals;
  Snapshot snapshot;
  const std::string names[] = {
      "My Blog",        "quote \" backslash \\ newline \n end", "bytes \xff\xfe",
      "bytes \xfe\xff", "bytes \xEF\xBF\xBD\xEF\xBF\xBD",       "\"} 1\nup 1"};
  for (const std::string& name : names) {
    MonitorSnapshot& monitor = snapshot.monitors.emplace_back();
    monitor.name = name;
    monitor.status = Status::failing;
    monitor.last_success = Timestamp{1'700'000'000s};
    monitor.checks = {.ok = 3, .failed = 1, .last_ok_took = 12ms, .last_failed_took = 1s};
    snapshot.deliveries.push_back({name, "log \"", 1});
    monitor.last_verdict = Verdict::warning;
    monitor.perfdata = parse_perfdata(
        "time=500ms;1;2 'bytes \xff\xfe'=2B 'bytes \xfe\xff'=3\xff\\ requests=7c 'a\"} 1'=U");
  }
  snapshot.waiting.push_back({"log \"", 2, Timestamp{1'700'000'000s}});
  for (std::size_t i = 0; i < count; ++i)
    snapshot.monitors.emplace_back().name = "monitor " + std::to_string(i);
  return snapshot;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

HttpLimits limits_of(const std::map<std::string, std::uint64_t, std::less<>>& given) {
  HttpLimits limits;
  const auto set = [&](std::string_view name, auto& limit) {
    using Limit = std::remove_reference_t<decltype(limit)>;
    if (const auto found = given.find(name); found != given.end())
      limit = static_cast<Limit>(found->second);
  };
  const auto set_time = [&](std::string_view name, std::chrono::milliseconds& limit) {
    std::int64_t milliseconds = limit.count();
    set(name, milliseconds);
    limit = std::chrono::milliseconds{milliseconds};
  };
  set("header_bytes", limits.header_bytes);
  set("body_bytes", limits.body_bytes);
  set("connections", limits.connections);
  set("unsent_bytes", limits.unsent_bytes);
  set("linger_bytes", limits.linger_bytes);
  set_time("idle_ms", limits.idle_time);
  set_time("request_ms", limits.request_time);
  set_time("linger_ms", limits.linger_time);
  set_time("accept_ms", limits.accept_pause);
  set_time("pulse_ms", limits.live_pulse);
  set("live_connections", limits.live_connections);
  set("live_bytes", limits.live_bytes);
  return limits;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::uint64_t, std::less<>> given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::size_t mark = argument.find('=');
    given.emplace(argument.substr(0, mark), number(argument.substr(mark + 1)));
  }
  boost::asio::io_context loop;
  RouteSources sources{
      {MINITOR_VERSION}, [&] { return hostile_monitors(given["monitors"]); }, read_process_info};
  sources.figures = [] {
    DaemonFigures figures;
    for (const char* name : {"mail", "\"}\n\\", "\xff", "\xfe"}) {
      figures.tally.notices[name];
      figures.tally.repairs[name];
    }
    return figures;
  };
  FakeSite demo;
  if (given.contains("demo")) fill_demo(demo, std::chrono::system_clock::now());
  std::unique_ptr<HttpServer> server;
  auto result = HttpServer::start(
      loop, {"127.0.0.1", 0},
      [&](const HttpRequest& request, const HttpReply& reply) {
        if (given.contains("demo")) return reply(demo.ask(request));
        HttpResponse response;
        if (request.path() == "/large")
          response.body.assign(number(request.query()), 'x');
        else if (request.path() == "/throw")
          throw std::runtime_error("a secret");
        else if (request.path() == "/echo")
          response.body = request.body;
        else if (request.path() == "/open")
          response.body = std::to_string(server->open_connections());
        else if (request.path() == "/live")
          response.live = true;
        else if (request.path() == "/publish")
          server->publish("data: " + std::string{request.query()} + "\n\n");
        else if (request.path() == "/never")
          return;
        else if (request.path() == "/later")
          return boost::asio::post(loop, [reply, body = request.body] {
            HttpResponse late;
            late.body = body.empty() ? "later" : body;
            reply(late);
            late.body = "twice";
            reply(late);
          });
        else
          return reply(std::get<HttpResponse>(answer(request, sources)));
        reply(std::move(response));
      },
      limits_of(given));
  if (const auto* failure = std::get_if<ListenFailure>(&result)) {
    std::cerr << failure->reason << "\n";
    return 1;
  }
  server = std::move(std::get<0>(result));
  std::cout << server->listening().port << std::endl;

  boost::asio::posix::stream_descriptor parent{loop, STDIN_FILENO};
  parent.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [&](const boost::system::error_code&) { server->stop(); });
  loop.run();
  std::cerr << "stopped\n";
  return 0;
}
