// JSON as a value: read from text that may be hostile, and written back. Objects keep their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace minitor {

// Deeper nesting is refused.
inline constexpr int kMaxJsonDepth = 32;

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  Json(const char*) = delete;

  // RFC 8259; none when it is not that. A number that is not a whole one, or too large, is null.
  // Of two equal keys the first counts.
  [[nodiscard]] static std::optional<Json> parse(std::string_view text);

  // One line. Text that is not UTF-8 is mended as json_string() does.
  [[nodiscard]] std::string text() const;

  // What is not there, or of another type, is null, or `otherwise`.
  [[nodiscard]] const Json& operator[](std::string_view key) const;
  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool boolean(bool otherwise = false) const;
  [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const;
  [[nodiscard]] const std::string& string() const;
  [[nodiscard]] const Array& array() const;
  [[nodiscard]] const Object& object() const;

 private:
  void append_to(std::string& out) const;

  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

}  // namespace minitor
