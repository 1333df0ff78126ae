// The values of message templates and how Go writes them (packages fmt and text/template).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// An instant and the zone to show it in; none is Go's zero time.
struct GoTime {
  std::optional<Timestamp> at;
  TimeZone zone;
};

// In the order of Type.
using Value = std::variant<std::string, std::int64_t, double, bool, GoTime>;
enum class Type : std::uint8_t { text, integer, decimal, boolean, time, any };

[[nodiscard]] Type type_of(const Value& value);
[[nodiscard]] std::string_view name(Type type);  // for error messages

// A number that widths and precisions must stay below: messages are not a way to fill memory.
inline constexpr int kMaxTemplateWidth = 1000;

[[nodiscard]] bool is_true(const Value& value);
[[nodiscard]] std::string format_time(const GoTime& time, std::string_view layout);

// As Go's fmt.Sprint of one value.
[[nodiscard]] std::string print(const Value& value);
// Of several: a space between two neighbours of which neither is a text.
[[nodiscard]] std::string print(const std::vector<Value>& values);
// A space between all, and a newline.
[[nodiscard]] std::string print_line(const std::vector<Value>& values);
// fmt.Sprintf; what does not fit is told in the text, as Go does: "%!d(string=x)".
[[nodiscard]] std::string print_format(std::string_view format, const std::vector<Value>& values);

// "text" as a Go string literal.
[[nodiscard]] std::string go_quoted(std::string_view text);
[[nodiscard]] std::string html_escaped(std::string_view text);
[[nodiscard]] std::string js_escaped(std::string_view text);
[[nodiscard]] std::string url_escaped(std::string_view text);

}  // namespace minitor
