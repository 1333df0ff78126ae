// `minitor pause`, `silence`, `ack`, what ends them, and `minitor overlays`: asked of the daemon that runs.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/json.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/wall_clock.hpp"
#include "minitor/daemon/ask_daemon.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/system_zones.hpp"
#include "minitor/web/api_table.hpp"

namespace minitor {
namespace {

// Who sits there: the person behind sudo, else the user's name.
std::string who() {
  for (const char* variable : {"SUDO_USER", "USER", "LOGNAME"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  const passwd* user = getpwuid(getuid());
  return user != nullptr ? user->pw_name : fmt::format("uid {}", getuid());
}

// "2026-12-01 17:00" and "17:00" (the next one) as the clocks here show it; or what the API reads.
std::optional<Timestamp> read_until(const std::string& text, const TimeZone& zone, Timestamp now) {
  constexpr std::string_view kClock = "hh:mm";
  if (text.size() == kClock.size() && text[2] == ':') {
    const std::string today =
        format_local(now, zone).substr(0, std::string_view{"2026-12-01"}.size());
    const auto shown = parse_wall_time(today + " " + text);
    if (!shown) return std::nullopt;
    const Timestamp when = instants(*shown, zone).first;
    return when > now ? when : when + std::chrono::hours{24};
  }
  if (const auto shown = parse_wall_time(text)) return instants(*shown, zone).first;
  return api::parse_instant(text);
}

Json names(const std::vector<std::string>& all) {
  Json::Array items;
  for (const std::string& one : all) items.emplace_back(one);
  return Json{std::move(items)};
}

// The body, or none when the command line is wrong, which was said.
std::optional<std::string> body_of(const OverlayOptions& options, const TimeZone& zone) {
  Json::Object body;
  body.emplace_back("kind", Json{std::string{name(options.kind)}});
  if (!options.monitors.empty()) body.emplace_back("monitors", names(options.monitors));
  if (!options.groups.empty()) body.emplace_back("groups", names(options.groups));
  if (options.all) body.emplace_back("all", Json{true});
  if (!options.length.empty()) body.emplace_back("for", Json{options.length});
  if (!options.until.empty()) {
    const auto until = read_until(options.until, zone, now().wall);
    if (!until) {
      fmt::print(stderr, "minitor: --until {} is no time; write 17:00 or \"2026-12-01 17:00\"\n",
                 one_line(options.until));
      return std::nullopt;
    }
    body.emplace_back("until", Json{format_rfc3339(*until, TimeZone{})});
  }
  body.emplace_back("by", Json{options.by.empty() ? who() : options.by});
  if (!options.note.empty()) body.emplace_back("note", Json{options.note});
  return Json{std::move(body)}.text();
}

// "web: silenced until 2026-11-21 17:00:00 by Ada: moving house"
void print_overlay(const Json& one, const TimeZone& zone) {
  std::string_view done;
  for (const OverlayKind kind : kOverlayKinds)
    if (name(kind) == one["kind"].string()) done = done_to_it(kind);
  std::string line = fmt::format("{}: {}", one["monitor"].string(), done);
  if (const auto until = api::parse_instant(one["until"].string()))
    line +=
        fmt::format(" until {}{}", format_local(*until, zone),
                    one["kind"].string() == name(OverlayKind::acknowledge) ? " at the latest" : "");
  if (!one["by"].string().empty()) line += " by " + one["by"].string();
  if (!one["note"].string().empty()) line += ": " + one["note"].string();
  fmt::print("{}\n", one_line(line, line.size() * 4 + 4));
}

}  // namespace

int change_overlays(const std::string& path, const OverlayOptions& options) {
  const TimeZone zone = SystemZones{}.local();
  const auto body = body_of(options, zone);
  if (!body) return kExitUsage;
  const auto answer =
      ask_daemon(path, "POST", options.clear ? "/api/v1/overlays/end" : "/api/v1/overlays", *body);
  if (const int code = settle(answer); code != kExitOk) return code;
  const std::string& text = std::get<DaemonAnswer>(answer).body;
  if (options.json) {
    fmt::print("{}\n", text);
    return kExitOk;
  }
  const Json said = Json::parse(text).value_or(Json{});
  if (options.clear) {
    for (const Json& one : said["changed"].array())
      fmt::print("{}: no longer {}\n", one_line(one.string()), done_to_it(options.kind));
    if (said["changed"].array().empty()) fmt::print("nothing was {}\n", done_to_it(options.kind));
    return kExitOk;
  }
  for (const Json& one : said["overlays"].array())
    if (one["kind"].string() == name(options.kind)) print_overlay(one, zone);
  return kExitOk;
}

int list_overlays(const std::string& path, const OverlayOptions& options) {
  const auto answer = ask_daemon(path, "GET", "/api/v1/overlays", "");
  if (const int code = settle(answer); code != kExitOk) return code;
  const std::string& text = std::get<DaemonAnswer>(answer).body;
  if (options.json) {
    fmt::print("{}\n", text);
    return kExitOk;
  }
  const TimeZone zone = SystemZones{}.local();
  const Json said = Json::parse(text).value_or(Json{});
  for (const Json& one : said["overlays"].array()) print_overlay(one, zone);
  if (said["overlays"].array().empty()) fmt::print("nothing is paused, silenced or acknowledged\n");
  return kExitOk;
}

}  // namespace minitor
