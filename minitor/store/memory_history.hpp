// The history in memory: `history: memory`, and what the other one is tested against. It keeps the
// last of everything and computes what it is asked for. One writes while others read.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "minitor/store/history.hpp"

namespace minitor {

// Kept of each monitor, and of all together.
inline constexpr std::size_t kChecksInMemory = 500;
inline constexpr std::size_t kTransitionsInMemory = 500;
inline constexpr std::size_t kIncidentsInMemory = 1000;
inline constexpr std::size_t kNoticesInMemory = 5000;
inline constexpr std::size_t kRepairsInMemory = 1000;
inline constexpr std::size_t kHeldInMemory = 1000;
inline constexpr std::size_t kOverlaysInMemory = 1000;

class MemoryHistory final : public History {
 public:
  [[nodiscard]] SavedState load() override;
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
  struct Check {
    CheckRow row;
    Verdict counted{};
  };
  struct Kept {
    MonitorRow row;
    std::deque<Check> checks;
    Status before = Status::unknown;  // the oldest change that is kept
    std::deque<Change> changes;
    std::deque<Gap> gaps;
  };
  void put(const CheckRecord& check);
  void put(const TransitionRecord& one);
  void put(const NoticeRecord& one);
  void put(const ClosedRecord& one);
  void put(const WatchedRecord& one);
  void end_overlays_of_the_gone(Timestamp now);
  void rename(const Renames& renames, Timestamp now);
  void rename(const std::string& from, const std::string& to);
  void put(const RepairRecord& one);
  void put(const HeldRecord& one);
  void put(const UnobservedRecord& one);
  void put(const OverlayRecord& one);
  Kept& kept(const std::string& monitor);
  static void open_gap(Kept& monitor, Timestamp since, const std::string& reason);

  std::mutex mutex_;
  std::map<std::string, Kept> monitors_;
  std::deque<IncidentRow> incidents_;
  std::deque<NoticeRow> notices_;
  std::deque<RepairRow> repairs_;
  std::deque<HeldRow> held_;
  std::deque<OverlayRow> overlays_;
  SavedState state_;
  std::optional<Timestamp> alive_;
  std::int64_t last_id_ = 0;      // of a check
  std::int64_t last_number_ = 0;  // of everything else
};

}  // namespace minitor
