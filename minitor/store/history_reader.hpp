// Reads on a thread of its own, so that the loop never waits for a disk. The thread and its connection
// come to life with the first question; a daemon whose page nobody looks at has neither.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "minitor/core/history.hpp"

namespace minitor {

// Questions that wait; more are answered at once with an error.
inline constexpr std::size_t kMostQuestions = 64;

class HistoryReader {
 public:
  using Open = std::function<std::shared_ptr<HistoryReads>()>;
  // Runs something on the loop's thread.
  using Post = std::function<void(std::function<void()>)>;

  HistoryReader(Open open, Post post) : open_(std::move(open)), post_(std::move(post)) {}
  HistoryReader(const HistoryReader&) = delete;
  HistoryReader& operator=(const HistoryReader&) = delete;
  // Waits for the question that is being answered; the others are dropped, their `done` with them.
  ~HistoryReader();

  // `work` runs on the reader's thread, `done` on the loop's after it: with "" when all was read, else
  // with why not, in words for the user. Questions are answered in their order.
  void ask(HistoryWork work, HistoryDone done);

 private:
  struct Question {
    HistoryWork work;
    HistoryDone done;
  };
  void run();
  [[nodiscard]] std::string answer(const HistoryWork& work);

  Open open_;
  Post post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;
  bool stopping_ = false;
  std::shared_ptr<HistoryReads> history_;  // of the thread alone
  std::thread thread_;
};

}  // namespace minitor
