#include "minitor/daemon/sample_notice.hpp"

namespace minitor {

Notice sample_notice(SampleKind kind, Timestamp now) {
  using std::chrono::minutes;
  Notice notice;
  notice.id = "sample-n1";
  notice.incident = "sample-i1";
  notice.monitor = "Sample Monitor";
  notice.description = "a monitor made up to try this alert with";
  notice.created = now;
  switch (kind) {
    case SampleKind::test:
      notice.kind = NoticeKind::test;
      notice.verdict = Verdict::ok;
      notice.outcome = "exit 0";
      notice.output = "this is only a test\n";
      notice.last_success = now;
      notice.reason = "asked for: a test of this alert";
      break;
    case SampleKind::problem:
      notice.kind = NoticeKind::problem;
      notice.verdict = Verdict::failure;
      notice.outcome = "exit 1";
      notice.output = "connection refused (this is only a sample)\n";
      notice.alert_count = 1;
      notice.failure_count = 3;
      notice.first_failure = now - minutes{2};
      notice.last_success = now - minutes{3};
      notice.reason = "failed 3 times in a row (alert_after: 3)";
      break;
    case SampleKind::recovery:
      notice.kind = NoticeKind::recovery;
      notice.verdict = Verdict::ok;
      notice.outcome = "exit 0";
      notice.output = "all is well (this is only a sample)\n";
      notice.alert_count = 2;
      notice.failure_count = 5;
      notice.first_failure = now - minutes{5};
      notice.last_success = now - minutes{6};
      notice.reason = "ok again after 5 failed checks";
      break;
  }
  return notice;
}

}  // namespace minitor
