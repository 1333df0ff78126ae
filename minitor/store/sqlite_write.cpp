// Writing: one batch a transaction.
#include <algorithm>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/saved_json.hpp"
#include "minitor/core/utf8.hpp"
#include "minitor/store/columns.hpp"
#include "minitor/store/schema.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {
namespace {

struct Document {
  std::string_view kind;
  std::string name;
  std::string text;  // empty: forget it
};

std::string document_name(const RepairLockKey& key) {
  return (key.first ? "shared " : "own ") + key.second;
}

std::string document_name(BlindCause cause, const std::string& scope) {
  return std::string{name(cause)} + " " + scope;
}

struct ToDocument {
  Document operator()(const SavedLife& life) const { return {"life", "", saved_json(life)}; }
  Document operator()(const SavedMonitor& one) const {
    return {"monitor", one.name, saved_json(one)};
  }
  Document operator()(const SavedIncident& one) const {
    return {"incident", one.id, saved_json(one)};
  }
  Document operator()(const SavedLock& one) const {
    return {"lock", document_name(one.key), saved_json(one)};
  }
  Document operator()(const ForgetLock& gone) const {
    return {"lock", document_name(gone.key), ""};
  }
  Document operator()(const SavedBlindness& one) const {
    return {"blindness", document_name(one.cause, one.scope), saved_json(one)};
  }
  Document operator()(const ForgetBlindness& gone) const {
    return {"blindness", document_name(gone.cause, gone.scope), ""};
  }
  Document operator()(const ForgetMonitor& gone) const { return {"monitor", gone.name, ""}; }
  Document operator()(const ForgetIncident& gone) const { return {"incident", gone.id, ""}; }
  Document operator()(const SavedAlert& one) const { return {"alert", one.name, saved_json(one)}; }
  Document operator()(const ForgetAlert& gone) const { return {"alert", gone.name, ""}; }
};

}  // namespace

SqliteHistory::SqliteHistory(const std::string& path, Database::Mode mode) : database_(path, mode) {
  if (mode != Database::Mode::write) {
    require_schema(database_);
    return;
  }
  prepare_schema(database_);
  // Pages of the cache, in KiB, and what a write-ahead log may keep of its size.
  database_.execute("PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 4194304");
  learn();
}

void SqliteHistory::learn() {
  Statement& all = database_.statement(
      "SELECT name, id, EXISTS (SELECT 1 FROM gaps WHERE monitor = monitors.id AND until IS NULL) "
      "FROM monitors");
  all.with();
  while (all.step()) known_[all.text(0)] = {all.integer(1), all.integer(2) != 0};
}

SavedState SqliteHistory::load() { return load(nullptr); }

SavedState SqliteHistory::load_of(const std::set<std::string>& monitors) { return load(&monitors); }

SavedState SqliteHistory::load(const std::set<std::string>* monitors) {
  SavedState state;
  Statement& all = database_.statement("SELECT kind, document, name FROM state");
  all.with();
  while (all.step()) {
    const std::string kind = all.text(0);
    if (monitors != nullptr && kind == "monitor" && !monitors->contains(all.text(2))) continue;
    if (kind == "life") {
      if (auto life = saved_life(all.text(1))) state.life = std::move(*life);
    } else if (kind == "monitor") {
      if (auto monitor = saved_monitor(all.text(1))) state.monitors.push_back(std::move(*monitor));
    } else if (kind == "incident") {
      if (auto incident = saved_incident(all.text(1)))
        state.incidents.push_back(std::move(*incident));
    } else if (kind == "blindness") {
      if (auto one = saved_blindness(all.text(1))) state.blindnesses.push_back(std::move(*one));
    } else if (kind == "lock") {
      if (auto lock = saved_lock(all.text(1))) state.locks.push_back(std::move(*lock));
    } else if (kind == "alert") {
      if (auto alert = saved_alert(all.text(1))) state.alerts.push_back(std::move(*alert));
    }
  }
  return state;
}

SqliteHistory::Known& SqliteHistory::known(const std::string& monitor) {
  const auto found = known_.find(monitor);
  if (found != known_.end()) return found->second;
  database_.statement("INSERT INTO monitors (name) VALUES (?1)").with(monitor).run();
  return known_.emplace(monitor, Known{database_.last_id(), false}).first->second;
}

void SqliteHistory::open_gap(Known& monitor, std::int64_t since, const std::string& reason) {
  if (monitor.unobserved) return;
  database_.statement("INSERT INTO gaps (monitor, since, reason) VALUES (?1, ?2, ?3)")
      .with(monitor.id, since, reason)
      .run();
  monitor.unobserved = true;
}

void SqliteHistory::begin(const LifeRecord& life) {
  Transaction transaction(database_);
  const std::int64_t now = column(life.at);
  Statement& last =
      database_.statement("SELECT alive, ended IS NULL FROM lives ORDER BY id DESC LIMIT 1").with();
  // A clock that was set back must not make the gap end before it began.
  const std::int64_t since = last.step() ? std::min(last.integer(0), now) : now;
  last.reset();
  for (auto& [name, monitor] : known_) open_gap(monitor, since, "minitor was not running");
  rename(life.renamed, life.at);
  database_
      .statement("INSERT INTO lives (instance, version, started, alive) VALUES (?1, ?2, ?3, ?3)")
      .with(life.instance, life.version, now)
      .run();
  life_ = database_.last_id();
  database_.statement("UPDATE monitors SET watched = 0").with().run();
  for (const std::string& name : life.monitors) {
    database_.statement("UPDATE monitors SET watched = 1 WHERE id = ?1").with(known(name).id).run();
  }
  end_overlays_of_the_gone(life.at);
  transaction.commit();
}

void SqliteHistory::alive(Timestamp now) {
  database_.statement("UPDATE lives SET alive = max(alive, ?2) WHERE id = ?1")
      .with(life_, column(now))
      .run();
}

void SqliteHistory::end(Timestamp now) {
  Transaction transaction(database_);
  alive(now);
  database_.statement("UPDATE lives SET ended = ?2 WHERE id = ?1").with(life_, column(now)).run();
  transaction.commit();
}

void SqliteHistory::write(const HistoryBatch& batch) {
  database_.execute(batch.firm ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  const auto before = known_;
  try {
    Transaction transaction(database_);
    for (const HistoryRecord& record : batch.records)
      std::visit([this](const auto& one) { put(one); }, record);
    for (const StateChange& change : batch.changes) put(change);
    alive(batch.now);
    transaction.commit();
  } catch (...) {
    known_ = before;  // what was learned in it was undone
    throw;
  }
}

void SqliteHistory::put(const CheckRecord& check) {
  Known& monitor = known(check.monitor);
  const std::int64_t at = column(check.at);
  const bool good = check.counted == Verdict::ok || check.counted == Verdict::warning;
  const std::string output = valid_utf8(without_line_ends(check.output));
  const std::string_view kept = first_bytes(output, good ? kKeptOkOutput : kKeptOutput);
  database_
      .statement(
          "INSERT INTO checks (monitor, at, duration, verdict, counted, manual, output_cut, "
          "outcome, output, perfdata) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
      .with(monitor.id, at, column(check.took), name(check.verdict), name(check.counted),
            check.manual ? 1 : 0, check.output_cut || kept.size() < output.size() ? 1 : 0,
            check.outcome, kept, performance_data(output))
      .run();
  database_
      .statement(
          "UPDATE monitors SET last_check = ?2, last_success = coalesce(?3, last_success), "
          "last_verdict = ?4, last_duration = ?5, last_outcome = ?6, last_output = ?7 "
          "WHERE id = ?1")
      .with(monitor.id, at, good ? std::optional{at} : std::nullopt, name(check.verdict),
            column(check.took), check.outcome, output)
      .run();
  if (check.manual) return;
  if (check.counted == Verdict::unknown) {
    open_gap(monitor, at, check.outcome);
  } else if (monitor.unobserved) {
    database_
        .statement("UPDATE gaps SET until = max(since, ?2) WHERE monitor = ?1 AND until IS NULL")
        .with(monitor.id, at)
        .run();
    monitor.unobserved = false;
  }
}

void SqliteHistory::put(const TransitionRecord& one) {
  const std::int64_t monitor = known(one.monitor).id;
  const std::int64_t at = column(one.at);
  database_
      .statement(
          "INSERT INTO transitions (monitor, at, before, after, reason, incident) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .with(monitor, at, name(one.from), name(one.to), one.reason, one.incident)
      .run();
  database_.statement("UPDATE monitors SET status = ?2, since = ?3 WHERE id = ?1")
      .with(monitor, name(one.to), at)
      .run();
  if (one.to == Status::down) {
    database_
        .statement(
            "INSERT INTO incidents (id, monitor, first_failure, down, cause) "
            "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING")
        .with(one.incident, monitor, column(one.first_failure), at, one.cause)
        .run();
  } else if (one.from == Status::down) {
    database_.statement("UPDATE incidents SET ended = ?2 WHERE id = ?1")
        .with(one.incident, at)
        .run();
  }
}

void SqliteHistory::put(const NoticeRecord& one) {
  const Notice& notice = *one.notice;
  database_
      .statement(
          "INSERT INTO notices (id, alert, incident, monitor, kind, stage, attempts, reason, "
          "detail, created, updated, next_attempt) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
          "ON CONFLICT (id, alert) DO UPDATE SET stage = excluded.stage, "
          "attempts = max(attempts, excluded.attempts), detail = excluded.detail, "
          "updated = excluded.updated, next_attempt = excluded.next_attempt")
      .with(notice.id, one.alert, notice.incident, notice.monitor, name(notice.kind),
            name(one.stage), one.attempt, notice.reason, valid_utf8(one.detail),
            column(notice.created), column(one.at), column(one.next_attempt))
      .run();
}

void SqliteHistory::put(const UnobservedRecord& one) {
  open_gap(known(one.monitor), column(one.since), one.reason);
}

void SqliteHistory::put(const ClosedRecord& one) {
  database_.statement("UPDATE incidents SET ended = ?2, closed = ?3 WHERE id = ?1")
      .with(one.incident, column(one.at), one.reason)
      .run();
}

void SqliteHistory::put(const RepairRecord& one) {
  const std::string output = valid_utf8(without_line_ends(one.output));
  database_
      .statement(
          "INSERT INTO repairs (monitor, at, duration, step, attempt, outcome, output) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
      .with(known(one.monitor).id, column(one.at), column(one.took), one.step, one.attempt,
            valid_utf8(one.outcome), first_bytes(output, kKeptOutput))
      .run();
}

void SqliteHistory::put(const HeldRecord& one) {
  database_
      .statement(
          "INSERT INTO held (monitor, at, kind, incident, reason) VALUES (?1, ?2, ?3, ?4, ?5)")
      .with(known(one.monitor).id, column(one.at), name(one.kind), one.incident, one.reason)
      .run();
}

void SqliteHistory::put(const OverlayRecord& one) {
  Known& monitor = known(one.monitor);
  const bool set = one.what == RecordOverlay::What::set;
  database_
      .statement(
          "UPDATE overlays SET ended = ?3, end = ?4 WHERE monitor = ?1 AND kind = ?2 "
          "AND ended IS NULL")
      .with(monitor.id, name(one.kind), column(one.at), set ? "replaced" : one.reason)
      .run();
  if (!set) return;
  database_
      .statement(
          "INSERT INTO overlays (monitor, kind, since, until, author, note) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .with(monitor.id, name(one.kind), column(one.overlay.since), column(one.overlay.until),
            one.overlay.by, one.overlay.note)
      .run();
  if (one.kind == OverlayKind::pause) open_gap(monitor, column(one.at), one.reason);
}

void SqliteHistory::put(const StateChange& change) {
  const Document document = std::visit(ToDocument{}, change);
  if (document.text.empty()) {
    database_.statement("DELETE FROM state WHERE kind = ?1 AND name = ?2")
        .with(document.kind, document.name)
        .run();
    return;
  }
  database_
      .statement(
          "INSERT INTO state (kind, name, document) VALUES (?1, ?2, ?3) "
          "ON CONFLICT (kind, name) DO UPDATE SET document = excluded.document")
      .with(document.kind, document.name, document.text)
      .run();
}

}  // namespace minitor
