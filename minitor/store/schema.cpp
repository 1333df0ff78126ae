#include "minitor/store/schema.hpp"

#include <fmt/format.h>

#include <array>

#include "minitor/store/open_history.hpp"

namespace minitor {
namespace {

// Times are milliseconds since 1970 in UTC, durations microseconds.
constexpr const char* kFirst = R"sql(
CREATE TABLE lives (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  version TEXT NOT NULL,
  started INTEGER NOT NULL,
  alive INTEGER NOT NULL,
  ended INTEGER
);
CREATE TABLE monitors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  watched INTEGER NOT NULL DEFAULT 1,
  status TEXT NOT NULL DEFAULT 'unknown',
  since INTEGER NOT NULL DEFAULT 0,
  last_check INTEGER,
  last_success INTEGER,
  last_verdict TEXT NOT NULL DEFAULT 'unknown',
  last_duration INTEGER NOT NULL DEFAULT 0,
  last_outcome TEXT NOT NULL DEFAULT '',
  last_output TEXT NOT NULL DEFAULT ''
);
CREATE TABLE checks (
  id INTEGER PRIMARY KEY,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  counted TEXT NOT NULL,
  manual INTEGER NOT NULL,
  output_cut INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  output TEXT NOT NULL,
  perfdata TEXT NOT NULL
);
CREATE INDEX checks_of_monitor ON checks (monitor, at);
CREATE TABLE transitions (
  id INTEGER PRIMARY KEY,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  reason TEXT NOT NULL,
  incident TEXT NOT NULL
);
CREATE INDEX transitions_of_monitor ON transitions (monitor, at);
CREATE TABLE gaps (
  id INTEGER PRIMARY KEY,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  since INTEGER NOT NULL,
  until INTEGER,
  reason TEXT NOT NULL
);
CREATE INDEX gaps_of_monitor ON gaps (monitor, since);
CREATE TABLE incidents (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  first_failure INTEGER NOT NULL,
  down INTEGER NOT NULL,
  ended INTEGER,
  cause TEXT NOT NULL,
  closed TEXT NOT NULL DEFAULT ''
);
CREATE INDEX incidents_of_monitor ON incidents (monitor, down);
CREATE TABLE notices (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  alert TEXT NOT NULL,
  incident TEXT NOT NULL,
  monitor TEXT NOT NULL,
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  next_attempt INTEGER,
  UNIQUE (id, alert)
);
CREATE INDEX notices_of_incident ON notices (incident);
CREATE INDEX notices_of_monitor ON notices (monitor, created);
CREATE TABLE minutes (
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  total INTEGER NOT NULL,
  shortest INTEGER NOT NULL,
  longest INTEGER NOT NULL,
  PRIMARY KEY (monitor, at)
) WITHOUT ROWID;
CREATE TABLE hours (
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  total INTEGER NOT NULL,
  shortest INTEGER NOT NULL,
  longest INTEGER NOT NULL,
  PRIMARY KEY (monitor, at)
) WITHOUT ROWID;
CREATE TABLE days (
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  total INTEGER NOT NULL,
  shortest INTEGER NOT NULL,
  longest INTEGER NOT NULL,
  up INTEGER,
  down INTEGER,
  PRIMARY KEY (monitor, at)
) WITHOUT ROWID;
CREATE TABLE progress (
  what TEXT PRIMARY KEY,
  done INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE state (
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (kind, name)
) WITHOUT ROWID;
)sql";

constexpr const char* kRepairsAndHeld = R"sql(
CREATE TABLE repairs (
  number INTEGER PRIMARY KEY,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  step INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  output TEXT NOT NULL
);
CREATE INDEX repairs_of_monitor ON repairs (monitor, number);
CREATE TABLE held (
  number INTEGER PRIMARY KEY,
  monitor INTEGER NOT NULL REFERENCES monitors (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  incident TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX held_of_monitor ON held (monitor, number);
)sql";

constexpr std::array kSteps{kFirst, kRepairsAndHeld};
static_assert(kSteps.size() == kSchemaVersion);

void require_ours(Database& database) {
  const std::int64_t owner = database.number("PRAGMA application_id");
  if (owner != kApplicationId && owner != 0)
    throw HistoryRefused("the file is the database of another program");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw HistoryRefused(
        fmt::format("the file was written by a newer minitor (schema {}, this one knows {}); use "
                    "that one, or another file",
                    version, kSchemaVersion));
  }
}

}  // namespace

void prepare_schema(Database& database) {
  require_ours(database);
  if (database.number("PRAGMA application_id") == 0 &&
      database.number("SELECT count(*) FROM sqlite_schema") > 0) {
    throw HistoryRefused("the file is the database of another program");
  }
  // Takes effect while the file is empty only.
  if (database.number("PRAGMA user_version") == 0)
    database.execute("PRAGMA auto_vacuum = INCREMENTAL");
  database.execute("PRAGMA journal_mode = WAL");
  for (auto version = static_cast<std::size_t>(database.number("PRAGMA user_version"));
       version < kSteps.size(); ++version) {
    Transaction step(database);
    database.execute(kSteps[version]);
    database.execute(fmt::format("PRAGMA user_version = {}; PRAGMA application_id = {}",
                                 version + 1, kApplicationId));
    step.commit();
  }
}

void require_schema(Database& database) {
  require_ours(database);
  if (database.number("PRAGMA user_version") < kSchemaVersion)
    throw HistoryError(
        "the file is no history, or of an older minitor that has to be started once");
}

}  // namespace minitor
