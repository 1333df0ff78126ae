// The past: incidents, notices, what was tried before anyone was told, what was due and was not told, and
// what people laid over monitors.
#include "minitor/web/api_json.hpp"
#include "minitor/web/api_table.hpp"

namespace minitor::api {
namespace {

std::string name_of(const Asked& asked, const Site& site) {
  return asked.monitor ? site.monitor(*asked.monitor).name : std::string{};
}

}  // namespace

Answer incidents(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::vector<IncidentRow> rows = history.incidents(
        {name_of(asked, site), range_of(asked, site), asked.open, asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("incidents").begin_array();
    for (const IncidentRow& row : rows) write_incident(json, row, site);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

Answer notices(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::vector<NoticeRow> rows = history.notices(
        {name_of(asked, site), asked.incident, range_of(asked, site), asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("notices").begin_array();
    for (const NoticeRow& row : rows) write_notice(json, row, site);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

Answer repairs(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::vector<RepairRow> rows =
        history.repairs({name_of(asked, site), range_of(asked, site), asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("repairs").begin_array();
    for (const RepairRow& row : rows) write_repair(json, row, site);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

Answer held(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked](HistoryReads& history) {
    const std::vector<HeldRow> rows =
        history.held({name_of(asked, site), range_of(asked, site), asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("held").begin_array();
    for (const HeldRow& row : rows) write_held(json, row);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

Answer past_overlays(const RouteSources& sources, const Asked& asked) {
  return with_history([site = site_of(sources), asked,
                       all = sources.trusted](HistoryReads& history) {
    const std::vector<OverlayRow> rows =
        history.overlays({name_of(asked, site), range_of(asked, site), asked.limit, asked.before});
    JsonText json;
    json.begin_object().key("overlays").begin_array();
    for (const OverlayRow& row : rows) write_past_overlay(json, row, site, all);
    json.end_array();
    write_next(json, asked, rows.size(), rows.empty() ? 0 : rows.back().number);
    return json.end_object().take();
  });
}

}  // namespace minitor::api
