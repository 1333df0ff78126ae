#include "minitor/process/kept_output.hpp"

#include <algorithm>
#include <utility>

namespace minitor {

void KeptOutput::append(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t to_head = std::min(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() >= tail_limit_) {
    tail_.assign(bytes.substr(bytes.size() - tail_limit_));
    return;
  }
  if (tail_.size() + bytes.size() > 2 * tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
  tail_.append(bytes);
}

std::string KeptOutput::take() {
  if (tail_.size() > tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
  head_ += tail_;
  tail_ = {};
  return std::exchange(head_, {});
}

}  // namespace minitor
