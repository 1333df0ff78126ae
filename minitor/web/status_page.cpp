#include "minitor/web/status_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/web/charts.hpp"
#include "minitor/web/overlay_parts.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

// In the order in which they are shown.
int rank(const MonitorSnapshot& state) {
  if (state.overlays.paused()) return 3;
  switch (state.status) {
    case Status::down: return 0;
    case Status::failing: return 1;
    case Status::unknown: return 3;
    case Status::up: return state.last_verdict == Verdict::warning ? 2 : 4;
  }
  return 4;
}

struct Group {
  std::string_view name;
  std::vector<std::size_t> monitors;  // problems first
  int worst = 4;
};

// In the order of the configuration, those with problems first; monitors of no group come last.
std::vector<Group> groups_of(const Site& site) {
  std::vector<Group> groups;
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < site.size(); ++i) {
    const auto [place, fresh] = known.emplace(site.monitor(i).group, groups.size());
    if (fresh) groups.push_back({site.monitor(i).group, {}, 4});
    Group& group = groups[place->second];
    group.monitors.push_back(i);
    group.worst = std::min(group.worst, rank(site.state(i)));
  }
  for (Group& group : groups)
    std::stable_sort(
        group.monitors.begin(), group.monitors.end(),
        [&](std::size_t a, std::size_t b) { return rank(site.state(a)) < rank(site.state(b)); });
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::pair{std::min(a.worst, 2), a.name.empty()} <
           std::pair{std::min(b.worst, 2), b.name.empty()};
  });
  return groups;
}

// All that the history says, read once for all rows.
struct Past {
  std::map<std::string, MonitorRow> rows;
  std::map<std::string, Timeline> timelines;
};

void write_uptimes(Html& html, const Timeline* timeline, Timestamp now) {
  if (timeline == nullptr) return;
  const Uptimes all = uptimes(*timeline, now);
  html << "<dl class=\"uptimes\">"_html;
  const auto one = [&html](Markup span, const Uptime& uptime) {
    html << "<div><dt>"_html << span << "<dd>"_html << percent(uptime.ratio()) << "</div>"_html;
  };
  one("24 h"_html, all.day);
  one("7 d"_html, all.week);
  one("30 d"_html, all.month);
  one("90 d"_html, all.quarter);
  html << "</dl>"_html;
}

void write_row(Html& html, const Site& site, std::size_t index, const Past& past,
               HistoryReads& history) {
  const Monitor& monitor = site.monitor(index);
  const auto row = past.rows.find(monitor.name);
  const MonitorNow now =
      monitor_now(site.state(index), row == past.rows.end() ? nullptr : &row->second);
  const bool paused = site.state(index).overlays.paused();
  html << "<li class=\"m "_html << (paused ? "unknown" : badge_word(now.status, now.warning))
       << "\" data-n=\""_html << monitor.name << "\"><h3>"_html;
  write_badges(html, site, index, now);
  html << " <a href=\""_html << monitor_path(monitor.name) << "\">"_html << monitor.name
       << "</a></h3><p class=\"facts\">"_html;
  if (now.since) {
    html << "<span>since "_html;
    write_ago(html, site, now.since);
    html << "</span> "_html;
  }
  html << "<span>checked "_html;
  write_ago(html, site, now.last_check);
  html << "</span> <span>last ok "_html;
  write_ago(html, site, now.last_success);
  html << "</span> <span>every "_html << human_duration(monitor.interval) << "</span>"_html;
  if (now.last_took)
    html << " <span class=\"took\">"_html << human_duration(*now.last_took) << "</span>"_html;
  html << "</p>"_html;
  if (rank(site.state(index)) < 3 && monitor.shown.output && !now.last_outcome.empty())
    html << "<p class=\"why\">"_html << now.last_outcome << "</p>"_html;
  write_overlays(html, site, index);
  const auto timeline = past.timelines.find(monitor.name);
  if (timeline != past.timelines.end()) {
    write_day_bars(html, day_bars(timeline->second, site.now.wall, kDaysShown), true);
    write_uptimes(html, &timeline->second, site.now.wall);
    const TimeRange day{site.now.wall - kSparklineSpan, site.now.wall};
    write_sparkline(html, history.buckets(monitor.name, day, Resolution::hour), day,
                    Resolution::hour, monitor.interval);
  }
  html << "</li>\n"_html;
}

void write_group(Html& html, const Site& site, const Group& group, bool only_one, bool open,
                 const Past& past, HistoryReads& history) {
  const auto up =
      std::count_if(group.monitors.begin(), group.monitors.end(),
                    [&](std::size_t index) { return site.state(index).status == Status::up; });
  html << "<details class=\"group\""_html << (open ? " open"_html : ""_html)
       << "><summary><h2>"_html
       << (!group.name.empty() ? group.name : std::string_view{only_one ? "Monitors" : "Others"})
       << "</h2> <span>"_html << up << " of "_html << group.monitors.size()
       << " up</span></summary><ul>\n"_html;
  for (const std::size_t index : group.monitors) write_row(html, site, index, past, history);
  html << "</ul></details>\n"_html;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string summary(const Site& site) {
  std::size_t down = 0, failing = 0, unknown = 0, warning = 0, paused = 0;
  std::string names;
  constexpr std::size_t kNamed = 3;
  for (std::size_t i = 0; i < site.size(); ++i) {
    const MonitorSnapshot& state = site.state(i);
    if (state.overlays.paused()) {
      ++paused;
      continue;
    }
    switch (state.status) {
      case Status::down:
        if (++down <= kNamed) names += (names.empty() ? "" : ", ") + state.name;
        break;
      case Status::failing: ++failing; break;
      case Status::unknown: ++unknown; break;
      case Status::up: warning += state.last_verdict == Verdict::warning ? 1 : 0; break;
    }
  }
  if (down > 0)
    return fmt::format("{} {} down: {}{}.", counted(down, "monitor"), down == 1 ? "is" : "are",
                       names, down > kNamed ? fmt::format(" and {} more", down - kNamed) : "");
  if (failing > 0)
    return fmt::format("{} {} failing, none is down.", counted(failing, "monitor"),
                       failing == 1 ? "is" : "are");
  const std::size_t watched = site.size() - paused;
  if (watched == 0 && paused > 0) return "Everything is paused.";
  if (unknown == watched) return "Nothing has been checked yet.";
  const std::string rest = (paused > 0 ? fmt::format("; {} paused", paused) : "") +
                           (warning > 0 ? fmt::format("; {} with a warning", warning) : "") +
                           (unknown > 0 ? fmt::format("; {} not checked yet", unknown) : "");
  if (unknown > 0) return fmt::format("{} up{}.", counted(watched - unknown, "monitor"), rest);
  if (watched == 1 && paused > 0) return fmt::format("The one other monitor is up{}.", rest);
  return watched == 1 ? fmt::format("The one monitor is up{}.", rest)
                      : fmt::format("All {} {}monitors are up{}.", watched,
                                    paused > 0 ? "other " : "", rest);
}

HttpResponse status_page(const Site& site, HistoryReads& history) {
  Past past;
  for (MonitorRow& row : history.monitors()) past.rows.emplace(row.name, std::move(row));
  past.timelines =
      history.timelines("", {site.now.wall - std::chrono::hours{24} * kDaysShown, site.now.wall});
  const std::vector<Group> groups = groups_of(site);
  const bool well =
      std::all_of(groups.begin(), groups.end(), [](const Group& group) { return group.worst > 1; });
  const std::string sentence = summary(site);
  Html html;
  html.reserve(1024 + site.size() * 1024);
  html << "<h1 id=\"summary\" class=\""_html << (well ? "well"_html : "ill"_html)
       << "\" aria-live=\"polite\">"_html << sentence << "</h1>\n"_html;
  write_trouble(html, site);
  html << "<div id=\"tools\" hidden><label>Search <input id=\"search\" type=\"search\" "
          "autocomplete=\"off\"></label> <label><input id=\"problems\" type=\"checkbox\"> Problems "
          "only</label> <span id=\"found\" role=\"status\"></span></div>\n"_html;
  for (const Group& group : groups)
    write_group(html, site, group, groups.size() == 1,
                group.worst <= 2 || site.size() <= kMostUnfolded, past, history);
  const std::string title = (well ? "✓ " : "✗ ") + sentence;
  return page(site, title, html);
}

void write_incidents(Html& html, const Site& site, const std::vector<IncidentRow>& incidents,
                     bool with_names) {
  if (incidents.empty()) {
    html << "<p>None is known.</p>"_html;
    return;
  }
  html
      << "<div class=\"wide\" role=\"region\" aria-label=\"Table of incidents\" tabindex=\"0\"><table><thead><tr>"_html;
  if (with_names) html << "<th scope=\"col\">Monitor"_html;
  html << "<th scope=\"col\">First failure<th scope=\"col\">Ended<th scope=\"col\">Lasted"
          "<th scope=\"col\">Cause<th scope=\"col\">Told</tr></thead><tbody>\n"_html;
  for (const IncidentRow& one : incidents) {
    html << "<tr id=\""_html << one.id << "\">"_html;
    const auto index = site.find(one.monitor);
    if (with_names) {
      html << "<td>"_html;
      if (index)
        html << "<a href=\""_html << monitor_path(one.monitor) << "\">"_html << one.monitor
             << "</a>"_html;
      else
        html << one.monitor;
    }
    html << "<td>"_html;
    write_instant(html, site, one.first_failure);
    html << "<td>"_html;
    if (one.ended)
      write_instant(html, site, *one.ended);
    else
      html << "<b class=\"badge down\">open</b>"_html;
    html << "<td>"_html
         << short_duration(
                std::max(one.ended.value_or(site.now.wall) - one.first_failure, Duration::zero()))
         << "<td>"_html;
    if (!one.closed.empty())
      html << one.closed;
    else if (index && site.monitor(*index).shown.output)
      html << one.cause;
    else
      html << "a failed check"_html;
    html << "<td>"_html << one.delivered << (one.delivered == 1 ? " notice" : " notices")
         << "</tr>\n"_html;
  }
  html << "</tbody></table></div>"_html;
}

HttpResponse incidents_page(const Site& site, HistoryReads& history) {
  IncidentsQuery query;
  query.range = {Timestamp{}, site.now.wall};
  query.most = 100;
  Html html;
  html << "<h1>Incidents</h1>"_html;
  write_trouble(html, site);
  write_incidents(html, site, history.incidents(query), true);
  return page(site, "Incidents", html);
}

}  // namespace minitor
