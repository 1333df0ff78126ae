#include "minitor/core/notice.hpp"

namespace minitor {

std::string_view name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::problem: return "problem";
    case NoticeKind::reminder: return "reminder";
    case NoticeKind::recovery: return "recovery";
    case NoticeKind::test: return "test";
    case NoticeKind::repaired: return "repaired";
  }
  return "invalid";
}

}  // namespace minitor
