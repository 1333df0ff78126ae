#include "minitor/core/event.hpp"

namespace minitor {

std::string_view name(NoticeStage stage) {
  switch (stage) {
    case NoticeStage::intended: return "intended";
    case NoticeStage::delivered: return "delivered";
    case NoticeStage::failed: return "failed";
    case NoticeStage::given_up: return "given_up";
    case NoticeStage::dropped: return "dropped";
  }
  return "invalid";
}

}  // namespace minitor
