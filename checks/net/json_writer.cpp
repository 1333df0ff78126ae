#include "checks/net/json_writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "checks/net/clean_text.hpp"
#include "checks/net/threshold.hpp"

namespace checks::net {

void JsonWriter::separate() {
  if (need_comma_) out_ += ',';
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  out_ += std::to_string(number);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  out_ += std::to_string(number);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  out_ += number_text(number);
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) {
  separate();
  out_ += flag ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

namespace {

/// The code of a character at the start that is valid UTF-8 but must not reach a terminal raw (C1
/// controls, direction marks), or 0. `length` is what it takes.
unsigned hidden_control(std::string_view text, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (text.size() >= 2 && byte(0) == 0xc2 && byte(1) < 0xa0) return length = 2, byte(1);
  if (text.size() < 3 || byte(0) != 0xe2 || (byte(1) != 0x80 && byte(1) != 0x81)) return 0;
  const unsigned code = 0x2000U + ((byte(1) & 1U) << 6) + (byte(2) & 0x3fU);
  const bool hidden = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                      (code >= 0x2060 && code <= 0x206f);
  length = 3;
  return hidden ? code : 0;
}

}  // namespace

void JsonWriter::quote(std::string_view text) {
  out_ += '"';
  const bool valid = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<std::uint8_t>(c);
    std::size_t length = 1;
    if (const unsigned code = valid && byte >= 0x80 ? hidden_control(text.substr(i), length) : 0) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", code);
      i += length - 1;
      continue;
    }
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", byte);
    } else if (byte < 0x80 || valid) {
      out_ += c;
    } else {
      out_ += "\\ufffd";
    }
  }
  out_ += '"';
}

}  // namespace checks::net
