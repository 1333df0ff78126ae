#include "minitor/web/api_json.hpp"

#include "minitor/core/shown_records.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor::api {
namespace {

// What is shown of a monitor that is no longer configured: nothing beyond the times.
PageShows shown_of(const Site& site, std::string_view name) {
  const auto index = site.find(name);
  return index ? site.monitor(*index).shown : PageShows{};
}

void write_range(JsonText& json, std::string_view name, const std::optional<PerfRange>& range) {
  if (!range) return;
  json.key(name).begin_object();
  json.key("low").number(range->low).key("high").number(range->high);
  json.member("inside", range->inside).end_object();
}

}  // namespace

void write_uptime(JsonText& json, const Uptime& uptime) {
  json.begin_object().ratio("ratio", uptime.ratio());
  json.member("up", uptime.up).member("down", uptime.down);
  json.member("unobserved", uptime.unobserved).end_object();
}

void write_figure(JsonText& json, const PerfFigure& figure) {
  json.begin_object().member("label", figure.label);
  json.ratio("value", figure.value);
  json.member("unit", figure.unit).member("counter", figure.counter);
  write_range(json, "warning", figure.warning);
  write_range(json, "critical", figure.critical);
  json.end_object();
}

void write_monitor(JsonText& json, const Site& site, std::size_t index, const MonitorRow* row,
                   const Timeline* timeline) {
  const Monitor& monitor = site.monitor(index);
  const MonitorSnapshot& state = site.state(index);
  const MonitorNow now = monitor_now(state, row);
  json.begin_object().member("name", monitor.name).member("group", monitor.group);
  json.member("description", site.config->redactor.redact(monitor.description));
  json.key("labels").begin_object();
  for (const auto& [name, value] : monitor.labels) json.member(name, value);
  json.end_object();
  json.member("status", name(now.status)).member("warning", now.warning);
  json.member("held_because", state.held_because).key("overlays").begin_array();
  write_overlays(json, monitor, state.overlays, monitor.shown.output);
  json.end_array();
  json.member("since", now.since).member("last_check", now.last_check);
  json.member("last_success", now.last_success).member("failures", state.failures);
  json.member("interval", monitor.interval);
  if (now.last_took)
    json.member("last_took", *now.last_took);
  else
    json.key("last_took").null();
  if (monitor.shown.output) json.member("last_outcome", now.last_outcome);
  json.member("kind", monitor.heartbeat ? "heartbeat" : "check");
  if (monitor.heartbeat) {
    json.member("grace", monitor.heartbeat->grace).member("last_heartbeat", state.last_heartbeat);
    json.member("running_since", state.running_since);
  }
  if (monitor.shown.command && !monitor.heartbeat)
    json.member("command", site.config->redactor.redact(describe(monitor.command)));
  json.key("performance_data").begin_array();
  for (const PerfFigure& figure : state.perfdata) write_figure(json, figure);
  json.end_array();
  if (timeline != nullptr) {
    const Uptimes all = uptimes(*timeline, site.now.wall);
    json.key("uptime").begin_object();
    json.ratio("24h", all.day.ratio()).ratio("7d", all.week.ratio());
    json.ratio("30d", all.month.ratio()).ratio("90d", all.quarter.ratio()).end_object();
  }
  json.end_object();
}

void write_overlays(JsonText& json, const Monitor& monitor, const Overlays& overlays,
                    bool in_full) {
  for (const OverlayKind kind : kOverlayKinds) {
    const auto& one = overlays[kind];
    if (!one) continue;
    json.begin_object().member("monitor", monitor.name).member("kind", name(kind));
    json.member("since", one->since).member("until", one->until);
    if (in_full) json.member("by", one->by).member("note", one->note);
    json.end_object();
  }
}

void write_check(JsonText& json, const CheckRow& check, const PageShows& shown) {
  json.begin_object().member("id", check.id).member("at", check.at).member("took", check.took);
  json.member("verdict", name(check.verdict)).member("manual", check.manual);
  if (shown.output) {
    json.member("outcome", check.outcome).member("output", check.output);
    json.member("output_cut", check.output_cut);
  }
  json.end_object();
}

void write_incident(JsonText& json, const IncidentRow& incident, const Site& site) {
  json.begin_object().member("id", incident.id).member("monitor", incident.monitor);
  json.member("first_failure", incident.first_failure).member("down", incident.down);
  json.member("ended", incident.ended).member("closed", incident.closed);
  json.member("delivered", incident.delivered);
  if (shown_of(site, incident.monitor).output) json.member("cause", incident.cause);
  json.end_object();
}

void write_notice(JsonText& json, const NoticeRow& notice, const Site& site) {
  const PageShows shown = shown_of(site, notice.monitor);
  json.begin_object().member("id", notice.id).member("monitor", notice.monitor);
  json.member("incident", notice.incident).member("alert", notice.alert);
  json.member("kind", name(notice.kind)).member("stage", name(notice.stage));
  json.member("attempts", notice.attempts).member("reason", shown_reason(notice.reason, shown));
  if (shown.output) json.member("detail", notice.detail);
  json.member("created", notice.created).member("updated", notice.updated);
  json.member("next_attempt", notice.next_attempt).end_object();
}

void write_repair(JsonText& json, const RepairRow& repair, const Site& site) {
  json.begin_object().member("number", repair.number).member("monitor", repair.monitor);
  json.member("at", repair.at).member("took", repair.took);
  json.member("step", repair.step).member("attempt", repair.attempt);
  json.member("passed_over", repair.attempt == 0);
  if (shown_of(site, repair.monitor).output)
    json.member("outcome", repair.outcome).member("output", repair.output);
  json.end_object();
}

void write_held(JsonText& json, const HeldRow& held) {
  json.begin_object().member("number", held.number).member("monitor", held.monitor);
  json.member("incident", held.incident).member("kind", name(held.kind));
  json.member("at", held.at).member("reason", held.reason).end_object();
}

void write_past_overlay(JsonText& json, const OverlayRow& overlay, const Site& site, bool all) {
  json.begin_object().member("number", overlay.number).member("monitor", overlay.monitor);
  json.member("kind", name(overlay.kind)).member("since", overlay.since);
  json.member("until", overlay.until).member("ended", overlay.ended);
  if (all || shown_of(site, overlay.monitor).output) {
    json.member("by", overlay.by).member("note", overlay.note);
    json.member("end", overlay.end);
  }
  json.end_object();
}

void write_bucket(JsonText& json, const Bucket& bucket) {
  json.begin_object().member("start", bucket.start).member("ok", bucket.ok);
  json.member("failed", bucket.failed).member("unknown", bucket.unknown);
  json.member("mean", bucket.mean()).member("shortest", bucket.shortest);
  json.member("longest", bucket.longest).end_object();
}

}  // namespace minitor::api
