#include "minitor/store/history_reader.hpp"

#include <utility>

namespace minitor {

HistoryReader::~HistoryReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    questions_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void HistoryReader::ask(HistoryWork work, HistoryDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (questions_.size() < kMostQuestions) {
      questions_.push_back({std::move(work), std::move(done)});
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      wake_.notify_one();
      return;
    }
  }
  post_([done = std::move(done)] { done("too many questions wait for the history"); });
}

void HistoryReader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    std::string error = answer(question.work);
    // What the work holds is let go of where it was made.
    post_([question = std::move(question), error = std::move(error)] { question.done(error); });
    lock.lock();
  }
}

std::string HistoryReader::answer(const HistoryWork& work) {
  try {
    if (!history_) history_ = open_();
    work(*history_);
    return {};
  } catch (const HistoryError& error) {
    history_.reset();  // the file may be another one by now
    return error.what();
  }
}

}  // namespace minitor
