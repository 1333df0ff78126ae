#include "minitor/web/monitor_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "minitor/core/clean_text.hpp"
#include "minitor/web/charts.hpp"
#include "minitor/web/overlay_parts.hpp"
#include "minitor/web/page_parts.hpp"
#include "minitor/web/past_parts.hpp"
#include "minitor/web/status_page.hpp"
#include "minitor/web/why_part.hpp"

namespace minitor {
namespace {

void write_facts(Html& html, const Site& site, const Monitor& monitor, const MonitorSnapshot& state,
                 const MonitorNow& now) {
  html << "<dl class=\"about\">"_html;
  const auto fact = [&html](Markup name) -> Html& {
    return html << "<div><dt>"_html << name << "<dd>"_html;
  };
  if (now.since) write_ago(fact("Since"_html), site, now.since), html << "</div>"_html;
  write_ago(fact("Last checked"_html), site, now.last_check);
  html << "</div>"_html;
  write_ago(fact("Last successful"_html), site, now.last_success);
  html << "</div>"_html;
  if (monitor.heartbeat) {
    write_ago(fact("Last heartbeat"_html), site, state.last_heartbeat);
    html << "</div>"_html;
    if (state.running_since)
      write_ago(fact("Running since"_html), site, state.running_since), html << "</div>"_html;
    fact("Expected every"_html) << human_duration(monitor.interval) << ", grace "_html
                                << human_duration(monitor.heartbeat->grace) << "</div>"_html;
  } else {
    fact("Checked every"_html) << human_duration(monitor.interval) << "</div>"_html;
  }
  if (now.last_took) fact("Took"_html) << human_duration(*now.last_took) << "</div>"_html;
  if (!monitor.group.empty()) fact("Group"_html) << monitor.group << "</div>"_html;
  for (const auto& [name, value] : monitor.labels)
    html << "<div><dt>"_html << name << "<dd>"_html << value << "</div>"_html;
  if (monitor.shown.output && !now.last_outcome.empty())
    fact("Outcome"_html) << now.last_outcome << "</div>"_html;
  html << "</dl>"_html;
  if (monitor.shown.command && !monitor.heartbeat)
    html << "<p><code>"_html << site.config->redactor.redact(describe(monitor.command))
         << "</code></p>"_html;
}

void write_uptimes(Html& html, const Timeline& timeline, Timestamp now) {
  const Uptimes all = uptimes(timeline, now);
  html << "<dl class=\"uptimes\">"_html;
  const auto one = [&html](Markup span, const Uptime& uptime) {
    html << "<div><dt>"_html << span << "<dd>"_html << percent(uptime.ratio()) << "</div>"_html;
  };
  one("24 hours"_html, all.day);
  one("7 days"_html, all.week);
  one("30 days"_html, all.month);
  one("90 days"_html, all.quarter);
  html << "</dl>"_html;
}

void write_spans(Html& html, std::string_view chosen) {
  html << "<p class=\"spans\">Show "_html;
  for (const Span& span : kSpans) {
    html << "<a href=\"?span="_html << span.name << "\""_html;
    if (span.name == chosen) html << " aria-current=\"true\""_html;
    html << ">"_html << span.name << "</a> "_html;
  }
  html << "</p>"_html;
}

void write_checks(Html& html, const Site& site, const Monitor& monitor,
                  const std::vector<CheckRow>& checks) {
  html << "<section aria-labelledby=\"checks\"><h2 id=\"checks\">Checks</h2>"_html;
  if (checks.empty()) {
    html << "<p>None is known.</p></section>"_html;
    return;
  }
  html
      << "<div class=\"wide\" role=\"region\" aria-label=\"Table of checks\" "
         "tabindex=\"0\"><table><thead><tr><th scope=\"col\">When"
         "<th scope=\"col\">Verdict<th scope=\"col\">Took<th scope=\"col\">Outcome</tr></thead><tbody>\n"_html;
  for (const CheckRow& check : checks) {
    html << "<tr><td>"_html;
    write_instant(html, site, check.at);
    html << "<td><b class=\"badge "_html << name(check.verdict) << "\">"_html << name(check.verdict)
         << "</b>"_html << (check.manual ? " by hand" : "") << "<td>"_html
         << human_duration(check.took) << "<td>"_html;
    if (monitor.shown.output) {
      html << check.outcome;
      if (!check.output.empty()) {
        write_output(html, check.output, check.output_cut);
      }
    } else {
      html << "not shown"_html;
    }
    html << "</tr>\n"_html;
  }
  html << "</tbody></table></div>"_html;
  if (checks.size() == kChecksOnPage)
    html << "<p><a href=\"?before="_html << checks.back().id
         << "#checks\">Older checks</a></p>"_html;
  html << "</section>"_html;
}

std::string figure_text(const PerfFigure& figure) {
  if (!figure.value) return "not told";
  if (figure.unit == "seconds")
    return human_duration(
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*figure.value)));
  if (figure.unit == "percent") return fmt::format("{:.4g} %", *figure.value);
  return figure.unit.empty() ? fmt::format("{:.6g}", *figure.value)
                             : fmt::format("{:.6g} {}", *figure.value, figure.unit);
}

std::string range_text(const std::optional<PerfRange>& range) {
  if (!range) return "";
  return fmt::format("{}{:g} to {:g}", range->inside ? "inside " : "outside ", range->low,
                     range->high);
}

void write_figures(Html& html, const std::vector<PerfFigure>& figures) {
  if (figures.empty()) return;
  html
      << "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Performance data</h2>"
         "<div class=\"wide\" role=\"region\" aria-label=\"Table of performance data\" "
         "tabindex=\"0\"><table><thead><tr><th scope=\"col\">Label"
         "<th scope=\"col\">Value<th scope=\"col\">Warning<th scope=\"col\">Critical</tr></thead><tbody>\n"_html;
  for (const PerfFigure& figure : figures)
    html << "<tr><td>"_html << figure.label << "<td>"_html << figure_text(figure) << "<td>"_html
         << range_text(figure.warning) << "<td>"_html << range_text(figure.critical)
         << "</tr>\n"_html;
  html << "</tbody></table></div></section>"_html;
}

Span span_of(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kSpans), std::end(kSpans),
                                         [name](const Span& span) { return span.name == name; });
  return found == std::end(kSpans) ? kSpans[0] : *found;
}

void write_past(Html& html, const Site& site, const Monitor& monitor, const MonitorPageQuery& query,
                HistoryReads& history) {
  const Timestamp now = site.now.wall;
  const TimeRange quarter{now - std::chrono::hours{24} * kDaysShown, now};
  const auto timelines = history.timelines(monitor.name, quarter);
  const auto timeline = timelines.find(monitor.name);
  if (timeline != timelines.end()) {
    write_day_bars(html, day_bars(timeline->second, now, kDaysShown), false);
    write_uptimes(html, timeline->second, now);
  }
  const Span span = span_of(query.span);
  const TimeRange range{now - span.length, now};
  const Resolution resolution = fitting_resolution(range, kGraphPoints);
  html << "<section aria-labelledby=\"latency\"><h2 id=\"latency\">Duration of checks</h2>"_html;
  write_spans(html, span.name);
  write_latency_graph(
      html, site, history.buckets(monitor.name, range, resolution),
      timeline == timelines.end() ? std::vector<Stretch>{} : stretches(timeline->second, range),
      range, resolution, monitor.interval);
  html << "</section>"_html;
}

}  // namespace

HttpResponse monitor_page(const Site& site, const MonitorPageQuery& query, HistoryReads& history) {
  const Monitor& monitor = site.monitor(query.monitor);
  std::optional<MonitorRow> row;
  for (MonitorRow& one : history.monitors())
    if (one.name == monitor.name) row = std::move(one);
  const MonitorNow now = monitor_now(site.state(query.monitor), row ? &*row : nullptr);
  Html html;
  html.reserve(64 * 1024);
  html << "<h1>"_html;
  write_badges(html, site, query.monitor, now);
  html << " "_html << monitor.name << "</h1>"_html;
  if (!monitor.description.empty())
    html << "<p>"_html << site.config->redactor.redact(monitor.description) << "</p>"_html;
  write_trouble(html, site);
  write_facts(html, site, monitor, site.state(query.monitor), now);
  write_overlays(html, site, query.monitor);
  if (site.may_write) {
    html << "<div id=\"actions\" hidden data-n=\""_html << monitor.name << "\">"_html;
    if (!monitor.heartbeat) html << "<button id=\"test\" type=\"button\">Test now</button> "_html;
    html
        << "<label>Token <input id=\"token\" type=\"password\" autocomplete=\"off\"></label> "_html;
    write_overlay_fields(html);
    html << "<output id=\"tested\" role=\"status\"></output></div>"_html;
    write_overlay_buttons(html, site, query.monitor);
  }
  if (!query.before && site.history_trouble.empty()) write_why(html, site, query.monitor, history);
  write_past(html, site, monitor, query, history);
  if (!query.before) {
    IncidentsQuery incidents;
    incidents.monitor = monitor.name;
    incidents.range = {Timestamp{}, site.now.wall};
    incidents.most = kIncidentsOnPage;
    html << "<section aria-labelledby=\"incidents\"><h2 id=\"incidents\">Incidents</h2>"_html;
    write_incidents(html, site, history.incidents(incidents), false);
    html << "</section>"_html;
    write_figures(html, site.state(query.monitor).perfdata);
  }
  ChecksQuery checks;
  checks.monitor = monitor.name;
  checks.range = {Timestamp{}, site.now.wall + std::chrono::seconds{1}};
  checks.before = query.before;
  checks.most = kChecksOnPage;
  write_checks(html, site, monitor, history.checks(checks));
  if (!query.before) {
    write_repairs(html, site, monitor, history);
    write_notices(html, site, monitor, history);
  }
  return page(site, monitor.name, html, !query.before);
}

}  // namespace minitor
