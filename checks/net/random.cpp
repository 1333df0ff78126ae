#include "checks/net/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace checks::net {

void Random::refill() {
  std::size_t filled = 0;
  while (filled < block_.size()) {
    const ssize_t got = ::getrandom(block_.data() + filled, block_.size() - filled, 0);
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      std::abort();  // a kernel without getrandom: nothing that we send would be safe to trust
    }
  }
  used_ = 0;
}

std::uint32_t Random::number() {
  std::array<std::uint8_t, 4> bytes{};
  fill(bytes);
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void Random::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (used_ == block_.size()) refill();
    const std::size_t count = std::min(bytes.size(), block_.size() - used_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), count, bytes.begin());
    used_ += count;
    bytes = bytes.subspan(count);
  }
}

}  // namespace checks::net
