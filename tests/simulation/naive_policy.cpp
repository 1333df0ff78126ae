#include "tests/simulation/naive_policy.hpp"

#include <cmath>

namespace minitor::simulation {

AlertRules as_rules(const RawRules& raw) {
  AlertRules rules;
  if (raw.after_for > Duration::zero()) {
    rules.after = AfterDuration{raw.after_for};
  } else {
    rules.after = AfterFailures{raw.after};
  }
  if (raw.every_for > Duration::zero()) {
    rules.every = EveryDuration{raw.every_for};
  } else if (raw.every < 0) {
    rules.every = EveryBackoff{};
  } else if (raw.every == 0) {
    rules.every = EveryNever{raw.python};
  } else {
    rules.every = EveryFailures{raw.every};
  }
  return rules;
}

std::optional<NoticeKind> NaivePolicy::check(Verdict verdict, Monotonic due) {
  if (verdict == Verdict::unknown) return std::nullopt;
  checked_ = true;
  if (verdict == Verdict::ok) {
    const bool told = k_ > 0;
    n_ = k_ = a_ = 0;
    if (told) return NoticeKind::recovery;
    return std::nullopt;
  }
  if (n_++ == 0) first_failure_ = due;
  const bool reached = rules_.after_for > Duration::zero()
                           ? due - first_failure_ >= rules_.after_for
                           : n_ >= rules_.after;
  if (a_ == 0 && reached) a_ = n_;
  if (a_ == 0 || !tell(n_ - a_, due)) return std::nullopt;
  last_told_ = due;
  return k_++ == 0 ? NoticeKind::problem : NoticeKind::reminder;
}

bool NaivePolicy::tell(int f, Monotonic due) const {
  if (rules_.every_for > Duration::zero()) return k_ == 0 || due - last_told_ >= rules_.every_for;
  if (rules_.every > 0) return f % rules_.every == 0;
  if (rules_.every == 0) return rules_.python ? f == 1 : f == 0;
  return f >= std::pow(2.0, k_) - 1;
}

Status NaivePolicy::status() const {
  if (!checked_) return Status::unknown;
  if (n_ == 0) return Status::up;
  return a_ == 0 ? Status::failing : Status::down;
}

}  // namespace minitor::simulation
