// A notice for tests of what is said about one.
#pragma once

#include "minitor/core/message_template.hpp"
#include "minitor/core/notice.hpp"

namespace minitor {

// 2026-11-21 07:15:02.5 UTC
inline constexpr Timestamp kSampleTime{std::chrono::milliseconds{1795245302500}};

inline Notice sample_notice(NoticeKind kind = NoticeKind::problem) {
  Notice notice;
  notice.id = "n-1";
  notice.incident = "i-1";
  notice.kind = kind;
  notice.monitor = "My Blog";
  notice.description = "the blog";
  notice.group = "web";
  notice.labels = {{"site", "attic"}, {"rack-no", "7"}};
  notice.verdict = notice.is_up() ? Verdict::ok : Verdict::failure;
  notice.alert_count = 2;
  notice.failure_count = 4;
  notice.output = "line one\nline two\n\n";
  notice.outcome = notice.is_up() ? "exit 0" : "exit 7";
  notice.reason = "4 failed checks in a row";
  notice.created = kSampleTime;
  notice.first_failure = kSampleTime - std::chrono::seconds{90};
  notice.last_success = kSampleTime - std::chrono::seconds{120};
  return notice;
}

}  // namespace minitor
