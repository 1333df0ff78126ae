// `minitor why NAME`: from the daemon that runs, or from what it left in its history.
#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/json.hpp"
#include "minitor/core/why.hpp"
#include "minitor/daemon/ask_daemon.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/history_place.hpp"
#include "minitor/store/open_history.hpp"
#include "minitor/web/api_table.hpp"

namespace minitor {
namespace {

// The answer of the API, whoever gave it.
int print(const std::string& body, bool json) {
  if (json) {
    fmt::print("{}\n", body);
  } else {
    fmt::print("{}", printable(Json::parse(body).value_or(Json{})["text"].string()));
  }
  return kExitOk;
}

}  // namespace

std::optional<int> why_from_daemon(const std::string& path, const WhyOptions& options) {
  const auto answer = ask_daemon(
      path, "GET", fmt::format("/api/v1/monitors/{}/why", target_part(options.monitor)), "");
  if (const auto* none = std::get_if<NoDaemon>(&answer);
      none != nullptr && none->kind == NoDaemon::Kind::none_runs)
    return std::nullopt;
  if (const int code = settle(answer); code != kExitOk) return code;
  return print(std::get<DaemonAnswer>(answer).body, options.json);
}

int why_from_history(const Config& config, const std::string& file, const WhyOptions& options,
                     SystemZones& zones) {
  const auto found = std::find_if(config.monitors.begin(), config.monitors.end(),
                                  [&](const Monitor& one) { return one.name == options.monitor; });
  if (found == config.monitors.end()) {
    fmt::print(stderr, "minitor: no monitor is named \"{}\"\n", one_line(options.monitor));
    return kExitUsage;
  }
  const std::optional<std::string> path = history_path(config.history, file);
  if (!path) {
    fmt::print(stderr,
               "minitor: no minitor runs, and the history of this configuration is kept in "
               "memory\n");
    return kExitNoDaemon;
  }
  try {
    const auto history = open_for_reading(*path);
    RouteSources sources;
    sources.config = [&] { return std::make_shared<const Config>(config); };
    sources.now = now;
    sources.zone = zones.local();
    sources.boot = boot_id();
    sources.trusted = true;
    api::Asked asked;
    asked.monitor = static_cast<std::size_t>(found - config.monitors.begin());
    const HttpResponse response = std::get<ReadHistory>(api::why_of(sources, asked)).work(*history);
    const DaemonAnswer answer{response.status, response.body};
    if (const int code = settle(answer); code != kExitOk) return code;
    if (!options.json) fmt::print("minitor does not run; this is how it was when it ended.\n\n");
    return print(answer.body, options.json);
  } catch (const HistoryError& error) {
    fmt::print(stderr, "minitor: the history {}: {}\n", *path, error.what());
    return kExitFailed;
  }
}

}  // namespace minitor
