// The history in a file of SQLite.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "minitor/store/database.hpp"
#include "minitor/store/history.hpp"

namespace minitor {

// Rows deleted in one step of tidying up, and pages given back: a step is over in milliseconds.
inline constexpr int kRowsPerStep = 2000;
inline constexpr int kPagesPerStep = 256;
// Monitors whose roll-ups are thinned in one step.
inline constexpr int kMonitorsPerStep = 50;
// Checks rolled up in one step.
inline constexpr int kChecksPerStep = 1000;

class SqliteHistory final : public History {
 public:
  // For writing: creates the file and its tables where they are missing. For reading: beside a
  // writer, in this process or in another. Throws HistoryError.
  SqliteHistory(const std::string& path, Database::Mode mode);

  [[nodiscard]] SavedState load() override;
  [[nodiscard]] SavedState load_of(const std::set<std::string>& monitors) override;
  void begin(const LifeRecord& life) override;
  void write(const HistoryBatch& batch) override;
  void end(Timestamp now) override;
  [[nodiscard]] bool tidy(const Retention& retention, Timestamp now) override;

  [[nodiscard]] std::vector<MonitorRow> monitors() override;
  [[nodiscard]] std::vector<CheckRow> checks(const ChecksQuery& query) override;
  [[nodiscard]] std::vector<IncidentRow> incidents(const IncidentsQuery& query) override;
  [[nodiscard]] std::vector<NoticeRow> notices(const NoticesQuery& query) override;
  [[nodiscard]] std::vector<RepairRow> repairs(const PastQuery& query) override;
  [[nodiscard]] std::vector<HeldRow> held(const PastQuery& query) override;
  [[nodiscard]] std::vector<OverlayRow> overlays(const PastQuery& query) override;
  [[nodiscard]] std::map<std::string, Timeline> timelines(const std::string& monitor,
                                                          TimeRange range) override;
  [[nodiscard]] std::vector<Bucket> buckets(const std::string& monitor, TimeRange range,
                                            Resolution resolution) override;

 private:
  struct Known {
    std::int64_t id = 0;
    bool unobserved = false;  // a gap is open
  };
  Known& known(const std::string& monitor);
  void open_gap(Known& monitor, std::int64_t since, const std::string& reason);
  void learn();
  void put(const CheckRecord& check);
  void put(const TransitionRecord& one);
  void put(const NoticeRecord& one);
  void put(const ClosedRecord& one);
  void put(const WatchedRecord& one);
  [[nodiscard]] SavedState load(const std::set<std::string>* monitors);  // null: of all
  void end_overlays_of_the_gone(Timestamp now);
  void rename(const Renames& renames, Timestamp now);
  void rename(const std::string& from, const std::string& to);
  void put(const RepairRecord& one);
  void put(const HeldRecord& one);
  void put(const UnobservedRecord& one);
  void put(const OverlayRecord& one);
  void put(const StateChange& change);
  void alive(Timestamp now);

  bool roll_up();
  bool count_days(Timestamp now);
  bool drop_old_checks(std::int64_t before);
  bool drop_old_buckets(std::int64_t minutes_before, std::int64_t hours_before);
  bool drop_old_transitions(Timestamp now);
  bool keep_within(std::int64_t max_bytes, Timestamp now);
  [[nodiscard]] std::int64_t used_bytes();

  [[nodiscard]] std::optional<std::int64_t> id_of(const std::string& monitor);
  void add_unrolled(std::map<std::int64_t, Bucket>& buckets, std::int64_t monitor, TimeRange range,
                    Resolution resolution);

  Database database_;
  std::unordered_map<std::string, Known> known_;
  std::int64_t life_ = 0;
  std::int64_t thinned_until_ = 0;  // the monitor whose buckets were thinned last
};

}  // namespace minitor
