#include "minitor/web/ping_routes.hpp"

#include <string>
#include <utility>

#include "minitor/core/heartbeat.hpp"

namespace minitor {
namespace {

HttpResponse plain(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse reply_to(TellHeartbeat::End end) {
  switch (end) {
    case TellHeartbeat::End::taken: return plain("OK\n");
    case TellHeartbeat::End::too_many: {
      HttpResponse response = plain_status(429);
      response.headers.push_back({"Retry-After", "2"});
      return response;
    }
    case TellHeartbeat::End::stopping: break;
  }
  HttpResponse response = plain_status(503);
  response.headers.push_back({"Retry-After", "5"});
  return response;
}

}  // namespace

std::optional<Answer> ping_answer(const HttpRequest& request,
                                  const std::vector<std::string_view>& path,
                                  const RouteSources& sources) {
  if (path.size() < 2 || path.size() > 3 || path[0] != "ping" || !sources.heartbeats)
    return std::nullopt;
  const std::shared_ptr<const Config> config = sources.config();
  const auto monitor = sources.heartbeats->find(config, path[1]);
  if (!monitor) return plain_status(404);
  const auto sign = path.size() == 2 || !path[2].empty()
                        ? parse_sign(path.size() == 2 ? "" : path[2])
                        : std::nullopt;
  if (!sign) return plain_status(404);
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    HttpResponse response = plain_status(405);
    response.headers.push_back({"Allow", "GET, HEAD, POST"});
    return response;
  }
  HeartbeatReceived heard;
  heard.monitor = *monitor;
  heard.sign = *sign;
  const std::size_t most = config->monitors[monitor->value].command.output_bytes;
  heard.body_cut = request.body_cut || request.body.size() > most;
  heard.body = kept_body(request.body, most);
  return TellHeartbeat{std::move(heard), reply_to};
}

}  // namespace minitor
