// `minitor reload`: the daemon reads its configuration again, and says what came of it.
#include <fmt/format.h>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/json.hpp"
#include "minitor/daemon/ask_daemon.hpp"
#include "minitor/daemon/commands.hpp"

namespace minitor {

int reload_daemon(const std::string& path) {
  const auto answer = ask_daemon(path, "POST", "/api/v1/reload", "");
  const auto* said = std::get_if<DaemonAnswer>(&answer);
  const Json report = Json::parse(said == nullptr ? "" : said->body).value_or(Json{});
  for (const Json& error : report["errors"].array())
    fmt::print(stderr, "{}\n", printable(error.string()));
  for (const Json& note : report["notes"].array())
    fmt::print(stderr, "{}\n", printable(note.string()));
  if (const int code = settle(answer); code != kExitOk) return code;
  fmt::print("{}\n", printable(report["summary"].string()));
  for (const Json& one : report["needs_restart"].array())
    fmt::print("changes only when minitor is restarted: {}\n", printable(one.string()));
  return kExitOk;
}

}  // namespace minitor
