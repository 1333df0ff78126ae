// What is kept of a command's output: its beginning and its end, however much comes between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minitor {

class KeptOutput {
 public:
  // Keeps at most `limit` bytes: the first half and the last half of what comes.
  explicit KeptOutput(std::size_t limit) : head_limit_(limit / 2), tail_limit_(limit - limit / 2) {}

  void append(std::string_view bytes);

  // Bytes that came, kept or not.
  [[nodiscard]] std::uint64_t total() const { return total_; }

  // What was kept, in order; where something is missing, a line says how much.
  [[nodiscard]] std::string take();

 private:
  std::size_t head_limit_;
  std::size_t tail_limit_;
  std::string head_;
  std::string tail_;  // up to twice its limit between two cuts, so that cutting costs little
  std::uint64_t total_ = 0;
};

}  // namespace minitor
