// Rows and monitors as JSON, with what may be shown of each.
#pragma once

#include "minitor/core/history.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/site.hpp"

namespace minitor::api {

void write_monitor(JsonText& json, const Site& site, std::size_t index, const MonitorRow* row,
                   const Timeline* timeline);
// The elements of a list. `in_full`: who and why, too.
void write_overlays(JsonText& json, const Monitor& monitor, const Overlays& overlays, bool in_full);
void write_check(JsonText& json, const CheckRow& check, const PageShows& shown);
void write_incident(JsonText& json, const IncidentRow& incident, const Site& site);
void write_notice(JsonText& json, const NoticeRow& notice, const Site& site);
void write_repair(JsonText& json, const RepairRow& repair, const Site& site);
void write_held(JsonText& json, const HeldRow& held);
// `all`: also what a visitor is shown only where the monitor shows its output.
void write_past_overlay(JsonText& json, const OverlayRow& overlay, const Site& site, bool all);
void write_uptime(JsonText& json, const Uptime& uptime);
void write_bucket(JsonText& json, const Bucket& bucket);
void write_figure(JsonText& json, const PerfFigure& figure);

}  // namespace minitor::api
