// Pause, silence and acknowledge over the API. What may be asked for is read here, strictly; whether it
// can be done is decided in core/overlay_request.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "minitor/core/json.hpp"
#include "minitor/core/overlay_request.hpp"
#include "minitor/web/api_json.hpp"
#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"

namespace minitor::api {
namespace {

bool names(const Json& json, std::vector<std::string>& into) {
  for (const Json& one : json.array()) {
    if (one.string().empty()) return false;
    into.push_back(one.string());
  }
  return !json.array().empty();
}

std::string read_kind(const std::string& text, OverlayRequest& request) {
  for (const OverlayKind kind : kOverlayKinds) {
    if (name(kind) != text) continue;
    request.kind = kind;
    return {};
  }
  return "kind: neither pause nor silence nor acknowledgement";
}

// Empty, or what is wrong with this member of the body.
std::string read_member(const std::string& key, const Json& value, OverlayRequest& request) {
  if (key == "monitors" || key == "groups") {
    const bool fine = names(value, key == "monitors" ? request.monitors : request.groups);
    return fine ? "" : key + ": not a list of names";
  }
  if (key == "all") {
    request.all = value.boolean();
    return request.all ? "" : "all: true is all that it can be";
  }
  const std::string& text = value.string();
  const bool is_text = !text.empty() || value.text() == "\"\"";
  if (!is_text) return key + ": not a text";
  if (key == "for") {
    request.length = parse_duration(text);
    return request.length ? "" : "for: not a duration; write 30s, 90m or 2h";
  }
  if (key == "until") {
    request.until = parse_instant(text);
    return request.until ? "" : "until: no instant; write 2026-11-21T07:15:00Z";
  }
  if (key == "by") request.by = text;
  if (key == "note") request.note = text;
  return key == "kind" ? read_kind(text, request) : "";
}

// Empty, or what is wrong with the body. No body says nothing.
std::string read_body(const std::string& body, bool several, OverlayRequest& request) {
  constexpr std::array kOfOne{"for", "until", "by", "note"};
  constexpr std::array kOfSeveral{"kind", "monitors", "groups", "all"};
  if (body.empty()) return several ? "a body of JSON is needed" : "";
  const auto json = Json::parse(body);
  if (!json || (json->object().empty() && json->text() != "{}"))
    return "the body is no JSON object";
  bool kind = false;
  for (const auto& [key, value] : json->object()) {
    const auto is = [&key = key](const char* known) { return key == known; };
    const bool known = std::any_of(kOfOne.begin(), kOfOne.end(), is) ||
                       (several && std::any_of(kOfSeveral.begin(), kOfSeveral.end(), is));
    if (!known) return "no member here is named " + key;
    if (std::string wrong = read_member(key, value, request); !wrong.empty()) return wrong;
    kind = kind || key == "kind";
  }
  return several && !kind ? "kind: say whether it is a pause, a silence or an acknowledgement" : "";
}

int status_of(OverlayRefusal::Kind kind) {
  switch (kind) {
    case OverlayRefusal::Kind::wrong: return 400;
    case OverlayRefusal::Kind::unknown: return 404;
    case OverlayRefusal::Kind::not_now: return 409;
  }
  return 400;
}

// The monitors, and what is laid over them now.
std::string changed(const RouteSources& sources, const std::vector<MonitorId>& monitors) {
  const auto config = sources.config();
  const Snapshot snapshot = sources.snapshot();
  JsonText json;
  json.begin_object().key("changed").begin_array();
  for (const MonitorId id : monitors) json.text(config->monitors[id.value].name);
  json.end_array().key("overlays").begin_array();
  for (const MonitorId id : monitors) {
    const Monitor& monitor = config->monitors[id.value];
    write_overlays(json, monitor, snapshot.monitors[id.value].overlays,
                   sources.trusted || monitor.shown.output);
  }
  return json.end_array().end_object().take();
}

Answer carry_out(const RouteSources& sources, const OverlayRequest& request) {
  auto decided = decide(request, *sources.config(), sources.snapshot(), sources.now().wall);
  if (const auto* refusal = std::get_if<OverlayRefusal>(&decided))
    return problem(status_of(refusal->kind), refusal->words);
  const auto tell = [&](auto event) -> Answer {
    auto monitors = event.monitors;
    return TellEngine{std::move(event), [sources, monitors = std::move(monitors)] {
                        return json_response(changed(sources, monitors));
                      }};
  };
  if (auto* set = std::get_if<SetOverlay>(&decided)) return tell(std::move(*set));
  return tell(std::get<ClearOverlay>(std::move(decided)));
}

Answer on_one(const RouteSources& sources, const Asked& asked, OverlayKind kind, bool clear) {
  OverlayRequest request;
  if (const std::string wrong = read_body(asked.body, false, request); !wrong.empty())
    return problem(400, wrong);
  request.kind = kind;
  request.clear = clear;
  request.monitors = {sources.config()->monitors[*asked.monitor].name};
  return carry_out(sources, request);
}

Answer on_several(const RouteSources& sources, const Asked& asked, bool clear) {
  OverlayRequest request;
  if (const std::string wrong = read_body(asked.body, true, request); !wrong.empty())
    return problem(400, wrong);
  request.clear = clear;
  return carry_out(sources, request);
}

}  // namespace

Answer present_overlays(const RouteSources& sources, const Asked&) {
  const auto config = sources.config();
  const Snapshot snapshot = sources.snapshot();
  JsonText json;
  json.begin_object().key("overlays").begin_array();
  for (std::size_t i = 0; i < config->monitors.size(); ++i)
    write_overlays(json, config->monitors[i], snapshot.monitors[i].overlays,
                   sources.trusted || config->monitors[i].shown.output);
  return json_response(json.end_array().end_object().take());
}

Answer set_overlays(const RouteSources& sources, const Asked& asked) {
  return on_several(sources, asked, false);
}
Answer end_overlays(const RouteSources& sources, const Asked& asked) {
  return on_several(sources, asked, true);
}
Answer pause_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::pause, false);
}
Answer resume_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::pause, true);
}
Answer silence_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::silence, false);
}
Answer unsilence_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::silence, true);
}
Answer acknowledge_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::acknowledge, false);
}
Answer unacknowledge_monitor(const RouteSources& sources, const Asked& asked) {
  return on_one(sources, asked, OverlayKind::acknowledge, true);
}

}  // namespace minitor::api
