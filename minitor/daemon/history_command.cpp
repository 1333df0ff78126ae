#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "minitor/core/clean_text.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/history_table.hpp"
#include "minitor/daemon/system_zones.hpp"
#include "minitor/store/open_history.hpp"

namespace minitor {
namespace {

constexpr Duration kDay = std::chrono::hours{24};

MonitorView view_of(HistoryReads& history, MonitorRow row, const Timeline& timeline,
                    Timestamp now) {
  MonitorView view;
  view.uptimes = uptimes(timeline, now);
  view.hours = history.buckets(row.name, {now - kDay, now}, Resolution::hour);
  view.row = std::move(row);
  return view;
}

int show_status(HistoryReads& history, const HistoryOptions& options, const HistoryLook& look) {
  const auto timelines = history.timelines("", {look.now - kDay * 90, look.now});
  std::vector<MonitorView> views;
  for (MonitorRow& row : history.monitors()) {
    const auto timeline = timelines.find(row.name);
    if (timeline != timelines.end())
      views.push_back(view_of(history, std::move(row), timeline->second, look.now));
  }
  fmt::print("{}", options.json ? status_json(views) + "\n" : status_table(std::move(views), look));
  return kExitOk;
}

int show_monitor(HistoryReads& history, const HistoryOptions& options, const HistoryLook& look) {
  const TimeRange ever{Timestamp{}, look.now + kDay};
  auto rows = history.monitors();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const MonitorRow& one) { return one.name == options.monitor; });
  if (row == rows.end()) {
    fmt::print(stderr, "minitor: the history knows no monitor named \"{}\"\n",
               one_line(options.monitor));
    return kExitFailed;
  }
  const auto timelines = history.timelines(options.monitor, {look.now - kDay * 90, look.now});
  const std::vector<MonitorView> view{
      view_of(history, std::move(*row), timelines.at(options.monitor), look.now)};
  const auto checks = history.checks({options.monitor, ever, std::nullopt, false, options.count});
  const auto incidents = history.incidents({options.monitor, ever, false, options.count});
  const auto notices = history.notices({options.monitor, "", ever, options.count});
  const auto held = history.held({options.monitor, ever, options.count});
  const auto repairs = history.repairs({options.monitor, ever, options.count});
  if (options.json) {
    fmt::print(
        "{{\"status\":{},\n\"checks\":{},\n\"incidents\":{},\n\"notices\":{},\n\"held\":{},"
        "\n\"repairs\":{}}}\n",
        status_json(view), checks_json(checks), incidents_json(incidents), notices_json(notices),
        held_json(held), repairs_json(repairs));
    return kExitOk;
  }
  fmt::print("{}\nChecks, the latest first\n{}\nIncidents\n{}\nNotices\n{}",
             status_table(view, look), checks_table(checks, look), incidents_table(incidents, look),
             notices_table(notices, look));
  if (!held.empty()) fmt::print("\nHeld back\n{}", held_table(held, look));
  if (!repairs.empty()) fmt::print("\nRepairs\n{}", repairs_table(repairs, look));
  return kExitOk;
}

int show_incidents(HistoryReads& history, const HistoryOptions& options, const HistoryLook& look) {
  const auto incidents =
      history.incidents({options.monitor, {Timestamp{}, look.now + kDay}, false, options.count});
  fmt::print("{}",
             options.json ? incidents_json(incidents) + "\n" : incidents_table(incidents, look));
  return kExitOk;
}

}  // namespace

int show_history(const std::optional<std::string>& path, const HistoryOptions& asked) {
  if (!path) {
    fmt::print(
        stderr,
        "minitor: the history of this configuration is in memory; nobody else can read it\n");
    return kExitFailed;
  }
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  HistoryOptions options = asked;
  options.json = options.json || !terminal;
  SystemZones zones;
  const HistoryLook look{terminal && std::getenv("NO_COLOR") == nullptr, zones.local(), now().wall};
  try {
    const auto history = open_for_reading(*path);
    switch (options.view) {
      case HistoryView::status: return show_status(*history, options, look);
      case HistoryView::history: return show_monitor(*history, options, look);
      case HistoryView::incidents: return show_incidents(*history, options, look);
    }
    return kExitFailed;
  } catch (const HistoryError& error) {
    fmt::print(stderr, "minitor: the history {}: {}\n", *path, error.what());
    return kExitFailed;
  }
}

}  // namespace minitor
