// A made-up past: lives of a daemon, checks that go well and badly, and what follows from them. Told
// to one or more histories in the same words, and remembered as the plainest thing there is: who was
// what in which millisecond.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "minitor/store/history.hpp"

namespace minitor::store_test {

class Past {
 public:
  explicit Past(unsigned seed) : chance_(seed) {}

  // So many checks in several lives, written to all of `histories` in batches.
  void live(const std::vector<History*>& histories, int checks);

  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // From the raw checks alone: a check counts until the next one of its monitor that could tell, or
  // until the daemon is gone.
  [[nodiscard]] Uptime naive_uptime(const std::string& monitor, TimeRange range) const;

 private:
  struct Fact {
    Timestamp at;
    Stretch::Kind kind{};
  };
  struct One {
    Status status = Status::unknown;
    int failures = 0;
    Timestamp first_failure;
    std::string incident;
    std::vector<Fact> facts;
  };
  int number(int low, int high) { return std::uniform_int_distribution<>(low, high)(chance_); }
  void check(const std::string& name, HistoryBatch& batch);
  void lay_over(const std::string& name, HistoryBatch& batch);
  void begin(const std::vector<History*>& histories);
  void flush(const std::vector<History*>& histories, HistoryBatch& batch);

  std::mt19937 chance_;
  Timestamp now_{std::chrono::seconds{1795219200}};
  Timestamp alive_ = now_;
  std::vector<std::string> names_{"blog", "shop", "it's \"odd\" %", "Zürich"};
  std::map<std::string, One> monitors_;
  int lives_ = 0;
  int incidents_ = 0;
};

}  // namespace minitor::store_test
