// A strict JSON reader (RFC 8259) for configuration files and small messages. Every value knows its
// line and column. Limits: depth 32, 100,000 values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace checks::net {

struct JsonValue;
using JsonArray = std::vector<JsonValue>;
struct JsonObject {  // in the text's order; keys are unique
  std::vector<std::string> keys;
  std::vector<JsonValue> values;  // as many
};

struct JsonValue {
  std::variant<std::nullptr_t, bool, double, std::string, JsonArray, JsonObject> data = nullptr;
  std::string number_text;  // a number as it was written
  int line = 1;
  int column = 1;

  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&data); }
  [[nodiscard]] const double* number() const { return std::get_if<double>(&data); }
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&data); }
  [[nodiscard]] const JsonArray* array() const { return std::get_if<JsonArray>(&data); }
  [[nodiscard]] const JsonObject* object() const { return std::get_if<JsonObject>(&data); }
  /// A member of an object, or nullptr.
  [[nodiscard]] const JsonValue* find(std::string_view key) const;
};

struct JsonError {
  int line = 1;
  int column = 1;
  std::string reason;
};

[[nodiscard]] std::variant<JsonValue, JsonError> parse_json(std::string_view text);

}  // namespace checks::net
