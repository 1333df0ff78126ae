#include "minitor/daemon/web_service.hpp"

#include <fmt/format.h>

#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/daemon/clock.hpp"

namespace minitor {

namespace asio = boost::asio;

WebService::WebService(asio::io_context& loop, Needs needs)
    : loop_(loop), needs_(std::move(needs)), pace_(loop) {}

std::string WebService::serve(const ListenAddress& listen, RouteSources sources) {
  const auto shared = sources_.emplace_back(std::make_shared<RouteSources>(std::move(sources)));
  auto started =
      HttpServer::start(loop_, listen, [this, shared](const HttpRequest& request, HttpReply reply) {
        handle(request, *shared, std::move(reply));
      });
  if (const auto* failure = std::get_if<ListenFailure>(&started)) return failure->reason;
  servers_.push_back(std::move(std::get<std::unique_ptr<HttpServer>>(started)));
  listening_ = servers_.back()->listening();
  return {};
}

std::optional<UnixDoor::Failure> WebService::serve_at(const std::string& path,
                                                      RouteSources sources) {
  HttpLimits limits;
  limits.connections = kControlConnections;
  const auto shared = sources_.emplace_back(std::make_shared<RouteSources>(std::move(sources)));
  auto started = HttpServer::start_at(
      loop_, path,
      [this, shared](const HttpRequest& request, HttpReply reply) {
        handle(request, *shared, std::move(reply));
      },
      limits);
  if (auto* failure = std::get_if<UnixDoor::Failure>(&started)) return std::move(*failure);
  servers_.push_back(std::move(std::get<std::unique_ptr<HttpServer>>(started)));
  return std::nullopt;
}

void WebService::configure(const WebSettings& settings) {
  for (const auto& sources : sources_) sources->settings = settings;
}

void WebService::stop() {
  for (const auto& server : servers_) server->stop();
  tests_.clear();
  pace_.cancel();
}

void WebService::handle(const HttpRequest& request, const RouteSources& sources, HttpReply reply) {
  if (needs_.log) {
    std::string line =
        fmt::format("{} {}", one_line(request.method, 16), one_line(loggable_path(request), 256));
    reply = [log = needs_.log, line = std::move(line),
             reply = std::move(reply)](HttpResponse response) {
      log(fmt::format("{}: {}", line, response.status));
      reply(std::move(response));
    };
  }
  std::visit([&](auto&& one) { carry_out(std::forward<decltype(one)>(one), std::move(reply)); },
             answer(request, sources));
}

void WebService::carry_out(HttpResponse response, const HttpReply& reply) {
  reply(std::move(response));
}

void WebService::carry_out(ReadHistory read, HttpReply reply) {
  if (!needs_.read) {
    NoHistory none;
    return reply(read.work(none));
  }
  struct Reading {
    std::function<HttpResponse(HistoryReads&)> work;
    std::optional<HttpResponse> response;
  };
  const auto reading = std::make_shared<Reading>(Reading{std::move(read.work), std::nullopt});
  needs_.read([reading](HistoryReads& history) { reading->response = reading->work(history); },
              [reading, reply = std::move(reply)](const std::string& error) {
                if (!reading->response) {  // it never came to be asked
                  NoHistory none{error};
                  reading->response = reading->work(none);
                }
                reply(std::move(*reading->response));
              });
}

void WebService::carry_out(RunTest test, HttpReply reply) {
  const std::optional<RunId> run = needs_.test(test.monitor);
  if (!run) return reply(test.reply(RunTest::End::busy, nullptr));
  auto patience = std::make_unique<asio::steady_timer>(loop_, kTestPatience);
  patience->async_wait([this, id = *run](const boost::system::error_code& error) {
    if (error) return;
    auto waiting = tests_.extract(id);
    if (!waiting.empty())
      waiting.mapped().reply(waiting.mapped().asked.reply(RunTest::End::too_long, nullptr));
  });
  tests_.emplace(*run, Test{std::move(test), std::move(reply), std::move(patience)});
}

void WebService::carry_out(TellHeartbeat tell, const HttpReply& reply) {
  using End = TellHeartbeat::End;
  if (!paces_[tell.heard.monitor].take(now().monotonic)) return reply(tell.reply(End::too_many));
  const bool taken = needs_.heartbeat(std::move(tell.heard));
  reply(tell.reply(taken ? End::taken : End::stopping));
}

void WebService::carry_out(RunReload reload, HttpReply reply) {
  needs_.reload([answer = std::move(reload.reply),
                 reply = std::move(reply)](const ReloadReport& report) { reply(answer(report)); });
}

void WebService::on(const RecordCheck& check, const std::string& monitor, Timestamp when) {
  if (check.manual) {
    auto waiting = tests_.extract(check.run);
    if (!waiting.empty())
      waiting.mapped().reply(waiting.mapped().asked.reply(RunTest::End::done, &check));
    return;
  }
  const bool ok = check.verdict == Verdict::ok || check.verdict == Verdict::warning;
  // A warning is no transition, but another badge.
  const auto [verdict, fresh] = verdicts_.emplace(monitor, check.verdict);
  if (!fresh && std::exchange(verdict->second, check.verdict) != check.verdict) changed_ = true;
  checks_.push_back({monitor, when, check.elapsed, ok});
  tell_soon();
}

void WebService::carry_out(TellEngine tell, const HttpReply& reply) {
  needs_.tell(std::move(tell.event));
  reply(tell.reply());
}

void WebService::on(const RecordTransition&) { changed(); }

void WebService::changed() {
  changed_ = true;
  tell_soon();
}

void WebService::on(const RecordOverlay&) {
  changed_ = true;
  tell_soon();
}

void WebService::tell_soon() {
  std::size_t watching = 0;
  for (const auto& server : servers_) watching += server->live_connections();
  if (watching == 0) {  // a page that opens later begins with what is then
    checks_.clear();
    changed_ = false;
    return;
  }
  if (std::exchange(telling_, true)) return;
  pace_.expires_after(kLivePace);
  pace_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tell();
  });
}

void WebService::tell() {
  telling_ = false;
  const std::string checks = checks_event(checks_);
  for (const auto& server : servers_) {
    if (!checks_.empty()) server->publish(checks);
    if (changed_) server->publish(std::string{kChangeEvent});
  }
  checks_.clear();
  changed_ = false;
}

}  // namespace minitor
