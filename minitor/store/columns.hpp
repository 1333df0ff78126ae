// How the values of the core stand in the columns of the tables.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "minitor/core/moment.hpp"

namespace minitor {

// Milliseconds since 1970.
[[nodiscard]] inline std::int64_t column(Timestamp when) {
  return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
}
[[nodiscard]] inline std::optional<std::int64_t> column(const std::optional<Timestamp>& when) {
  return when ? std::optional{column(*when)} : std::nullopt;
}
// Microseconds.
[[nodiscard]] inline std::int64_t column(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

[[nodiscard]] inline Timestamp timestamp(std::int64_t column) {
  return Timestamp{std::chrono::milliseconds{column}};
}
[[nodiscard]] inline Duration duration(std::int64_t column) {
  return std::chrono::microseconds{column};
}

// The value that is called so; the first of `all` where none is.
template <typename Enum, std::size_t size>
[[nodiscard]] Enum from_name(std::string_view word, const std::array<Enum, size>& all) {
  for (const Enum one : all) {
    if (name(one) == word) return one;
  }
  return all.front();
}

}  // namespace minitor
