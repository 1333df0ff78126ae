// Minitor's alert arithmetic, written a second time from its description and not from the engine's
// code: n failures in a row, a = alert_after, k alerts sent in this outage, f = n - a.
#pragma once

#include <optional>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/core/status.hpp"

namespace minitor::simulation {

// As a user writes them; a duration that is not zero stands instead of the count.
struct RawRules {
  int after = 1;
  Duration after_for{};
  int every = -1;
  Duration every_for{};
  bool python = false;
};

[[nodiscard]] AlertRules as_rules(const RawRules& raw);

class NaivePolicy {
 public:
  explicit NaivePolicy(RawRules rules) : rules_(rules) {}

  // What somebody is to be told after a check that was due then.
  std::optional<NoticeKind> check(Verdict verdict, Monotonic due);

  [[nodiscard]] Status status() const;
  [[nodiscard]] int failures() const { return n_; }
  [[nodiscard]] int alerts() const { return k_; }

 private:
  [[nodiscard]] bool tell(int f, Monotonic due) const;

  RawRules rules_;
  bool checked_ = false;
  int n_ = 0;
  int k_ = 0;
  int a_ = 0;  // 0 while alert_after is not reached
  Monotonic first_failure_{};
  Monotonic last_told_{};
};

}  // namespace minitor::simulation
