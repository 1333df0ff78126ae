#include "minitor/core/alert_policy.hpp"

#include <limits>

#include "tests/catch.hpp"

using namespace minitor;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

PolicyState after_failures(const AlertRules& rules, int count) {
  PolicyState state;
  for (int i = 0; i < count; ++i)
    state = evaluate(rules, state, {Verdict::failure, later(Moment{}, seconds{30} * i)}).next;
  return state;
}

Step fail_once_more(const AlertRules& rules, const PolicyState& state) {
  return evaluate(rules, state, {Verdict::failure, later(Moment{}, seconds{30} * state.failures)});
}

}  // namespace

TEST_CASE("the arithmetic holds where Minitor's own counters overflow") {
  // 32,768 failures: int16 wraps there in Minitor for Go.
  const AlertRules each{AfterFailures{1}, EveryFailures{1}};
  const PolicyState state = after_failures(each, 40'000);
  CHECK(state.alerts == 40'000);
  const AlertRules backoff{AfterFailures{1}, EveryBackoff{}};
  CHECK(after_failures(backoff, 32'767).alerts == 15);
  CHECK(fail_once_more(backoff, after_failures(backoff, 32'767)).notice == NoticeKind::reminder);
}

TEST_CASE("a count that cannot grow any more stays, and nothing overflows") {
  PolicyState state;
  state.status = Status::down;
  state.failures = std::numeric_limits<int>::max();
  state.failures_at_down = 1;
  state.alerts = 31;
  for (const AlertEvery& every :
       {AlertEvery{EveryBackoff{}}, AlertEvery{EveryNever{}}, AlertEvery{EveryFailures{2}},
        AlertEvery{EveryDuration{minutes{1}}}}) {
    const Step step = evaluate({AfterFailures{1}, every}, state, {Verdict::failure, Moment{}});
    CHECK(step.next.failures == std::numeric_limits<int>::max());
    CHECK(step.next.status == Status::down);
  }
}

TEST_CASE("what cannot be told changes nothing at all") {
  const AlertRules rules{AfterFailures{3}, EveryBackoff{}};
  for (const int failures : {0, 1, 3, 7}) {
    const PolicyState state = after_failures(rules, failures);
    const Step step = evaluate(rules, state, {Verdict::unknown, later(Moment{}, minutes{60})});
    CHECK(step.next == state);
    CHECK_FALSE(step.transition);
    CHECK_FALSE(step.notice);
    CHECK(step.reason.code == ReasonCode::observers_fault);
  }
}

TEST_CASE("a step says why, with the figures that decided") {
  const AlertRules count{AfterFailures{3}, EveryBackoff{}};
  CHECK(describe(fail_once_more(count, after_failures(count, 0)).reason, count) ==
        "failed once, not yet alert_after: 3");
  CHECK(describe(fail_once_more(count, after_failures(count, 2)).reason, count) ==
        "failed 3 times in a row (alert_after: 3)");
  CHECK(describe(fail_once_more(count, after_failures(count, 3)).reason, count) ==
        "still failing after 4 failures (alert_every: -1)");
  CHECK(describe(fail_once_more(count, after_failures(count, 4)).reason, count) ==
        "failed 5 times, told 2 times, no reminder due (alert_every: -1)");
  const AlertRules at_once{AfterFailures{1}, EveryBackoff{}};
  CHECK(describe(fail_once_more(at_once, {}).reason, at_once) == "failed once (alert_after: 1)");
  const AlertRules time{AfterDuration{minutes{1}}, EveryDuration{minutes{90}}};
  CHECK(describe(fail_once_more(time, after_failures(time, 2)).reason, time) ==
        "failing for 1 min (alert_after: 1m)");
  CHECK(describe(time.every) == "1h30m");
}
