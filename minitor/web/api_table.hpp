// The endpoints as a table, and what a request to one of them has become: for the files of the API only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/web/api.hpp"
#include "minitor/web/json_text.hpp"

namespace minitor::api {

enum class ParamKind : std::uint8_t { instant, count, id, flag, text, resolution };

struct Param {
  std::string_view name;
  ParamKind kind;
  std::string_view about;
};

// What an endpoint asks for, read and checked.
struct Asked {
  std::optional<std::size_t> monitor;  // of the path, or of ?monitor=
  std::optional<Timestamp> from;
  std::optional<Timestamp> to;
  int limit = kDefaultRows;
  std::optional<std::int64_t> before;
  bool bad = false;
  bool open = false;
  std::string of;  // ?monitor=
  std::string incident;
  std::optional<Resolution> resolution;
  std::string path;  // as it was asked for, for links to the next page
  std::string body;  // of the request
};

struct Endpoint {
  std::string_view method;
  std::string_view path;  // "/api/v1/monitors/{name}"
  std::string_view about;
  std::span<const Param> params;
  std::string_view schema;  // of the answer, by its name in the document
  Answer (*answer)(const RouteSources& sources, const Asked& asked);
  std::string_view body = {};  // of the request, by its name in the document; it may be left out
};

// api_monitors.cpp
[[nodiscard]] Answer all_monitors(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer one_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer checks(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer uptime_of(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer latency(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer test_now(const RouteSources& sources, const Asked& asked);
// api_past.cpp
[[nodiscard]] Answer incidents(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer notices(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer repairs(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer held(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer past_overlays(const RouteSources& sources, const Asked& asked);
// api_overlays.cpp: what people lay over monitors, and how they take it off.
[[nodiscard]] Answer present_overlays(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer set_overlays(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer end_overlays(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer pause_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer resume_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer silence_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer unsilence_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer acknowledge_monitor(const RouteSources& sources, const Asked& asked);
[[nodiscard]] Answer unacknowledge_monitor(const RouteSources& sources, const Asked& asked);
// api_why.cpp
[[nodiscard]] Answer why_of(const RouteSources& sources, const Asked& asked);
// api_reload.cpp
[[nodiscard]] Answer reload(const RouteSources& sources, const Asked& asked);

// api_endpoints.cpp
[[nodiscard]] std::span<const Endpoint> endpoints();

[[nodiscard]] HttpResponse json_response(std::string body);
// Reads the history, or says in words that it cannot be read.
[[nodiscard]] Answer with_history(std::function<std::string(HistoryReads&)> work);
// Where the asked range is open: since 1970, and up to now, this millisecond included.
[[nodiscard]] TimeRange range_of(const Asked& asked, const Site& site);
// Writes "next": the path of the next page, behind the row `last`; null when these `rows` were the last.
void write_next(JsonText& json, const Asked& asked, std::size_t rows, std::int64_t last);

// "2026-11-21", RFC 3339, or seconds since 1970.
[[nodiscard]] std::optional<Timestamp> parse_instant(std::string_view text);

}  // namespace minitor::api
