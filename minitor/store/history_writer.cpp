#include "minitor/store/history_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "minitor/store/database.hpp"

namespace minitor {
namespace {

std::size_t bytes_of(const HistoryRecord& record) {
  const auto* check = std::get_if<CheckRecord>(&record);
  return check != nullptr ? check->output.size() : 0;
}

// What a later change takes the place of.
struct KeyOf {
  std::pair<int, std::string> operator()(const SavedLife&) const { return {0, ""}; }
  std::pair<int, std::string> operator()(const SavedMonitor& one) const { return {1, one.name}; }
  std::pair<int, std::string> operator()(const ForgetMonitor& one) const { return {1, one.name}; }
  std::pair<int, std::string> operator()(const SavedIncident& one) const { return {2, one.id}; }
  std::pair<int, std::string> operator()(const ForgetIncident& one) const { return {2, one.id}; }
  std::pair<int, std::string> operator()(const SavedLock& one) const { return of(one.key); }
  std::pair<int, std::string> operator()(const ForgetLock& one) const { return of(one.key); }
  std::pair<int, std::string> operator()(const SavedAlert& one) const { return {3, one.name}; }
  std::pair<int, std::string> operator()(const ForgetAlert& one) const { return {3, one.name}; }
  std::pair<int, std::string> operator()(const SavedBlindness& one) const {
    return of(one.cause, one.scope);
  }
  std::pair<int, std::string> operator()(const ForgetBlindness& one) const {
    return of(one.cause, one.scope);
  }

 private:
  static std::pair<int, std::string> of(const RepairLockKey& key) {
    return {4, (key.first ? "shared " : "own ") + key.second};
  }
  static std::pair<int, std::string> of(BlindCause cause, const std::string& scope) {
    return {5, std::string{name(cause)} + " " + scope};
  }
};

}  // namespace

HistoryWriter::HistoryWriter(std::shared_ptr<History> history, Retention retention, LifeRecord life,
                             Listener listener, Reopen reopen)
    : history_(std::move(history)),
      retention_(retention),
      life_(std::move(life)),
      listener_(std::move(listener)),
      reopen_(std::move(reopen)),
      now_(life_.at),
      next_tidy_(Clock::now() + kTidyEvery),
      thread_([this] { run(); }) {}

HistoryWriter::~HistoryWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::uint64_t HistoryWriter::submit(std::vector<HistoryRecord> records,
                                    std::vector<StateChange> changes, Timestamp now, bool urgent) {
  std::uint64_t number = 0;
  bool wake = urgent;
  {
    const std::lock_guard lock(mutex_);
    if (records_.empty() && changes_.empty()) {
      first_waits_since_ = Clock::now();
      wake = true;
    }
    for (HistoryRecord& record : records) {
      bytes_ += bytes_of(record);
      records_.push_back(std::move(record));
    }
    for (StateChange& change : changes) {
      Key key = std::visit(KeyOf{}, change);
      changes_.insert_or_assign(std::move(key), std::move(change));
    }
    make_room();
    now_ = now;
    urgent_ = urgent_ || urgent;
    number = ++submitted_;
  }
  if (wake) wake_.notify_one();
  return number;
}

// A part of the oldest goes at once: one by one would cost as much as writing them.
void HistoryWriter::make_room() {
  if (records_.size() <= kMostWaiting && bytes_ <= kMostWaitingBytes) return;
  const auto gone = static_cast<std::ptrdiff_t>(records_.size() / 8 + 1);
  for (auto one = records_.begin(); one != records_.begin() + gone; ++one) bytes_ -= bytes_of(*one);
  // What monitors are called from now on is not to be lost.
  const auto kept = std::stable_partition(
      records_.begin(), records_.begin() + gone,
      [](const HistoryRecord& one) { return std::holds_alternative<WatchedRecord>(one); });
  dropped_ += static_cast<std::uint64_t>(records_.begin() + gone - kept);
  records_.erase(kept, records_.begin() + gone);
}

HistoryWriter::Figures HistoryWriter::figures() const {
  const std::lock_guard lock(mutex_);
  return {records_.size(), written_, dropped_, batches_, failing_, trouble_};
}

HistoryWriter::Clock::time_point HistoryWriter::next_turn() const {
  if (failing_) return next_try_;
  if (urgent_ || !begun_) return Clock::time_point{};
  auto next = std::min(next_tidy_, next_sign_of_life_);
  if (!records_.empty() || !changes_.empty())
    next = std::min(next, first_waits_since_ + kBatchTime);
  return next;
}

void HistoryWriter::run() {
  Lock lock(mutex_);
  while (!stopping_) {
    const auto next = next_turn();
    if (Clock::now() < next) {
      wake_.wait_until(lock, next);
      continue;
    }
    const bool tidies = begun_ && !failing_ && !urgent_ && Clock::now() >= next_tidy_;
    if (tidies) {
      tidy(lock);
    } else {
      write_batch(lock);
    }
  }
  write_batch(lock);
  if (failing_ || !history_) return;
  const Timestamp now = now_;
  lock.unlock();
  try {
    history_->end(now);
  } catch (const HistoryError& error) {
    tell(listener_.trouble, fmt::format("the history could not be closed: {}", error.what()));
  }
}

void HistoryWriter::write_batch(Lock& lock) {
  HistoryBatch batch;
  batch.records = std::exchange(records_, {});
  bytes_ = 0;
  for (auto& [key, change] : changes_) batch.changes.push_back(std::move(change));
  changes_.clear();
  batch.firm = std::exchange(urgent_, false);
  const std::uint64_t number = submitted_;
  batch.now = now_;
  if (!stopping_) {
    batch.now =
        std::max(now_, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  }
  lock.unlock();
  const std::string error = try_to_write(batch);
  lock.lock();
  trouble_ = error;
  if (error.empty()) {
    ++batches_;
    written_ += batch.records.size();
    next_sign_of_life_ = Clock::now() + kAliveEvery;
    retry_ = kFirstRetry;
    const bool healed = failing_.exchange(false);
    const std::uint64_t missing = dropped_ - dropped_when_failed_;
    lock.unlock();
    if (healed) {
      tell(listener_.healed,
           missing == 0
               ? std::string{"the history is written again; nothing is missing"}
               : fmt::format("the history is written again; {} records are missing", missing));
    }
    if (listener_.written) listener_.written(number);
    lock.lock();
    return;
  }
  give_back(std::move(batch));
  const bool first = !failing_.exchange(true);
  if (first) dropped_when_failed_ = dropped_;
  next_try_ = Clock::now() + retry_;
  retry_ = std::min(retry_ * 2, kLongestRetry);
  lock.unlock();
  if (first) {
    tell(
        listener_.trouble,
        fmt::format("the history cannot be written: {}; checks and alerts go on, and what is to be "
                    "written waits in memory",
                    error));
  }
  // Nobody is to wait for what does not come.
  if (listener_.written) listener_.written(number);
  lock.lock();
}

// Empty: it is written. Otherwise why not.
std::string HistoryWriter::try_to_write(const HistoryBatch& batch) {
  try {
    if (!history_) {
      OpenedHistory opened = reopen_();
      history_ = std::move(opened.history);
      begun_ = false;
      if (!opened.warning.empty()) tell(listener_.started_anew, std::move(opened.warning));
    }
    if (!begun_) {
      history_->begin(life_);
      begun_ = true;
    }
    history_->write(batch);
    for (const HistoryRecord& record : batch.records) {
      const auto* watched = std::get_if<WatchedRecord>(&record);
      if (watched == nullptr) continue;
      life_.monitors = watched->monitors;  // for a file that is begun anew
      life_.renamed.clear();
    }
    return {};
  } catch (const DatabaseDamaged& error) {
    history_.reset();  // and is opened anew with the next try
    return error.what();
  } catch (const HistoryError& error) {
    return error.what();
  }
}

// What was not written waits again, before what came meanwhile; of the state the later one counts.
void HistoryWriter::give_back(HistoryBatch batch) {
  batch.records.insert(batch.records.end(), std::make_move_iterator(records_.begin()),
                       std::make_move_iterator(records_.end()));
  records_ = std::move(batch.records);
  bytes_ = 0;
  for (const HistoryRecord& record : records_) bytes_ += bytes_of(record);
  for (StateChange& change : batch.changes) {
    Key key = std::visit(KeyOf{}, change);
    changes_.try_emplace(std::move(key), std::move(change));
  }
  make_room();
}

void HistoryWriter::tidy(Lock& lock) {
  const Timestamp now = now_;
  lock.unlock();
  bool more = false;
  std::string error;
  try {
    more = history_->tidy(retention_, now);
  } catch (const HistoryError& caught) {
    // Writing meets the same trouble and says so.
    error = caught.what();
  }
  lock.lock();
  // A step at a time: between two of them what waits is written.
  next_tidy_ = Clock::now() + (more ? Duration{std::chrono::milliseconds{20}} : kTidyEvery);
}

void HistoryWriter::tell(const std::function<void(std::string)>& listener,
                         std::string words) const {
  if (listener) listener(std::move(words));
}

}  // namespace minitor
