// Random bytes from the kernel, fetched in blocks: transaction ids are asked for one by one, a
// hundred thousand times a second in bulk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace checks::net {

class Random {
 public:
  /// A number of 32 random bits.
  [[nodiscard]] std::uint32_t number();
  void fill(std::span<std::uint8_t> bytes);

 private:
  void refill();
  std::array<std::uint8_t, 4096> block_{};
  std::size_t used_ = sizeof block_;
};

}  // namespace checks::net
