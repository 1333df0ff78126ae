// What is kept of a command's output: its beginning and its end, however much comes between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minitor {

class KeptOutput {
 public:
  // Keeps at most `limit` bytes: the first half and the last half of what comes (of an odd limit the
  // last half is the larger one). Never holds more than twice that.
  explicit KeptOutput(std::size_t limit) : head_limit_(limit / 2), tail_limit_(limit - limit / 2) {}

  void append(std::string_view bytes);

  // Bytes that came, kept or not.
  [[nodiscard]] std::uint64_t total() const { return total_; }

  // What was kept, in order and as it came: everything when total() is within the limit. Leaves
  // nothing behind; to be called once.
  [[nodiscard]] std::string take();

 private:
  std::size_t head_limit_;
  std::size_t tail_limit_;
  std::string head_;
  std::string
      tail_;  // cut only when it is twice too long, so that a flood of small writes is cheap
  std::uint64_t total_ = 0;
};

}  // namespace minitor
