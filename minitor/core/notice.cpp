#include "minitor/core/notice.hpp"

#include <algorithm>

namespace minitor {

std::string_view name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::problem: return "problem";
    case NoticeKind::reminder: return "reminder";
    case NoticeKind::recovery: return "recovery";
    case NoticeKind::test: return "test";
    case NoticeKind::repaired: return "repaired";
    case NoticeKind::escalation: return "escalation";
    case NoticeKind::group: return "group";
  }
  return "invalid";
}

bool Notice::is_up() const {
  if (kind != NoticeKind::group) return !tells_of_trouble(kind);
  return std::all_of(members.begin(), members.end(),
                     [](const auto& member) { return member->is_up(); });
}

}  // namespace minitor
