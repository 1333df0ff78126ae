#include "minitor/web/badges.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/utf8.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

constexpr std::size_t kBadgeName = 40;  // characters of a monitor's name on a badge

std::string_view colour_of(Status status, bool warning) {
  switch (status) {
    case Status::up: return warning ? "#8a5a00" : "#1a7f37";
    case Status::failing: return "#a33f00";
    case Status::down: return "#b3202c";
    case Status::unknown: return "#57606a";
  }
  return "#57606a";
}

HttpResponse draw(std::string_view left, std::string_view right, std::string_view colour) {
  // Width by a usual character: fonts differ, so that it is given as textLength.
  const auto width = [](std::string_view text) { return count_code_points(text) * 7; };
  const std::size_t a = width(left) + 12;
  const std::size_t b = width(right) + 12;
  Html svg;
  const auto half = [&](std::size_t x, std::size_t w, std::string_view fill,
                        std::string_view text) {
    svg << "<rect x=\""_html << x << "\" width=\""_html << w << "\" height=\"20\" fill=\""_html
        << fill << "\"/><text x=\""_html << x + 6 << "\" y=\"14\" textLength=\""_html << w - 12
        << "\" fill=\"#fff\">"_html << text << "</text>"_html;
  };
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""_html << a + b
      << "\" height=\"20\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" role=\"img\" aria-label=\""_html
      << left << ": "_html << right << "\">"_html;
  half(0, a, "#3d444d", left);
  half(a, b, colour, right);
  svg << "</svg>\n"_html;
  HttpResponse response;
  response.content_type = "image/svg+xml";
  response.headers.push_back({"Content-Security-Policy", "default-src 'none'"});
  response.body = svg.take();
  return response;
}

}  // namespace

HttpResponse badge(const Site& site, std::size_t monitor, BadgeKind kind, HistoryReads& history) {
  const std::string& name = site.monitor(monitor).name;
  const std::string_view shown = first_code_points(name, kBadgeName);
  const MonitorNow now = monitor_now(site.state(monitor), nullptr);
  switch (kind) {
    case BadgeKind::status: break;
    case BadgeKind::uptime: {
      const TimeRange month{site.now.wall - std::chrono::hours{24 * 30}, site.now.wall};
      const auto timelines = history.timelines(name, month);
      const auto timeline = timelines.find(name);
      const auto ratio = timeline == timelines.end() ? std::optional<double>{}
                                                     : uptime(timeline->second, month).ratio();
      const Status like = !ratio ? Status::unknown : *ratio >= 0.99 ? Status::up : Status::down;
      return draw(shown, percent(ratio), colour_of(like, ratio && *ratio < 0.999));
    }
    case BadgeKind::latency: {
      Duration total{};
      std::int64_t told = 0;
      const TimeRange day{site.now.wall - std::chrono::hours{24}, site.now.wall};
      for (const Bucket& bucket : history.buckets(name, day, Resolution::hour)) {
        total += bucket.total;
        told += bucket.told();
      }
      return draw(shown, told == 0 ? std::string{"unknown"} : human_duration(total / told),
                  told == 0 ? "#57606a" : "#0550ae");
    }
  }
  if (site.state(monitor).overlays.paused())
    return draw(shown, "paused", colour_of(Status::unknown, false));
  return draw(shown, badge_word(now.status, now.warning), colour_of(now.status, now.warning));
}

HttpResponse feed(const Site& site, std::string_view origin, HistoryReads& history) {
  IncidentsQuery query;
  query.range = {Timestamp{}, site.now.wall + std::chrono::milliseconds{1}};
  query.most = kIncidentsInFeed;
  const std::vector<IncidentRow> rows = history.incidents(query);
  Timestamp updated{};
  for (const IncidentRow& row : rows) updated = std::max(updated, row.ended.value_or(row.down));
  if (rows.empty()) updated = site.now.wall;
  const TimeZone utc;
  Html xml;
  xml << "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Incidents</title><id>"_html
      << origin << "/feed.atom</id><link rel=\"self\" href=\""_html << origin
      << "/feed.atom\"/><link href=\""_html << origin
      << "/incidents\"/><author><name>minitor</name></author><updated>"_html
      << format_rfc3339(updated, utc) << "</updated>\n"_html;
  for (const IncidentRow& row : rows) {
    const auto index = site.find(row.monitor);
    const bool cause = index && site.monitor(*index).shown.output && !row.cause.empty();
    xml << "<entry><id>"_html << origin << "/incidents#"_html << row.id << "</id><title>"_html
        << row.monitor << (row.ended ? " was down for " : " is down");
    if (row.ended) xml << short_duration(*row.ended - row.first_failure);
    xml << "</title><link href=\""_html << origin << monitor_path(row.monitor)
        << "\"/><published>"_html << format_rfc3339(row.first_failure, utc)
        << "</published><updated>"_html << format_rfc3339(row.ended.value_or(row.down), utc)
        << "</updated><summary>"_html << (cause ? row.cause : std::string{"A check failed."})
        << "</summary></entry>\n"_html;
  }
  xml << "</feed>\n"_html;
  HttpResponse response;
  response.content_type = "application/atom+xml; charset=utf-8";
  response.body = xml.take();
  return response;
}

}  // namespace minitor
