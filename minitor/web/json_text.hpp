// Writes JSON: commas and quotes by themselves, text escaped where it enters.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "minitor/core/moment.hpp"

namespace minitor {

class JsonText final {
 public:
  JsonText& begin_object() { return begin('{'); }
  JsonText& end_object() { return end('}'); }
  JsonText& begin_array() { return begin('['); }
  JsonText& end_array() { return end(']'); }

  // The name of what comes next.
  JsonText& key(std::string_view name);
  JsonText& text(std::string_view value);
  JsonText& number(double value);  // null for what is not finite
  JsonText& integer(std::int64_t value);
  JsonText& truth(bool value);
  JsonText& null();
  // JSON that is whole by itself.
  JsonText& json(std::string_view whole);

  JsonText& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonText& member(std::string_view name, const char* value) { return key(name).text(value); }
  JsonText& member(std::string_view name, std::same_as<bool> auto value) {
    return key(name).truth(value);
  }
  JsonText& member(std::string_view name,
                   std::integral auto value) requires(!std::same_as<decltype(value), bool>) {
    return key(name).integer(static_cast<std::int64_t>(value));
  }
  // RFC 3339 in UTC, with milliseconds.
  JsonText& member(std::string_view name, Timestamp value);
  JsonText& member(std::string_view name, const std::optional<Timestamp>& value) {
    return value ? member(name, *value) : key(name).null();
  }
  // In seconds.
  JsonText& member(std::string_view name, Duration value);
  JsonText& ratio(std::string_view name, const std::optional<double>& value) {
    return value ? key(name).number(*value) : key(name).null();
  }

  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  JsonText& begin(char bracket);
  JsonText& end(char bracket);
  void separate();

  std::string text_;
};

}  // namespace minitor
