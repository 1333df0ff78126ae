#include "minitor/web/json_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

void JsonText::separate() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

JsonText& JsonText::begin(char bracket) {
  separate();
  text_ += bracket;
  return *this;
}

JsonText& JsonText::end(char bracket) {
  text_ += bracket;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  text(name);
  text_ += ':';
  return *this;
}

JsonText& JsonText::text(std::string_view value) { return json(json_string(value)); }

JsonText& JsonText::number(double value) {
  return std::isfinite(value) ? json(fmt::format("{}", value)) : null();
}

JsonText& JsonText::integer(std::int64_t value) { return json(std::to_string(value)); }
JsonText& JsonText::truth(bool value) { return json(value ? "true" : "false"); }
JsonText& JsonText::null() { return json("null"); }

JsonText& JsonText::json(std::string_view whole) {
  separate();
  text_ += whole;
  return *this;
}

JsonText& JsonText::member(std::string_view name, Timestamp value) {
  return key(name).text(format_rfc3339(value, TimeZone{}, true));
}

JsonText& JsonText::member(std::string_view name, Duration value) {
  return key(name).number(std::chrono::duration<double>(value).count());
}

}  // namespace minitor
