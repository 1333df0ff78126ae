// A site and its history as plain data, for the tests of pages and API.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "minitor/core/history.hpp"
#include "minitor/web/routes.hpp"

namespace minitor {

// The kept rows, filtered as HistoryReads says.
struct FakeHistory final : HistoryReads {
  std::vector<MonitorRow> monitor_rows;
  std::map<std::string, std::vector<CheckRow>> check_rows;  // newest first
  std::vector<IncidentRow> incident_rows;
  std::vector<NoticeRow> notice_rows;
  std::vector<RepairRow> repair_rows;    // newest first
  std::vector<HeldRow> held_rows;        // likewise
  std::vector<OverlayRow> overlay_rows;  // likewise
  std::map<std::string, Timeline> timeline_rows;
  std::map<std::string, std::vector<Bucket>> bucket_rows;
  SavedState state;
  std::string broken;

  void read() const {
    if (!broken.empty()) throw HistoryError(broken);
  }
  static bool within(Timestamp when, const TimeRange& range) {
    return when >= range.from && when < range.to;
  }
  SavedState load() override {
    read();
    return state;
  }
  std::vector<MonitorRow> monitors() override {
    read();
    return monitor_rows;
  }
  std::vector<CheckRow> checks(const ChecksQuery& query) override {
    read();
    std::vector<CheckRow> rows;
    for (const CheckRow& row : check_rows[query.monitor]) {
      if (rows.size() == static_cast<std::size_t>(query.most)) break;
      if (!within(row.at, query.range) || (query.before && row.id >= *query.before)) continue;
      if (query.only_bad && (row.verdict == Verdict::ok || row.verdict == Verdict::warning))
        continue;
      rows.push_back(row);
    }
    return rows;
  }
  std::vector<IncidentRow> incidents(const IncidentsQuery& query) override {
    read();
    std::vector<IncidentRow> rows;
    for (const IncidentRow& row : incident_rows) {
      if (rows.size() == static_cast<std::size_t>(query.most)) break;
      if ((query.monitor.empty() || row.monitor == query.monitor) &&
          row.first_failure < query.range.to && (!query.only_open || !row.ended) &&
          (!query.before || row.number < *query.before))
        rows.push_back(row);
    }
    return rows;
  }
  std::vector<NoticeRow> notices(const NoticesQuery& query) override {
    read();
    std::vector<NoticeRow> rows;
    for (const NoticeRow& row : notice_rows)
      if ((query.monitor.empty() || row.monitor == query.monitor) &&
          (query.incident.empty() || row.incident == query.incident) &&
          within(row.created, query.range) && (!query.before || row.number < *query.before) &&
          rows.size() < static_cast<std::size_t>(query.most))
        rows.push_back(row);
    return rows;
  }
  template <typename Row>
  static Timestamp began(const Row& row) {
    if constexpr (std::is_same_v<Row, OverlayRow>)
      return row.since;
    else
      return row.at;
  }
  template <typename Row>
  static std::vector<Row> past(const std::vector<Row>& all, const PastQuery& query) {
    std::vector<Row> rows;
    for (const Row& row : all)
      if ((query.monitor.empty() || row.monitor == query.monitor) &&
          within(began(row), query.range) && (!query.before || row.number < *query.before) &&
          rows.size() < static_cast<std::size_t>(query.most))
        rows.push_back(row);
    return rows;
  }
  std::vector<RepairRow> repairs(const PastQuery& query) override {
    read();
    return past(repair_rows, query);
  }
  std::vector<HeldRow> held(const PastQuery& query) override {
    read();
    return past(held_rows, query);
  }
  std::vector<OverlayRow> overlays(const PastQuery& query) override {
    read();
    return past(overlay_rows, query);
  }
  std::map<std::string, Timeline> timelines(const std::string& monitor, TimeRange) override {
    read();
    if (monitor.empty()) return timeline_rows;
    const auto found = timeline_rows.find(monitor);
    if (found == timeline_rows.end()) return {};
    return {*found};
  }
  // Of the finest resolution; for others the first of each stretch stands for it.
  std::vector<Bucket> buckets(const std::string& monitor, TimeRange,
                              Resolution resolution) override {
    read();
    std::vector<Bucket> rows;
    for (Bucket row : bucket_rows[monitor]) {
      row.start = floor(row.start, resolution);
      if (rows.empty() || rows.back().start != row.start) rows.push_back(row);
    }
    return rows;
  }
};

inline const Timestamp kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} +
                             std::chrono::hours{12}};

inline CheckRow check_row(std::int64_t id, Timestamp at, Verdict verdict,
                          const std::string& outcome = "", const std::string& output = "") {
  CheckRow row;
  row.id = id;
  row.at = at;
  row.took = std::chrono::milliseconds{5};
  row.verdict = verdict;
  row.outcome = outcome;
  row.output = output;
  return row;
}

struct FakeSite {
  std::shared_ptr<Config> config = std::make_shared<Config>();
  Snapshot snapshot;
  FakeHistory history;
  WebSettings settings;
  std::vector<MonitorId> tested;
  std::vector<HeartbeatReceived> heard;
  TellHeartbeat::End taken = TellHeartbeat::End::taken;
  std::shared_ptr<HeartbeatTokens> heartbeats = std::make_shared<HeartbeatTokens>("secret");
  std::shared_ptr<WrongTokens> wrong_tokens;
  DaemonFigures figures;
  std::vector<SetOverlay> set;
  std::vector<ClearOverlay> cleared;
  std::string link_secret;
  bool trusted = false;
  Timestamp now = kNoon;

  Monitor& add(const std::string& name, Status status, const std::string& group = "") {
    Monitor monitor;
    monitor.name = name;
    monitor.group = group;
    monitor.interval = std::chrono::seconds{30};
    monitor.command.program = Argv{{"check", "s3cret"}};
    monitor.command.timeout = std::chrono::seconds{10};
    config->monitors.push_back(monitor);
    MonitorSnapshot state;
    state.name = name;
    state.status = status;
    state.since = now - std::chrono::hours{3};
    state.last_check = now - std::chrono::seconds{12};
    state.last_took = std::chrono::milliseconds{45};
    state.last_outcome = "exit 7";
    state.due = Monotonic{std::chrono::hours{1}};
    snapshot.monitors.push_back(state);
    return config->monitors.back();
  }
  [[nodiscard]] RouteSources sources() const {
    RouteSources all;
    all.build = {"1.2.3"};
    all.snapshot = [this] { return snapshot; };
    all.process = [] { return ProcessInfo{}; };
    all.config = [this] { return config; };
    all.now = [this] { return Moment{Monotonic{std::chrono::hours{1}}, now}; };
    all.settings = settings;
    all.heartbeats = heartbeats;
    all.wrong_tokens = wrong_tokens;
    all.figures = [this] { return figures; };
    all.trusted = trusted;
    all.link_secret = link_secret;
    return all;
  }
  // What the daemon does with an answer; a test ends at once with "exit 0".
  HttpResponse ask(const HttpRequest& request) {
    Answer made = answer(request, sources());
    if (auto* read = std::get_if<ReadHistory>(&made)) return read->work(history);
    if (auto* test = std::get_if<RunTest>(&made)) {
      tested.push_back(test->monitor);
      RecordCheck check;
      check.verdict = Verdict::failure;
      check.outcome = "exit 7";
      check.elapsed = std::chrono::milliseconds{5};
      check.manual = true;
      return test->reply(RunTest::End::done, &check);
    }
    if (auto* tell = std::get_if<TellHeartbeat>(&made)) {
      heard.push_back(std::move(tell->heard));
      return tell->reply(taken);
    }
    if (auto* tell = std::get_if<TellEngine>(&made)) {
      change(tell->event);
      return tell->reply();
    }
    return std::get<HttpResponse>(made);
  }
  // As much of the engine as an answer shows.
  void change(const Event& event) {
    constexpr std::size_t kEnough = 100;  // a fuzzer asks for ever
    if (set.size() > kEnough) set.clear();
    if (cleared.size() > kEnough) cleared.clear();
    if (const auto* one = std::get_if<SetOverlay>(&event)) {
      set.push_back(*one);
      for (const MonitorId id : one->monitors) {
        Overlays& overlays = snapshot.monitors[id.value].overlays;
        overlays[one->kind] = Overlay{now, one->until, one->by, one->note};
        if (!one->link.empty()) overlays.used_links.push_back(one->link);
      }
    }
    if (const auto* one = std::get_if<ClearOverlay>(&event)) {
      cleared.push_back(*one);
      for (const MonitorId id : one->monitors)
        snapshot.monitors[id.value].overlays[one->kind].reset();
    }
  }
  HttpResponse get(const std::string& target) { return ask({"GET", target, {}, {}}); }
};

inline std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const HttpHeader& one : response.headers)
    if (one.name == name) return one.value;
  return "none";
}
inline bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace minitor
