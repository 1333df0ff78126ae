// The history as it is kept: the one abstract class of this room. Two keep it, one in memory and one
// in SQLite, and one suite of tests says what both must do.
//
// Nothing here is for the loop's thread: `HistoryWriter` writes on its own, `HistoryReader` reads on
// another. Every failure is a HistoryError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "minitor/core/history.hpp"
#include "minitor/core/saved_state.hpp"

namespace minitor {

// How long what is kept; days and what happened (incidents, transitions, notices) are kept for ever,
// as far as `max_bytes` allows.
struct Retention {
  Duration checks = std::chrono::hours{24 * 7};
  Duration minutes = std::chrono::hours{24 * 30};
  Duration hours = std::chrono::hours{24 * 365};
  std::int64_t max_bytes = std::int64_t{1} << 30;
};

// A life of the daemon begins.
struct LifeRecord {
  std::string instance;
  std::string version;
  Timestamp at;
  std::vector<std::string> monitors;  // that are watched from now on
  Renames renamed = {};               // what is called otherwise since the life before
};

// Why nothing is known of a monitor that was taken out.
inline constexpr const char* kNotConfigured = "not in the configuration";
// How what is kept of a monitor is called when its name is wanted by another one that is renamed.
[[nodiscard]] std::string earlier_name(const std::string& name, Timestamp now);

// All or nothing of it is kept.
struct HistoryBatch {
  std::vector<HistoryRecord> records;
  std::vector<StateChange> changes;
  Timestamp now;
  // Survives a loss of power, too: there is a notice in it. Otherwise the end of the process, however
  // sudden, is all that it must survive.
  bool firm = false;
};

class History : public HistoryReads {
 public:
  [[nodiscard]] SavedState load() override = 0;

  // From the last sign of life on, nobody looked: all monitors are unobserved until they are checked.
  virtual void begin(const LifeRecord& life) = 0;
  virtual void write(const HistoryBatch& batch) = 0;
  // The daemon goes, as it should.
  virtual void end(Timestamp now) = 0;

  // One step of tidying up: rolls up, thins out, gives space back. Takes a few milliseconds; true:
  // there is more to do.
  [[nodiscard]] virtual bool tidy(const Retention& retention, Timestamp now) = 0;
};

}  // namespace minitor
