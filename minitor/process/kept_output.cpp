#include "minitor/process/kept_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace minitor {

void KeptOutput::append(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t to_head = std::min(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() > tail_limit_) {
    tail_.clear();
    bytes.remove_prefix(bytes.size() - tail_limit_);
  }
  tail_.append(bytes);
  if (tail_.size() > 2 * tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
}

std::string KeptOutput::take() {
  if (tail_.size() > tail_limit_) tail_.erase(0, tail_.size() - tail_limit_);
  const std::uint64_t missing = total_ - head_.size() - tail_.size();
  std::string kept = std::move(head_);
  if (missing > 0) kept += fmt::format("\n[... {} bytes left out ...]\n", missing);
  kept += tail_;
  return kept;
}

}  // namespace minitor
