#include "minitor/core/template_value.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/local_time.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

bool is_text(const Value& value) { return std::holds_alternative<std::string>(value); }

// One %verb with its flags.
struct Verb {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  int width = 0;
  std::optional<int> precision;
  char letter = '\0';
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int take_number(std::string_view& text) {
  int value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = std::min(value * 10 + (text.front() - '0'), kMaxTemplateWidth);
    text.remove_prefix(1);
  }
  return value;
}

Verb take_verb(std::string_view& text) {
  Verb verb;
  for (; !text.empty(); text.remove_prefix(1)) {
    switch (text.front()) {
      case '-': verb.minus = true; continue;
      case '+': verb.plus = true; continue;
      case '#': verb.sharp = true; continue;
      case ' ': verb.space = true; continue;
      case '0': verb.zero = true; continue;
      default: break;
    }
    break;
  }
  verb.width = take_number(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    verb.precision = take_number(text);
  }
  if (!text.empty()) {
    verb.letter = text.front();
    text.remove_prefix(1);
  }
  return verb;
}

std::string padded(std::string text, const Verb& verb, bool zeros) {
  const auto width = static_cast<std::size_t>(verb.width);
  const std::size_t length = count_code_points(text);
  if (length >= width) return text;
  const std::size_t missing = width - length;
  if (verb.minus) return text.append(missing, ' ');
  if (!zeros) return std::string(missing, ' ') + text;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return text.insert(sign, missing, '0');
}

std::string go_type(const Value& value) {
  switch (type_of(value)) {
    case Type::text: return "string";
    case Type::integer: return "int";
    case Type::decimal: return "float64";
    case Type::boolean: return "bool";
    case Type::time: return "time.Time";
    case Type::any: break;
  }
  return "?";
}

std::string mismatch(const Verb& verb, const Value& value) {
  return fmt::format("%!{}({}={})", verb.letter, go_type(value), print(value));
}

std::string format_text(const Verb& verb, const Value& value, std::string_view whole) {
  if (verb.precision && verb.letter != 'x' && verb.letter != 'X') {
    whole = first_code_points(whole, static_cast<std::size_t>(*verb.precision));
  }
  switch (verb.letter) {
    case 'v':
    case 's': return padded(std::string(whole), verb, verb.zero);
    case 'q': return padded(go_quoted(whole), verb, verb.zero);
    case 'x':
    case 'X': {
      std::string hex;
      for (const char c : whole) {
        const unsigned byte = static_cast<unsigned char>(c);
        hex += verb.letter == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
      }
      return padded(hex, verb, verb.zero);
    }
    default: return mismatch(verb, value);
  }
}

std::string format_integer(const Verb& verb, std::int64_t value) {
  const auto size =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::string digits;
  switch (verb.letter) {
    case 'v':
    case 'd': digits = fmt::format("{}", size); break;
    case 'b': digits = fmt::format("{:b}", size); break;
    case 'o': digits = fmt::format("{:o}", size); break;
    case 'x': digits = (verb.sharp ? "0x" : "") + fmt::format("{:x}", size); break;
    case 'X': digits = (verb.sharp ? "0X" : "") + fmt::format("{:X}", size); break;
    case 'c':
    case 'q': {
      const bool valid = size <= 0x10FFFF && (size < 0xD800 || size > 0xDFFF) && value >= 0;
      std::string text;
      append_utf8(text, valid ? static_cast<char32_t>(size) : kReplacementCharacter);
      return padded(verb.letter == 'c' ? text : "'" + text + "'", verb, false);
    }
    default: return mismatch(verb, value);
  }
  if (verb.precision && digits.size() < static_cast<std::size_t>(*verb.precision)) {
    digits.insert(0, static_cast<std::size_t>(*verb.precision) - digits.size(), '0');
  }
  if (value < 0) {
    digits.insert(0, "-");
  } else if (verb.plus) {
    digits.insert(0, "+");
  } else if (verb.space) {
    digits.insert(0, " ");
  }
  return padded(digits, verb, verb.zero && !verb.precision);
}

std::string format_decimal(const Verb& verb, double value) {
  std::string text;
  const int precision = verb.precision.value_or(6);
  switch (verb.letter) {
    case 'v':
    case 'g':
      text = verb.precision ? fmt::format("{:.{}g}", value, precision) : fmt::format("{}", value);
      break;
    case 'f':
    case 'F': text = fmt::format("{:.{}f}", value, precision); break;
    case 'e': text = fmt::format("{:.{}e}", value, precision); break;
    case 'E': text = fmt::format("{:.{}E}", value, precision); break;
    default: return mismatch(verb, value);
  }
  if (verb.plus && value >= 0) text.insert(0, "+");
  return padded(text, verb, verb.zero);
}

std::string format_value(const Verb& verb, const Value& value) {
  if (verb.letter == 'T') return padded(go_type(value), verb, false);
  switch (type_of(value)) {
    case Type::text: return format_text(verb, value, std::get<std::string>(value));
    case Type::integer: return format_integer(verb, std::get<std::int64_t>(value));
    case Type::decimal: return format_decimal(verb, std::get<double>(value));
    case Type::boolean:
      if (verb.letter != 'v' && verb.letter != 't') return mismatch(verb, value);
      return padded(print(value), verb, verb.zero);
    case Type::time:
      if (verb.letter != 'v' && verb.letter != 's' && verb.letter != 'q')
        return mismatch(verb, value);
      return format_text(verb, value, print(value));
    case Type::any: break;
  }
  return {};
}

}  // namespace

Type type_of(const Value& value) { return static_cast<Type>(value.index()); }

std::string_view name(Type type) {
  switch (type) {
    case Type::text: return "a text";
    case Type::integer: return "a whole number";
    case Type::decimal: return "a decimal number";
    case Type::boolean: return "true or false";
    case Type::time: return "a time";
    case Type::any: return "a value";
  }
  return "invalid";
}

bool is_true(const Value& value) {
  switch (type_of(value)) {
    case Type::text: return !std::get<std::string>(value).empty();
    case Type::integer: return std::get<std::int64_t>(value) != 0;
    case Type::decimal: return std::get<double>(value) != 0;
    case Type::boolean: return std::get<bool>(value);
    case Type::time: return true;  // a struct is always true to Go
    case Type::any: break;
  }
  return false;
}

std::string format_time(const GoTime& time, std::string_view layout) {
  return format_go(time.at ? local_time(*time.at, time.zone) : zero_time(), layout);
}

std::string print(const Value& value) {
  switch (type_of(value)) {
    case Type::text: return std::get<std::string>(value);
    case Type::integer: return std::to_string(std::get<std::int64_t>(value));
    case Type::decimal: return fmt::format("{}", std::get<double>(value));
    case Type::boolean: return std::get<bool>(value) ? "true" : "false";
    case Type::time: return format_time(std::get<GoTime>(value), kGoTime);
    case Type::any: break;
  }
  return {};
}

std::string print(const std::vector<Value>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && !is_text(values[i]) && !is_text(values[i - 1])) out.push_back(' ');
    out += print(values[i]);
  }
  return out;
}

std::string print_line(const std::vector<Value>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.push_back(' ');
    out += print(values[i]);
  }
  out.push_back('\n');
  return out;
}

std::string print_format(std::string_view format, const std::vector<Value>& values) {
  std::string out;
  std::size_t next = 0;
  while (!format.empty()) {
    const std::size_t percent = std::min(format.find('%'), format.size());
    out += format.substr(0, percent);
    format.remove_prefix(percent);
    if (format.empty()) break;
    format.remove_prefix(1);
    const Verb verb = take_verb(format);
    if (verb.letter == '%') {
      out.push_back('%');
    } else if (verb.letter == '\0') {
      out += "%!(NOVERB)";
    } else if (next >= values.size()) {
      out += fmt::format("%!{}(MISSING)", verb.letter);
    } else {
      out += format_value(verb, values[next++]);
    }
  }
  if (next < values.size()) {
    out += "%!(EXTRA ";
    for (std::size_t i = next; i < values.size(); ++i) {
      if (i > next) out += ", ";
      out += go_type(values[i]) + "=" + print(values[i]);
    }
    out.push_back(')');
  }
  return out;
}

}  // namespace minitor
