#include "minitor/core/saved_json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "minitor/core/json.hpp"

namespace minitor {
namespace {

// A century either way: what lies outside would overflow where it is computed with.
constexpr std::int64_t kMostNanoseconds =
    std::chrono::duration_cast<Duration>(std::chrono::hours{24 * 365 * 100}).count();

Json to_json(Duration value) { return Json{static_cast<std::int64_t>(value.count())}; }
Json to_json(Timestamp value) { return to_json(value.time_since_epoch()); }
Json to_json(int value) { return Json{static_cast<std::int64_t>(value)}; }
Json to_json(std::uint64_t value) { return Json{static_cast<std::int64_t>(value)}; }
Json to_json(const Moment& value) {
  return Json{Json::Object{{"monotonic", to_json(value.monotonic.time_since_epoch())},
                           {"wall", to_json(value.wall)}}};
}
Json to_json(const SavedRepair& repair);
Json to_json(const EscalationState& ladder) {
  return Json{Json::Object{{"since", to_json(ladder.since)},
                           {"failures", to_json(ladder.failures)},
                           {"steps", to_json(ladder.steps)}}};
}
template <typename T>
Json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : Json{};
}
Json to_json(const std::vector<std::string>& names) {
  Json::Array items;
  for (const std::string& name : names) items.emplace_back(name);
  return Json{std::move(items)};
}
template <typename Enum>
Json to_word(Enum value) {
  return Json{std::string{name(value)}};
}

Duration duration_of(const Json& json) {
  return Duration{std::clamp(json.integer(), std::int64_t{0}, kMostNanoseconds)};
}
Timestamp time_of(const Json& json) {
  return Timestamp{Duration{std::clamp(json.integer(), -kMostNanoseconds, kMostNanoseconds)}};
}
Moment moment_of(const Json& json) {
  return {Monotonic{time_of(json["monotonic"]).time_since_epoch()}, time_of(json["wall"])};
}
std::optional<Timestamp> maybe_time(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional{time_of(json)};
}
std::optional<Duration> maybe_duration(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional{duration_of(json)};
}
int count_of(const Json& json) {
  return static_cast<int>(
      std::clamp<std::int64_t>(json.integer(), 0, std::numeric_limits<int>::max()));
}
std::uint64_t total_of(const Json& json) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(json.integer(), 0));
}
std::vector<std::string> names_of(const Json& json) {
  std::vector<std::string> names;
  for (const Json& item : json.array()) names.push_back(item.string());
  return names;
}
template <typename Enum, std::size_t size>
Enum from_word(const Json& json, const std::array<Enum, size>& all, Enum otherwise) {
  for (const Enum one : all) {
    if (name(one) == json.string()) return one;
  }
  return otherwise;
}

constexpr std::array kStatuses{Status::unknown, Status::up, Status::failing, Status::down};
constexpr std::array kVerdicts{Verdict::ok, Verdict::warning, Verdict::failure, Verdict::unknown};
constexpr std::array kKinds{NoticeKind::problem, NoticeKind::reminder, NoticeKind::recovery,
                            NoticeKind::test,    NoticeKind::repaired, NoticeKind::escalation};

Json to_json(const PolicyState& policy, const Moment& last_alert) {
  return Json{Json::Object{{"status", to_word(policy.status)},
                           {"failures", to_json(policy.failures)},
                           {"failures_at_down", to_json(policy.failures_at_down)},
                           {"alerts", to_json(policy.alerts)},
                           {"first_failure", to_json(policy.first_failure)},
                           {"last_alert", to_json(last_alert)},
                           {"last_success", to_json(policy.last_success)},
                           {"owed", to_json(policy.owed ? 1 : 0)},
                           {"withheld", to_json(policy.withheld)},
                           {"successes", to_json(policy.successes)},
                           {"first_success", to_json(policy.first_success)}}};
}

PolicyState policy_of(const Json& json) {
  PolicyState policy;
  policy.status = from_word(json["status"], kStatuses, Status::unknown);
  policy.failures = count_of(json["failures"]);
  policy.failures_at_down = std::min(count_of(json["failures_at_down"]), policy.failures);
  policy.alerts = count_of(json["alerts"]);
  policy.first_failure = moment_of(json["first_failure"]);
  policy.last_success = maybe_time(json["last_success"]);
  policy.owed = count_of(json["owed"]) != 0;
  policy.withheld = count_of(json["withheld"]);
  policy.successes = count_of(json["successes"]);
  policy.first_success = moment_of(json["first_success"]);
  return policy;
}

constexpr std::array kPhases{RepairState::Phase::idle,     RepairState::Phase::locked_out,
                             RepairState::Phase::running,  RepairState::Phase::waiting,
                             RepairState::Phase::checking, RepairState::Phase::exhausted};
// Of a ladder; more than any configuration can ask for.
constexpr int kMostSteps = 10'000;

Json to_json(const SavedRepair& repair) {
  return Json{Json::Object{{"phase", to_word(repair.phase)},
                           {"step", to_json(repair.step)},
                           {"attempt", to_json(repair.attempt)},
                           {"attempts", to_json(repair.attempts)},
                           {"running", to_json(repair.running + 1)},  // 0: nothing
                           {"began", to_json(repair.began)},
                           {"until", to_json(repair.until)},
                           {"tried", to_json(repair.tried)}}};
}

SavedRepair repair_of(const Json& json) {
  SavedRepair repair;
  repair.phase = from_word(json["phase"], kPhases, RepairState::Phase::idle);
  repair.step = std::min(count_of(json["step"]), kMostSteps);
  repair.attempt = std::min(count_of(json["attempt"]), kMostRepairAttempts);
  repair.attempts = std::min(count_of(json["attempts"]), kMostSteps * kMostRepairAttempts);
  repair.running = std::min(count_of(json["running"]), kMostSteps) - 1;
  repair.began = moment_of(json["began"]);
  repair.until = moment_of(json["until"]);
  repair.tried = names_of(json["tried"]);
  return repair;
}

Json to_json(const FlappingState& flapping) {
  return Json{Json::Object{{"failed", to_json(std::uint64_t{flapping.failed})},
                           {"checks", to_json(flapping.checks)},
                           {"flapping", to_json(flapping.flapping ? 1 : 0)}}};
}

FlappingState flapping_of(const Json& json) {
  constexpr std::uint64_t kMost = (1U << kFlappingChecks) - 1;
  return {static_cast<std::uint32_t>(std::min(total_of(json["failed"]), kMost)),
          std::min(count_of(json["checks"]), kFlappingChecks), count_of(json["flapping"]) != 0};
}

std::optional<EscalationState> ladder_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return EscalationState{moment_of(json["since"]),
                         std::min(count_of(json["failures"]), kMostClimbFailures),
                         count_of(json["steps"])};
}

Json to_json(const CheckCounters& counters) {
  return Json{Json::Object{{"ok", to_json(counters.ok)},
                           {"ok_alerting", to_json(counters.ok_alerting)},
                           {"failed", to_json(counters.failed)},
                           {"failed_alerting", to_json(counters.failed_alerting)},
                           {"unknown", to_json(counters.unknown)},
                           {"missed", to_json(counters.missed)},
                           {"last_ok_took", to_json(counters.last_ok_took)},
                           {"last_failed_took", to_json(counters.last_failed_took)}}};
}

CheckCounters counters_of(const Json& json) {
  CheckCounters counters;
  counters.ok = total_of(json["ok"]);
  counters.ok_alerting = total_of(json["ok_alerting"]);
  counters.failed = total_of(json["failed"]);
  counters.failed_alerting = total_of(json["failed_alerting"]);
  counters.unknown = total_of(json["unknown"]);
  counters.missed = total_of(json["missed"]);
  counters.last_ok_took = maybe_duration(json["last_ok_took"]);
  counters.last_failed_took = maybe_duration(json["last_failed_took"]);
  return counters;
}

Json to_json(const Notice& notice) {
  Json::Object labels;
  for (const auto& [label, value] : notice.labels) labels.emplace_back(label, Json{value});
  return Json{Json::Object{{"id", Json{notice.id}},
                           {"incident", Json{notice.incident}},
                           {"kind", to_word(notice.kind)},
                           {"monitor", Json{notice.monitor}},
                           {"description", Json{notice.description}},
                           {"group", Json{notice.group}},
                           {"labels", Json{std::move(labels)}},
                           {"verdict", to_word(notice.verdict)},
                           {"alert_count", to_json(notice.alert_count)},
                           {"failure_count", to_json(notice.failure_count)},
                           {"output", Json{notice.output}},
                           {"outcome", Json{notice.outcome}},
                           {"reason", Json{notice.reason}},
                           {"created", to_json(notice.created)},
                           {"first_failure", to_json(notice.first_failure)},
                           {"last_success", to_json(notice.last_success)},
                           {"repairs", Json{notice.repairs}},
                           {"takes_down", Json{notice.takes_down}},
                           {"blind", to_json(notice.blind ? 1 : 0)},
                           {"flapping", to_json(notice.flapping ? 1 : 0)},
                           {"unwatched", to_json(notice.unwatched ? 1 : 0)}}};
}

Notice notice_of(const Json& json) {
  Notice notice;
  notice.id = json["id"].string();
  notice.incident = json["incident"].string();
  notice.kind = from_word(json["kind"], kKinds, NoticeKind::problem);
  notice.monitor = json["monitor"].string();
  notice.description = json["description"].string();
  notice.group = json["group"].string();
  for (const auto& [label, value] : json["labels"].object())
    notice.labels.emplace_back(label, value.string());
  notice.verdict = from_word(json["verdict"], kVerdicts, Verdict::failure);
  notice.alert_count = count_of(json["alert_count"]);
  notice.failure_count = count_of(json["failure_count"]);
  notice.output = json["output"].string();
  notice.outcome = json["outcome"].string();
  notice.reason = json["reason"].string();
  notice.created = time_of(json["created"]);
  notice.first_failure = maybe_time(json["first_failure"]);
  notice.last_success = maybe_time(json["last_success"]);
  notice.repairs = json["repairs"].string();
  notice.takes_down = json["takes_down"].string();
  notice.blind = count_of(json["blind"]) != 0;
  notice.flapping = count_of(json["flapping"]) != 0;
  notice.unwatched = count_of(json["unwatched"]) != 0;
  return notice;
}

Json to_json(const HeartbeatState& heartbeat) {
  return Json{Json::Object{{"last", to_json(heartbeat.last)},
                           {"heard", to_json(heartbeat.heard ? 1 : 0)},
                           {"started", to_json(heartbeat.started)},
                           {"excused", to_json(heartbeat.excused ? 1 : 0)}}};
}

HeartbeatState heartbeat_of(const Json& json) {
  HeartbeatState heartbeat;
  heartbeat.last = moment_of(json["last"]);
  heartbeat.heard = count_of(json["heard"]) != 0;
  if (!json["started"].is_null()) heartbeat.started = moment_of(json["started"]);
  heartbeat.excused = count_of(json["excused"]) != 0;
  return heartbeat;
}

Json to_json(const Overlays& overlays) {
  Json::Object all;
  for (const OverlayKind kind : kOverlayKinds) {
    const auto& one = overlays[kind];
    if (!one) continue;
    all.emplace_back(std::string{name(kind)}, Json{Json::Object{{"since", to_json(one->since)},
                                                                {"until", to_json(one->until)},
                                                                {"by", Json{one->by}},
                                                                {"note", Json{one->note}}}});
  }
  if (!overlays.used_links.empty()) all.emplace_back("used_links", to_json(overlays.used_links));
  return Json{std::move(all)};
}

Overlays overlays_of(const Json& json) {
  Overlays overlays;
  for (const OverlayKind kind : kOverlayKinds) {
    const Json& one = json[name(kind)];
    if (one.is_null()) continue;
    overlays[kind] = Overlay{time_of(one["since"]), time_of(one["until"]), one["by"].string(),
                             one["note"].string()};
  }
  overlays.used_links = names_of(json["used_links"]);
  return overlays;
}

std::optional<Json> object_of(std::string_view text) {
  auto json = Json::parse(text);
  if (!json || json->object().empty()) return std::nullopt;
  return json;
}

}  // namespace

std::string saved_json(const SavedLife& life) {
  return Json{Json::Object{{"boot", Json{life.boot}}, {"instance", Json{life.instance}}}}.text();
}

std::string saved_json(const SavedMonitor& monitor) {
  Json::Object delivered;
  for (const auto& [alert, count] : monitor.delivered)
    delivered.emplace_back(alert, to_json(count));
  Json::Array held;
  for (const auto& notice : monitor.held_recoveries) held.push_back(to_json(*notice));
  return Json{Json::Object{{"name", Json{monitor.name}},
                           {"policy", to_json(monitor.policy, monitor.last_alert)},
                           {"incident", Json{monitor.incident}},
                           {"due", to_json(monitor.due)},
                           {"counters", to_json(monitor.counters)},
                           {"delivered", Json{std::move(delivered)}},
                           {"flapping", to_json(monitor.flapping)},
                           {"flapping_incident", Json{monitor.flapping_incident}},
                           {"held_recoveries", Json{std::move(held)}},
                           {"repair", to_json(monitor.repair)},
                           {"escalation", to_json(monitor.escalation)},
                           {"flapping_escalation", to_json(monitor.flapping_escalation)},
                           {"heartbeat", monitor.heartbeat ? to_json(*monitor.heartbeat) : Json{}},
                           {"unseen", to_json(monitor.unseen)},
                           {"overlays", to_json(monitor.overlays)}}}
      .text();
}

std::string saved_json(const SavedIncident& incident) {
  Json::Array notices;
  for (const SavedNotice& one : incident.notices) {
    notices.emplace_back(
        Json::Object{{"notice", to_json(*one.notice)}, {"given", to_json(one.given)}});
  }
  Json::Array entries;
  for (const SavedEntry& entry : incident.entries) {
    entries.emplace_back(Json::Object{{"alert", Json{entry.alert}},
                                      {"notice", Json{entry.notice}},
                                      {"order", to_json(entry.order)},
                                      {"attempts", to_json(entry.attempts)},
                                      {"tries", to_json(entry.tries)},
                                      {"retry_at", to_json(entry.retry_at)}});
  }
  return Json{Json::Object{{"id", Json{incident.id}},
                           {"monitor", Json{incident.monitor}},
                           {"notices", Json{std::move(notices)}},
                           {"entries", Json{std::move(entries)}},
                           {"down", to_json(incident.down)},
                           {"by", to_json(incident.by)},
                           {"up", to_json(incident.up)},
                           {"recovered", to_json(incident.recovered)},
                           {"up_next", to_json(incident.up_next)},
                           {"recovery", Json{incident.recovery}},
                           {"recovery_order", to_json(incident.recovery_order)}}}
      .text();
}

std::string saved_json(const SavedLock& lock) {
  Json::Array steps;
  std::set<int> known;
  for (const auto& [step, runs] : lock.runs) known.insert(step);
  for (const auto& [step, when] : lock.last_first_attempts) known.insert(step);
  for (const int step : known) {
    Json::Array runs;
    if (const auto found = lock.runs.find(step); found != lock.runs.end()) {
      for (const Moment& run : found->second) runs.push_back(to_json(run));
    }
    const auto last = lock.last_first_attempts.find(step);
    Json first;
    if (last != lock.last_first_attempts.end()) first = to_json(last->second);
    steps.emplace_back(Json::Object{{"step", to_json(step)},
                                    {"runs", Json{std::move(runs)}},
                                    {"last_first_attempt", std::move(first)}});
  }
  return Json{Json::Object{{"name", Json{lock.key.second}},
                           {"shared", to_json(lock.key.first ? 1 : 0)},
                           {"steps", Json{std::move(steps)}}}}
      .text();
}

std::optional<SavedLock> saved_lock(std::string_view text) {
  const auto json = object_of(text);
  if (!json || (*json)["name"].string().empty()) return std::nullopt;
  SavedLock lock;
  lock.key = {count_of((*json)["shared"]) != 0, (*json)["name"].string()};
  for (const Json& one : (*json)["steps"].array()) {
    const int step = std::min(count_of(one["step"]), kMostSteps);
    for (const Json& run : one["runs"].array()) {
      if (lock.runs[step].size() < kMostRepairsPerHour) lock.runs[step].push_back(moment_of(run));
    }
    if (!one["last_first_attempt"].is_null())
      lock.last_first_attempts[step] = moment_of(one["last_first_attempt"]);
  }
  return lock;
}

std::string saved_json(const SavedAlert& alert) {
  Json::Array runs;
  for (const SavedAlert::Run& run : alert.runs) {
    runs.emplace_back(
        Json::Object{{"began", to_json(run.began)}, {"reminders", to_json(run.reminders ? 1 : 0)}});
  }
  return Json{Json::Object{{"name", Json{alert.name}},
                           {"runs", Json{std::move(runs)}},
                           {"held", to_json(alert.held ? 1 : 0)}}}
      .text();
}

std::optional<SavedAlert> saved_alert(std::string_view text) {
  const auto json = object_of(text);
  if (!json || (*json)["name"].string().empty()) return std::nullopt;
  SavedAlert alert;
  alert.name = (*json)["name"].string();
  for (const Json& run : (*json)["runs"].array())
    alert.runs.push_back({moment_of(run["began"]), count_of(run["reminders"]) != 0});
  alert.held = count_of((*json)["held"]) != 0;
  return alert;
}

std::string saved_json(const SavedBlindness& blindness) {
  return Json{Json::Object{{"cause", to_word(blindness.cause)},
                           {"scope", Json{blindness.scope}},
                           {"since", to_json(blindness.since)},
                           {"why", Json{blindness.why}},
                           {"incident", Json{blindness.incident}},
                           {"distrusted", to_json(blindness.distrusted ? 1 : 0)}}}
      .text();
}

std::optional<SavedBlindness> saved_blindness(std::string_view text) {
  constexpr std::array kCauses{BlindCause::network, BlindCause::late, BlindCause::unstartable};
  const auto json = object_of(text);
  if (!json) return std::nullopt;
  SavedBlindness blindness;
  blindness.cause = from_word((*json)["cause"], kCauses, BlindCause::network);
  blindness.scope = (*json)["scope"].string();
  blindness.since = moment_of((*json)["since"]);
  blindness.why = (*json)["why"].string();
  blindness.incident = (*json)["incident"].string();
  blindness.distrusted = count_of((*json)["distrusted"]) != 0;
  return blindness;
}

std::optional<SavedLife> saved_life(std::string_view text) {
  const auto json = object_of(text);
  if (!json) return std::nullopt;
  return SavedLife{(*json)["boot"].string(), (*json)["instance"].string()};
}

std::optional<SavedMonitor> saved_monitor(std::string_view text) {
  const auto json = object_of(text);
  if (!json || (*json)["name"].string().empty()) return std::nullopt;
  SavedMonitor monitor;
  monitor.name = (*json)["name"].string();
  monitor.policy = policy_of((*json)["policy"]);
  monitor.last_alert = moment_of((*json)["policy"]["last_alert"]);
  monitor.incident = (*json)["incident"].string();
  monitor.due = moment_of((*json)["due"]);
  monitor.counters = counters_of((*json)["counters"]);
  for (const auto& [alert, count] : (*json)["delivered"].object())
    monitor.delivered[alert] = total_of(count);
  monitor.flapping = flapping_of((*json)["flapping"]);
  monitor.flapping_incident = (*json)["flapping_incident"].string();
  for (const Json& one : (*json)["held_recoveries"].array())
    monitor.held_recoveries.push_back(std::make_shared<const Notice>(notice_of(one)));
  if (!(*json)["unseen"].is_null()) monitor.unseen = moment_of((*json)["unseen"]);
  if (!(*json)["repair"].object().empty()) monitor.repair = repair_of((*json)["repair"]);
  monitor.escalation = ladder_of((*json)["escalation"]);
  monitor.flapping_escalation = ladder_of((*json)["flapping_escalation"]);
  if (!(*json)["heartbeat"].is_null()) monitor.heartbeat = heartbeat_of((*json)["heartbeat"]);
  monitor.overlays = overlays_of((*json)["overlays"]);
  return monitor;
}

std::optional<SavedIncident> saved_incident(std::string_view text) {
  const auto json = object_of(text);
  if (!json || (*json)["id"].string().empty()) return std::nullopt;
  SavedIncident incident;
  incident.id = (*json)["id"].string();
  incident.monitor = (*json)["monitor"].string();
  for (const Json& one : (*json)["notices"].array()) {
    incident.notices.push_back(
        {std::make_shared<const Notice>(notice_of(one["notice"])), names_of(one["given"])});
  }
  for (const Json& one : (*json)["entries"].array()) {
    SavedEntry entry{one["alert"].string(),     one["notice"].string(), total_of(one["order"]),
                     count_of(one["attempts"]), count_of(one["tries"]), std::nullopt};
    if (!one["retry_at"].is_null()) entry.retry_at = moment_of(one["retry_at"]);
    incident.entries.push_back(std::move(entry));
  }
  incident.down = names_of((*json)["down"]);
  incident.by = names_of((*json)["by"]);
  incident.up = names_of((*json)["up"]);
  incident.recovered = names_of((*json)["recovered"]);
  incident.up_next = names_of((*json)["up_next"]);
  incident.recovery = (*json)["recovery"].string();
  incident.recovery_order = total_of((*json)["recovery_order"]);
  return incident;
}

}  // namespace minitor
