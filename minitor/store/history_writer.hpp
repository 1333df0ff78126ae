// Takes what happened from the loop and writes it on a thread of its own, many records in one
// transaction. The loop never waits for it.
//
// What cannot be written yet waits in memory: of the state only the last of each thing, of the rest
// at most kMostWaiting records. What is more is dropped, counted and said. Whatever goes wrong with
// the disk is said once and tried again; checks and alerts go on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "minitor/store/history.hpp"
#include "minitor/store/open_history.hpp"

namespace minitor {

// Records that wait to be written.
inline constexpr std::size_t kMostWaiting = 20'000;
// And the bytes of output that they may hold.
inline constexpr std::size_t kMostWaitingBytes = std::size_t{16} << 20;
// What is not urgent waits so long for more, to be written together.
inline constexpr Duration kBatchTime = std::chrono::milliseconds{500};
// A sign of life is written at least so often.
inline constexpr Duration kAliveEvery = std::chrono::seconds{30};
// Between two rounds of tidying up.
inline constexpr Duration kTidyEvery = std::chrono::seconds{60};
// After a failure the next try comes after the first of these; it doubles up to the second.
inline constexpr Duration kFirstRetry = std::chrono::milliseconds{500};
inline constexpr Duration kLongestRetry = std::chrono::seconds{30};

class HistoryWriter {
 public:
  // What the writer tells, from its own thread.
  struct Listener {
    // All that was submitted up to this number is written.
    std::function<void(std::uint64_t number)> written;
    // Words for the log.
    std::function<void(std::string words)> trouble;
    std::function<void(std::string words)> healed;
    // The file was damaged and set aside: a new one is begun, and wants the whole state again.
    std::function<void(std::string words)> started_anew;
  };
  // `history` may be null: then it could not be opened yet, and `reopen` is tried like a write.
  // `reopen` also comes after the file was damaged, and sets that one aside.
  using Reopen = std::function<OpenedHistory()>;

  HistoryWriter(std::shared_ptr<History> history, Retention retention, LifeRecord life,
                Listener listener, Reopen reopen);
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;
  // Writes what waits, if that works at once, and ends the life.
  ~HistoryWriter();

  // What one event led to; kept together. `urgent`: write it now. Its number, from 1 on.
  std::uint64_t submit(std::vector<HistoryRecord> records, std::vector<StateChange> changes,
                       Timestamp now, bool urgent);

  // It could not be written the last time it was tried.
  [[nodiscard]] bool failing() const { return failing_; }

  struct Figures {
    std::size_t waiting = 0;    // records
    std::uint64_t written = 0;  // since the start
    std::uint64_t dropped = 0;  // since the start, because too many waited
    std::uint64_t batches = 0;
    bool failing = false;
    std::string trouble = {};  // why the last write failed; empty: it did not
  };
  [[nodiscard]] Figures figures() const;

 private:
  using Key = std::pair<int, std::string>;  // of a change: what kind of thing, which one
  using Lock = std::unique_lock<std::mutex>;

  using Clock = std::chrono::steady_clock;

  void run();
  [[nodiscard]] Clock::time_point next_turn() const;
  void write_batch(Lock& lock);
  [[nodiscard]] std::string try_to_write(const HistoryBatch& batch);
  void give_back(HistoryBatch batch);
  void tidy(Lock& lock);
  void make_room();
  void tell(const std::function<void(std::string)>& listener, std::string words) const;

  std::shared_ptr<History> history_;
  const Retention retention_;
  LifeRecord life_;
  const Listener listener_;
  const Reopen reopen_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<HistoryRecord> records_;
  std::size_t bytes_ = 0;
  std::map<Key, StateChange> changes_;
  std::uint64_t submitted_ = 0;
  Timestamp now_;
  Clock::time_point first_waits_since_;
  bool urgent_ = false;
  bool stopping_ = false;
  std::atomic<bool> failing_ = false;
  std::uint64_t written_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t batches_ = 0;
  std::string trouble_;

  // Of the thread alone.
  bool begun_ = false;
  Duration retry_ = kFirstRetry;
  Clock::time_point next_try_;
  Clock::time_point next_tidy_;
  Clock::time_point next_sign_of_life_;
  std::uint64_t dropped_when_failed_ = 0;
  std::thread thread_;
};

}  // namespace minitor
