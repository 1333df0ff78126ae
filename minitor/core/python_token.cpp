#include "minitor/core/python_token.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/template_names.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

bool is_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = value * 10 + (text.front() - '0');
    if (value > kMaxTemplateWidth) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

// [[fill]align][0][width][.precision][type] for a value of this type; empty when it is not one.
std::optional<PythonFormat> read_format(std::string_view spec, Type type) {
  PythonFormat format;
  const std::size_t fill = spec.empty() ? 0 : decode_utf8(spec, 0).length;
  if (fill < spec.size() && is_align(spec[fill])) {
    format.fill = spec.substr(0, fill);
    format.align = spec[fill];
    spec.remove_prefix(fill + 1);
  } else if (!spec.empty() && is_align(spec.front())) {
    format.align = spec.front();
    spec.remove_prefix(1);
  }
  if (spec.starts_with('0')) {
    if (format.align == '\0') {
      format.fill = "0";
      format.align = type == Type::integer ? '=' : '<';
    }
    spec.remove_prefix(1);
  }
  const auto width = take_number(spec);
  if (!width) return std::nullopt;
  format.width = *width;
  if (spec.starts_with('.')) {
    spec.remove_prefix(1);
    if (spec.empty() || !is_digit(spec.front())) return std::nullopt;
    format.precision = take_number(spec);
    if (!format.precision) return std::nullopt;
  }
  const char letter = type == Type::integer ? 'd' : 's';
  if (spec.starts_with(letter)) spec.remove_prefix(1);
  if (!spec.empty()) return std::nullopt;
  // What Python refuses for such a value.
  if (type == Type::integer && format.precision) return std::nullopt;
  if (type != Type::integer && format.align == '=') return std::nullopt;
  return format;
}

// Python's repr() of a str.
std::string represented(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos;
  const char quote = single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const auto value = static_cast<unsigned>(point.value);
    if (point.value == static_cast<unsigned char>(quote) || point.value == '\\') {
      out.push_back('\\');
      out.push_back(text[at]);
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\r') {
      out += "\\r";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (value < 0x20 || (value >= 0x7F && value <= 0xA0)) {
      out += fmt::format("\\x{:02x}", value);
    } else {
      append_utf8(out, point.value);
    }
    at += point.length;
  }
  out.push_back(quote);
  return out;
}

}  // namespace

std::string_view python_token_name(std::string_view text, std::size_t open) {
  std::size_t end = open + 1;
  while (end < text.size() && is_name(text[end])) ++end;
  return text.substr(open + 1, end - open - 1);
}

std::optional<PythonToken> read_python_token(std::string_view text, std::size_t open) {
  PythonToken token;
  const std::string_view name = python_token_name(text, open);
  token.field = find_python_token(name);
  if (token.field == nullptr) return std::nullopt;
  std::string_view rest = text.substr(open + 1 + name.size());
  char conversion = '\0';
  if (rest.starts_with("!s") || rest.starts_with("!r")) {
    conversion = rest[1];
    rest.remove_prefix(2);
  }
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos) return std::nullopt;
  std::string_view spec = rest.substr(0, close);
  if (!spec.empty() && spec.front() != ':') return std::nullopt;
  if (!spec.empty()) spec.remove_prefix(1);
  if (!spec.empty() || conversion != '\0') {
    token.format = read_format(spec, conversion == '\0' ? token.field->type : Type::text);
    if (!token.format) return std::nullopt;
    token.format->conversion = conversion;
  }
  token.end = text.size() - rest.size() + close + 1;
  return token;
}

std::string apply(const PythonFormat& format, const Value& value) {
  const bool number = type_of(value) == Type::integer && format.conversion == '\0';
  std::string text = print(value);
  if (format.conversion == 'r' && type_of(value) == Type::text) text = represented(text);
  if (format.precision) {
    text = std::string(first_code_points(text, static_cast<std::size_t>(*format.precision)));
  }
  const auto width = static_cast<std::size_t>(format.width);
  const std::size_t length = count_code_points(text);
  if (length >= width) return text;
  const std::size_t missing = width - length;
  const auto filling = [&](std::size_t count) {
    std::string out;
    for (; count > 0; --count) out += format.fill;
    return out;
  };
  switch (format.align == '\0' ? (number ? '>' : '<') : format.align) {
    case '>': return filling(missing) + text;
    case '^': return filling(missing / 2) + text + filling(missing - missing / 2);
    case '=': {
      const std::size_t sign = text.starts_with('-') ? 1 : 0;
      return text.insert(sign, filling(missing));
    }
    default: return text + filling(missing);
  }
}

}  // namespace minitor
