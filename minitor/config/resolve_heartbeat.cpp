#include "minitor/config/resolve_heartbeat.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unordered_map>

namespace minitor::config {
namespace {

std::string_view advice(std::string_view key) {
  if (key == "check_interval" || key == "schedule") return "write period: and grace: instead";
  if (key == "recover") return "nothing can be checked again after a repair";
  return "it is told of and runs no command";
}

}  // namespace

void check_kind(const MonitorDraft& draft, Findings& findings) {
  if (!draft.heartbeat) {
    for (const auto& [key, place] : draft.only_heartbeats)
      findings.error(place,
                     fmt::format("{} is for heartbeats; add kind: heartbeat, or take it out", key));
    return;
  }
  for (const auto& [key, place] : draft.only_checks)
    findings.error(place, fmt::format("{} is not for a heartbeat: {}", key, advice(key)));
  bool given = false;
  for (const auto& [key, place] : draft.only_heartbeats) given = given || key == "period";
  if (!given) findings.error(draft.place, "is a heartbeat without a period; add period: 24h");
}

void make_heartbeat(const MonitorDraft& draft, Monitor& monitor) {
  monitor.interval = draft.period.value_or(monitor.interval);
  monitor.heartbeat.emplace();
  monitor.heartbeat->grace = draft.grace.value_or(kDefaultHeartbeatGrace);
  monitor.heartbeat->limit = draft.timeout;
  monitor.heartbeat->token = draft.token;
}

void check_heartbeats(const Config& config, const std::vector<MonitorDraft>& drafts,
                      Findings& findings) {
  std::unordered_map<std::string_view, std::size_t> owners;
  for (std::size_t i = 0; i < config.monitors.size(); ++i) {
    const Monitor& monitor = config.monitors[i];
    if (!monitor.heartbeat) continue;
    const Place& place = drafts[i].place;
    const std::string& token = monitor.heartbeat->token;
    if (token.empty() && config.history.place == HistorySettings::Place::memory)
      findings.error(
          place,
          "is a heartbeat without a token, and with history: memory its address would be "
          "another after each start; add token: \"${file:PATH}\"");
    if (!token.empty() && !owners.emplace(token, i).second)
      findings.error(place, "has the token of another heartbeat; each needs its own");
    if (!config.web)
      findings.note(place, "heartbeat without web",
                    "nobody can tell of it without web: (or --web), where its address is served");
  }
}

}  // namespace minitor::config
