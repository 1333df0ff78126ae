#include "minitor/store/memory_history.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/utf8.hpp"
#include "minitor/store/columns.hpp"

namespace minitor {
namespace {

using Lock = std::lock_guard<std::mutex>;

// As exact as a column.
Timestamp cut(Timestamp when) { return timestamp(column(when)); }
Duration cut(Duration value) { return duration(column(value)); }

// Those of a query, newest first.
template <typename Row, typename Query>
std::vector<Row> page_of(const std::deque<Row>& all, const Query& query, Timestamp Row::*at) {
  std::vector<Row> rows;
  const auto most = static_cast<std::size_t>(std::clamp(query.most, 1, kMostRows));
  for (auto row = all.rbegin(); row != all.rend() && rows.size() < most; ++row) {
    const bool asked = query.monitor.empty() || row->monitor == query.monitor;
    const bool older = !query.before || row->number < *query.before;
    const bool inside = (*row).*at >= query.range.from && (*row).*at < query.range.to;
    if (asked && older && inside) rows.push_back(*row);
  }
  return rows;
}

template <typename T>
void keep(std::deque<T>& all, std::size_t most) {
  while (all.size() > most) all.pop_front();
}

bool within(Timestamp when, const TimeRange& range) {
  return when >= range.from && when < range.to;
}

}  // namespace

SavedState MemoryHistory::load() {
  const Lock lock(mutex_);
  return state_;
}

MemoryHistory::Kept& MemoryHistory::kept(const std::string& monitor) {
  Kept& one = monitors_[monitor];
  one.row.name = monitor;
  return one;
}

void MemoryHistory::open_gap(Kept& monitor, Timestamp since, const std::string& reason) {
  if (!monitor.row.unobserved.empty()) return;
  monitor.gaps.push_back({since, std::nullopt, reason});
  keep(monitor.gaps, kTransitionsInMemory);
  monitor.row.unobserved = reason;
}

void MemoryHistory::begin(const LifeRecord& life) {
  const Lock lock(mutex_);
  const Timestamp now = cut(life.at);
  const Timestamp since = alive_ ? std::min(*alive_, now) : now;
  for (auto& [name, monitor] : monitors_) {
    open_gap(monitor, since, "minitor was not running");
    monitor.row.watched = false;
  }
  rename(life.renamed, life.at);
  for (const std::string& name : life.monitors) kept(name).row.watched = true;
  end_overlays_of_the_gone(now);
  alive_ = now;
}

void MemoryHistory::write(const HistoryBatch& batch) {
  const Lock lock(mutex_);
  for (const HistoryRecord& record : batch.records)
    std::visit([this](const auto& one) { put(one); }, record);
  for (const StateChange& change : batch.changes) apply(state_, change);
  alive_ = std::max(alive_.value_or(cut(batch.now)), cut(batch.now));
}

void MemoryHistory::end(Timestamp now) {
  const Lock lock(mutex_);
  alive_ = std::max(alive_.value_or(cut(now)), cut(now));
}

bool MemoryHistory::tidy(const Retention&, Timestamp) { return false; }

void MemoryHistory::put(const CheckRecord& check) {
  Kept& monitor = kept(check.monitor);
  const Timestamp at = cut(check.at);
  const bool good = check.counted == Verdict::ok || check.counted == Verdict::warning;
  const std::string output = valid_utf8(without_line_ends(check.output));
  const std::string_view text = first_bytes(output, good ? kKeptOkOutput : kKeptOutput);
  monitor.checks.push_back(
      {{++last_id_, at, cut(check.took), check.verdict, check.outcome, std::string{text},
        check.output_cut || text.size() < output.size(), check.manual, performance_data(output)},
       check.counted});
  keep(monitor.checks, kChecksInMemory);
  monitor.row.last_check = at;
  if (good) monitor.row.last_success = at;
  monitor.row.last_verdict = check.verdict;
  monitor.row.last_took = cut(check.took);
  monitor.row.last_outcome = check.outcome;
  monitor.row.last_output = output;
  if (check.manual) return;
  if (check.counted == Verdict::unknown) {
    open_gap(monitor, at, check.outcome);
  } else if (!monitor.row.unobserved.empty()) {
    monitor.gaps.back().to = std::max(monitor.gaps.back().from, at);
    monitor.row.unobserved.clear();
  }
}

void MemoryHistory::put(const TransitionRecord& one) {
  Kept& monitor = kept(one.monitor);
  monitor.row.status = one.to;
  monitor.row.since = cut(one.at);
  monitor.changes.push_back({cut(one.at), one.to, one.reason, one.incident});
  if (monitor.changes.size() > kTransitionsInMemory) {
    monitor.before = monitor.changes.front().to;
    monitor.changes.pop_front();
  }
  if (one.to == Status::down) {
    incidents_.push_back({one.incident, one.monitor, cut(one.first_failure), cut(one.at),
                          std::nullopt, one.cause, "", 0, ++last_number_});
    keep(incidents_, kIncidentsInMemory);
  } else if (one.from == Status::down) {
    for (IncidentRow& incident : incidents_) {
      if (incident.id == one.incident) incident.ended = cut(one.at);
    }
  }
}

void MemoryHistory::put(const NoticeRecord& one) {
  const Notice& notice = *one.notice;
  auto found = std::find_if(notices_.begin(), notices_.end(), [&](const NoticeRow& other) {
    return other.id == notice.id && other.alert == one.alert;
  });
  if (found == notices_.end()) {
    notices_.push_back({notice.id,
                        one.alert,
                        notice.incident,
                        notice.monitor,
                        notice.kind,
                        one.stage,
                        0,
                        notice.reason,
                        "",
                        cut(notice.created),
                        {},
                        std::nullopt,
                        ++last_number_});
    keep(notices_, kNoticesInMemory);
    found = notices_.end() - 1;
  }
  found->stage = one.stage;
  found->attempts = std::max(found->attempts, one.attempt);
  found->detail = valid_utf8(one.detail);
  found->updated = cut(one.at);
  found->next_attempt = one.next_attempt ? std::optional{cut(*one.next_attempt)} : std::nullopt;
}

void MemoryHistory::put(const UnobservedRecord& one) {
  open_gap(kept(one.monitor), cut(one.since), one.reason);
}

void MemoryHistory::put(const ClosedRecord& one) {
  for (IncidentRow& incident : incidents_) {
    if (incident.id != one.incident) continue;
    incident.ended = cut(one.at);
    incident.closed = one.reason;
  }
}

void MemoryHistory::put(const RepairRecord& one) {
  const std::string output = valid_utf8(without_line_ends(one.output));
  repairs_.push_back({++last_number_, one.monitor, cut(one.at), cut(one.took), one.step,
                      one.attempt, valid_utf8(one.outcome),
                      std::string{first_bytes(output, kKeptOutput)}});
  keep(repairs_, kRepairsInMemory);
}

void MemoryHistory::put(const HeldRecord& one) {
  held_.push_back({++last_number_, one.monitor, one.incident, one.kind, cut(one.at), one.reason});
  keep(held_, kHeldInMemory);
}

void MemoryHistory::put(const OverlayRecord& one) {
  for (OverlayRow& row : overlays_) {
    if (row.monitor != one.monitor || row.kind != one.kind || row.ended) continue;
    row.ended = cut(one.at);
    row.end = one.what == RecordOverlay::What::set ? "replaced" : one.reason;
  }
  if (one.what != RecordOverlay::What::set) return;
  overlays_.push_back({++last_number_, one.monitor, one.kind, cut(one.overlay.since),
                       cut(one.overlay.until), std::nullopt, one.overlay.by, one.overlay.note, ""});
  keep(overlays_, kOverlaysInMemory);
  if (one.kind == OverlayKind::pause) open_gap(kept(one.monitor), cut(one.at), one.reason);
}

std::vector<OverlayRow> MemoryHistory::overlays(const PastQuery& query) {
  const Lock lock(mutex_);
  return page_of(overlays_, query, &OverlayRow::since);
}

void MemoryHistory::rename(const std::string& from, const std::string& to) {
  auto one = monitors_.extract(from);
  if (one.empty()) return;
  one.key() = to;
  one.mapped().row.name = to;
  monitors_.insert(std::move(one));
  const auto change = [&](auto& rows) {
    for (auto& row : rows) {
      if (row.monitor == from) row.monitor = to;
    }
  };
  change(incidents_);
  change(notices_);
  change(repairs_);
  change(held_);
  change(overlays_);
}

void MemoryHistory::rename(const Renames& renames, Timestamp now) {
  for (const auto& [from, to] : renames) {
    if (!monitors_.contains(from)) continue;
    if (monitors_.contains(to)) rename(to, earlier_name(to, now));
    rename(from, to);
  }
}

void MemoryHistory::put(const WatchedRecord& one) {
  rename(one.renamed, one.at);
  for (auto& [name, monitor] : monitors_) monitor.row.watched = false;
  for (const std::string& name : one.monitors) kept(name).row.watched = true;
  for (auto& [name, monitor] : monitors_) {
    if (!monitor.row.watched) open_gap(monitor, cut(one.at), kNotConfigured);
  }
  end_overlays_of_the_gone(cut(one.at));
}

// What was laid over what is gone is gone as well.
void MemoryHistory::end_overlays_of_the_gone(Timestamp now) {
  for (OverlayRow& row : overlays_) {
    if (row.ended || kept(row.monitor).row.watched) continue;
    row.ended = now;
    row.end = kNotConfigured;
  }
}

std::vector<MonitorRow> MemoryHistory::monitors() {
  const Lock lock(mutex_);
  std::vector<MonitorRow> rows;
  for (const auto& [name, monitor] : monitors_) rows.push_back(monitor.row);
  return rows;
}

std::vector<CheckRow> MemoryHistory::checks(const ChecksQuery& query) {
  const Lock lock(mutex_);
  std::vector<CheckRow> rows;
  const auto found = monitors_.find(query.monitor);
  if (found == monitors_.end()) return rows;
  // Behind this one: a clock that was set back makes later checks stand behind earlier ones.
  std::optional<Timestamp> last;
  for (const Check& check : found->second.checks) {
    if (query.before == check.row.id) last = check.row.at;
  }
  for (const Check& check : found->second.checks) {
    const bool bad = check.row.verdict != Verdict::ok && check.row.verdict != Verdict::warning;
    const bool older = last && check.row.at < *last;
    const bool behind = !query.before || older ||
                        (check.row.id < *query.before && (!last || check.row.at == *last));
    if (within(check.row.at, query.range) && behind && (bad || !query.only_bad))
      rows.push_back(check.row);
  }
  std::sort(rows.begin(), rows.end(), [](const CheckRow& a, const CheckRow& b) {
    return std::pair(a.at, a.id) > std::pair(b.at, b.id);
  });
  rows.resize(
      std::min(rows.size(), static_cast<std::size_t>(std::clamp(query.most, 1, kMostRows))));
  return rows;
}

std::vector<IncidentRow> MemoryHistory::incidents(const IncidentsQuery& query) {
  const Lock lock(mutex_);
  std::vector<IncidentRow> rows;
  const auto most = static_cast<std::size_t>(std::clamp(query.most, 1, kMostRows));
  for (auto one = incidents_.rbegin(); one != incidents_.rend() && rows.size() < most; ++one) {
    if (!query.monitor.empty() && one->monitor != query.monitor) continue;
    if (query.before && one->number >= *query.before) continue;
    if (one->first_failure >= query.range.to) continue;
    if (one->ended && (query.only_open || *one->ended < query.range.from)) continue;
    rows.push_back(*one);
    rows.back().delivered = static_cast<int>(
        std::count_if(notices_.begin(), notices_.end(), [&](const NoticeRow& notice) {
          return notice.incident == one->id && notice.stage == NoticeStage::delivered;
        }));
  }
  return rows;
}

std::vector<NoticeRow> MemoryHistory::notices(const NoticesQuery& query) {
  const Lock lock(mutex_);
  if (query.incident.empty()) return page_of(notices_, query, &NoticeRow::created);
  std::deque<NoticeRow> of_incident;
  std::copy_if(notices_.begin(), notices_.end(), std::back_inserter(of_incident),
               [&](const NoticeRow& one) { return one.incident == query.incident; });
  return page_of(of_incident, query, &NoticeRow::created);
}

std::vector<RepairRow> MemoryHistory::repairs(const PastQuery& query) {
  const Lock lock(mutex_);
  return page_of(repairs_, query, &RepairRow::at);
}

std::vector<HeldRow> MemoryHistory::held(const PastQuery& query) {
  const Lock lock(mutex_);
  return page_of(held_, query, &HeldRow::at);
}

std::map<std::string, Timeline> MemoryHistory::timelines(const std::string& monitor,
                                                         TimeRange range) {
  const Lock lock(mutex_);
  std::map<std::string, Timeline> result;
  for (const auto& [name, one] : monitors_) {
    if (!monitor.empty() && name != monitor) continue;
    Timeline& timeline = result[name];
    timeline.known_until = alive_.value_or(Timestamp{});
    timeline.before = one.before;
    for (const Change& change : one.changes) {
      if (change.at < range.from) timeline.before = change.to;
      if (within(change.at, range)) timeline.changes.push_back(change);
    }
    for (const Gap& gap : one.gaps) {
      if (gap.from < range.to && (!gap.to || *gap.to > range.from)) timeline.gaps.push_back(gap);
    }
  }
  return result;
}

std::vector<Bucket> MemoryHistory::buckets(const std::string& monitor, TimeRange range,
                                           Resolution resolution) {
  const Lock lock(mutex_);
  std::map<Timestamp, Bucket> result;
  const auto found = monitors_.find(monitor);
  if (found == monitors_.end()) return {};
  for (const Check& check : found->second.checks) {
    const Timestamp start = floor(check.row.at, resolution);
    if (check.row.manual || start < floor(range.from, resolution) || start >= range.to) continue;
    Bucket& bucket = result[start];
    bucket.start = start;
    if (check.counted == Verdict::unknown) {
      ++bucket.unknown;
      continue;
    }
    bucket.shortest =
        bucket.told() == 0 ? check.row.took : std::min(bucket.shortest, check.row.took);
    bucket.longest = std::max(bucket.longest, check.row.took);
    bucket.total += check.row.took;
    ++(check.counted == Verdict::failure ? bucket.failed : bucket.ok);
  }
  std::vector<Bucket> rows;
  rows.reserve(result.size());
  for (const auto& [start, bucket] : result) rows.push_back(bucket);
  return rows;
}

}  // namespace minitor
