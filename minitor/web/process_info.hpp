// What the kernel says about this process. Reads /proc; everything else in this room gets it as data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace minitor {

// Empty where the kernel does not tell.
struct ProcessInfo {
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;  // empty, too, when there is no limit
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::chrono::duration<double>> cpu_time;    // user and system
  std::optional<std::chrono::duration<double>> start_time;  // since 1970-01-01 UTC
};

[[nodiscard]] ProcessInfo read_process_info();

}  // namespace minitor
