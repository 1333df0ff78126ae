#include "minitor/core/alert_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace minitor {
namespace {

// 2^k - 1 would overflow beyond this; nothing ever fails so often.
constexpr int kMaxBackoffSteps = 30;

bool threshold_reached(const AlertAfter& after, const PolicyState& state, const Moment& due) {
  if (const auto* failures = std::get_if<AfterFailures>(&after))
    return state.failures >= failures->count;
  return due.monotonic - state.first_failure.monotonic >= std::get<AfterDuration>(after).duration;
}

struct NoticeDue {
  const PolicyState& state;
  Monotonic now;

  [[nodiscard]] int since_down() const { return state.failures - state.failures_at_down; }

  bool operator()(const EveryBackoff&) const {
    const int steps = std::min(state.alerts + state.withheld, kMaxBackoffSteps);
    return since_down() >= (1 << steps) - 1;
  }
  bool operator()(const EveryNever& never) const { return since_down() == (never.late ? 1 : 0); }
  bool operator()(const EveryFailures& every) const { return since_down() % every.count == 0; }
  bool operator()(const EveryDuration& every) const {
    return state.alerts == 0 || now - state.last_alert >= every.duration;
  }
};

Step fail(const AlertRules& rules, const PolicyState& state, const CheckResult& check) {
  Step step{state, false, std::nullopt, {}};
  PolicyState& next = step.next;
  if (next.failures == 0) next.first_failure = check.due;
  if (next.failures < std::numeric_limits<int>::max()) ++next.failures;
  next.successes = 0;

  if (next.status != Status::down) {
    if (threshold_reached(rules.after, next, check.due)) {
      next.status = Status::down;
      next.failures_at_down = next.failures;
      step.reason.code = ReasonCode::threshold_reached;
    } else {
      next.status = Status::failing;
      step.reason.code = ReasonCode::not_yet;
    }
  }
  if (next.status == Status::down) {
    if (next.owed || std::visit(NoticeDue{next, check.due.monotonic}, rules.every)) {
      step.notice = next.alerts == 0 ? NoticeKind::problem : NoticeKind::reminder;
      if (next.alerts > 0) step.reason.code = ReasonCode::reminder_due;
      ++next.alerts;
      next.last_alert = check.due.monotonic;
      if (next.alerts == 1) step.reason.code = ReasonCode::threshold_reached;
      if (next.owed) {
        step.reason.code = ReasonCode::told_late;
        next.failures_at_down = next.failures;
        next.owed = false;
      }
    } else if (state.status == Status::down) {
      step.reason.code = ReasonCode::waiting;
    }
  }
  step.reason.failures = next.failures;
  step.reason.alerts = next.alerts;
  step.reason.failing_for = check.due.monotonic - next.first_failure.monotonic;
  return step;
}

bool back_again(const AlertAfter& after, const PolicyState& state, const Moment& due) {
  if (const auto* successes = std::get_if<AfterFailures>(&after))
    return state.successes >= successes->count;
  return due.monotonic - state.first_success.monotonic >= std::get<AfterDuration>(after).duration;
}

Step succeed(const AlertRules& rules, const PolicyState& state, const CheckResult& check) {
  Step step{state, false, std::nullopt, {}};
  PolicyState& next = step.next;
  if (state.status == Status::down) {
    if (next.successes++ == 0) next.first_success = check.due;
    if (!back_again(rules.recover_after, next, check.due)) {
      step.reason = {ReasonCode::recovering, next.successes, state.alerts,
                     check.due.monotonic - next.first_success.monotonic};
      return step;
    }
  }
  step.reason.failures = state.failures;
  step.reason.alerts = state.alerts;
  if (state.failures > 0)
    step.reason.failing_for = check.due.monotonic - state.first_failure.monotonic;
  if (state.alerts > 0) {
    step.notice = NoticeKind::recovery;
    step.reason.code = ReasonCode::recovered;
  } else if (state.failures > 0) {
    step.reason.code = ReasonCode::recovered_quietly;
  } else {
    step.reason.code =
        state.status == Status::up ? ReasonCode::still_up : ReasonCode::first_success;
  }
  next.status = Status::up;
  next.failures = 0;
  next.failures_at_down = 0;
  next.alerts = 0;
  next.owed = false;
  next.withheld = 0;
  next.successes = 0;
  next.last_success = check.due.wall;
  return step;
}

}  // namespace

Step evaluate(const AlertRules& rules, const PolicyState& state, const CheckResult& check) {
  Step step;
  switch (check.verdict) {
    case Verdict::ok: step = succeed(rules, state, check); break;
    case Verdict::warning:
      step = rules.warnings ? fail(rules, state, check) : succeed(rules, state, check);
      break;
    case Verdict::failure: step = fail(rules, state, check); break;
    case Verdict::unknown:
      step = {state,
              false,
              std::nullopt,
              {ReasonCode::observers_fault, state.failures, state.alerts, {}}};
      break;
  }
  step.transition = step.next.status != state.status;
  return step;
}

Step withheld(Step step, const PolicyState& state) {
  PolicyState& next = step.next;
  if (step.notice == NoticeKind::problem) {
    next.owed = true;
    next.failures_at_down =
        state.status == Status::down ? state.failures_at_down : step.next.failures;
  } else if (step.notice == NoticeKind::reminder) {
    ++next.withheld;
  }
  if (step.notice != NoticeKind::recovery) {
    next.alerts = state.alerts;
    next.last_alert = state.last_alert;
  }
  step.notice.reset();
  return step;
}

Step put_off(Step step, const PolicyState& state, ReasonCode code) {
  step = withheld(step, state);
  if (state.status == Status::down) return step;
  step.next.owed = false;
  step.next.status = Status::failing;
  step.next.failures_at_down = 0;
  step.transition = state.status != Status::failing;
  step.reason.code = code;
  return step;
}

Step told_late(const PolicyState& state, Moment now) {
  Step step{state, state.status != Status::down, NoticeKind::problem, {}};
  PolicyState& next = step.next;
  next.status = Status::down;
  next.owed = false;
  next.alerts = 1;
  next.last_alert = now.monotonic;
  next.failures_at_down = next.failures;
  const auto code = step.transition ? ReasonCode::threshold_reached : ReasonCode::told_late;
  step.reason = {code, next.failures, next.alerts, now.monotonic - next.first_failure.monotonic};
  return step;
}

std::string describe(const AlertAfter& after) {
  if (const auto* failures = std::get_if<AfterFailures>(&after))
    return fmt::format("{}", failures->count);
  return format_duration(std::get<AfterDuration>(after).duration);
}

std::string describe(const AlertEvery& every) {
  struct Visitor {
    std::string operator()(const EveryBackoff&) const { return "-1"; }
    std::string operator()(const EveryNever&) const { return "0"; }
    std::string operator()(const EveryFailures& value) const {
      return fmt::format("{}", value.count);
    }
    std::string operator()(const EveryDuration& value) const {
      return format_duration(value.duration);
    }
  };
  return std::visit(Visitor{}, every);
}

std::string describe(const Reason& reason, const AlertRules& rules) {
  const auto times = [](int count) {
    return count == 1 ? std::string{"once"} : fmt::format("{} times", count);
  };
  const std::string after = describe(rules.after);
  switch (reason.code) {
    case ReasonCode::still_up: return "ok";
    case ReasonCode::first_success: return "the first check was ok";
    case ReasonCode::not_yet:
      return fmt::format("failed {}, not yet alert_after: {}", times(reason.failures), after);
    case ReasonCode::threshold_reached:
      if (std::holds_alternative<AfterDuration>(rules.after)) {
        return fmt::format("failing for {} (alert_after: {})", human_duration(reason.failing_for),
                           after);
      }
      return fmt::format("failed {}{} (alert_after: {})", times(reason.failures),
                         reason.failures == 1 ? "" : " in a row", after);
    case ReasonCode::waiting:
      return fmt::format("failed {}, told {}, no reminder due (alert_every: {})",
                         times(reason.failures), times(reason.alerts), describe(rules.every));
    case ReasonCode::reminder_due:
      return fmt::format("still failing after {} failures (alert_every: {})", reason.failures,
                         describe(rules.every));
    case ReasonCode::recovered:
      return fmt::format("ok again after {} failed check{}", reason.failures,
                         reason.failures == 1 ? "" : "s");
    case ReasonCode::recovered_quietly:
      return fmt::format("ok again after {} failed check{}, before anyone was told",
                         reason.failures, reason.failures == 1 ? "" : "s");
    case ReasonCode::recovering:
      return fmt::format("ok {}, not yet recover_after: {}", times(reason.failures),
                         describe(rules.recover_after));
    case ReasonCode::repairing:
      return fmt::format("failed {} (alert_after: {}), a repair is tried first",
                         times(reason.failures), after);
    case ReasonCode::asking:
      return fmt::format("failed {} (alert_after: {}), what it depends on is checked first",
                         times(reason.failures), after);
    case ReasonCode::told_late:
      return fmt::format("failing for {}, was held back until now",
                         human_duration(reason.failing_for));
    case ReasonCode::observers_fault:
      return "the check could not be made; nothing is concluded from it";
  }
  return {};
}

}  // namespace minitor
