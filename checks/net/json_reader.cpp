#include "checks/net/json_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "checks/net/clean_text.hpp"

namespace checks::net {

namespace {

constexpr int max_depth = 32;
constexpr int max_values = 100000;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6)), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12)), put(0x80 | ((code >> 6) & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18)), put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::variant<JsonValue, JsonError> run() {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = line_start_ = 3;
    JsonValue value;
    if (parse_value(value, 0)) {
      skip_blanks();
      if (at_ < text_.size()) fail("text after the end");
    }
    if (error_) return *error_;
    return value;
  }

 private:
  [[nodiscard]] int column() const { return static_cast<int>(at_ - line_start_) + 1; }

  bool fail(std::string reason) {
    if (!error_) error_ = JsonError{line_, column(), std::move(reason)};
    return false;
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
      ++at_;
      if (c == '\n') ++line_, line_start_ = at_;
    }
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string what_is_here() const {
    if (at_ >= text_.size()) return "the end of the text";
    return "\"" + clean_text(text_.substr(at_, 1)) + "\"";
  }

  bool parse_value(JsonValue& value, int depth) {
    skip_blanks();
    value.line = line_;
    value.column = column();
    if (depth > max_depth) return fail(fmt::format("nested deeper than {}", max_depth));
    if (++values_ > max_values) return fail(fmt::format("more than {} values", max_values));
    switch (peek()) {
      case '{': return parse_object(value, depth);
      case '[': return parse_array(value, depth);
      case '"': return parse_string(value.data.emplace<std::string>());
      case 't': value.data = true; return word("true");
      case 'f': value.data = false; return word("false");
      case 'n': value.data = nullptr; return word("null");
      default: return parse_number(value);
    }
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) {
      return fail("expected a value, got " + what_is_here());
    }
    at_ += expected.size();
    return true;
  }

  bool parse_number(JsonValue& value) {
    const std::size_t start = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      return at_ - first;
    };
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0) return at_ = start, fail("expected a value, got " + what_is_here());
    if (zero && whole > 1) return fail("a number with a leading zero");
    if (peek() == '.') {
      ++at_;
      if (digits() == 0) return fail("a number without digits after the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) return fail("a number without digits in the exponent");
    }
    value.number_text = std::string(text_.substr(start, at_ - start));
    double number = 0;
    const char* first = value.number_text.data();
    const auto parsed = std::from_chars(first, first + value.number_text.size(), number);
    if (parsed.ec != std::errc{} || !std::isfinite(number)) return fail("a number out of range");
    value.data = number;
    return true;
  }

  std::optional<std::uint32_t> four_hex() {
    std::uint32_t code = 0;
    if (text_.size() - at_ < 4) return std::nullopt;
    const char* first = text_.data() + at_;
    const auto parsed = std::from_chars(first, first + 4, code, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != first + 4) return std::nullopt;
    at_ += 4;
    return code;
  }

  bool parse_unicode_escape(std::string& out) {
    const auto code = four_hex();
    if (!code) return fail("\\u needs four hex digits");
    if (*code >= 0xdc00 && *code <= 0xdfff) return fail("a lone low surrogate");
    if (*code >= 0xd800 && *code <= 0xdbff) {
      if (text_.substr(at_, 2) != "\\u") return fail("a lone high surrogate");
      at_ += 2;
      const auto low = four_hex();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return fail("a lone high surrogate");
      append_utf8(out, 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00));
      return true;
    }
    append_utf8(out, *code);
    return true;
  }

  bool parse_escape(std::string& out) {
    const char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': out += c; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': return parse_unicode_escape(out);
      default: --at_; return fail("an unknown escape");
    }
  }

  bool parse_string(std::string& out) {
    ++at_;
    const std::size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!is_utf8(text_.substr(start, at_ - start))) return fail("a string that is not UTF-8");
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character in a string");
      ++at_;
      if (c != '\\') {
        out += c;
      } else if (!parse_escape(out)) {
        return false;
      }
    }
    return fail("a string without its closing quote");
  }

  bool parse_array(JsonValue& value, int depth) {
    auto& items = value.data.emplace<JsonArray>();
    ++at_;
    skip_blanks();
    if (peek() == ']') return ++at_, true;
    while (true) {
      if (!parse_value(items.emplace_back(), depth + 1)) return false;
      skip_blanks();
      const char c = peek();
      if (c != ',' && c != ']') return fail("expected \",\" or \"]\", got " + what_is_here());
      ++at_;
      if (c == ']') return true;
    }
  }

  bool parse_object(JsonValue& value, int depth) {
    auto& members = value.data.emplace<JsonObject>();
    ++at_;
    skip_blanks();
    if (peek() == '}') return ++at_, true;
    while (true) {
      skip_blanks();
      if (peek() != '"') return fail("expected a key in quotes, got " + what_is_here());
      std::string key;
      if (!parse_string(key)) return false;
      if (value.find(key) != nullptr) return fail("the key \"" + clean_text(key) + "\" twice");
      skip_blanks();
      if (peek() != ':') return fail("expected \":\", got " + what_is_here());
      ++at_;
      if (members.keys.size() >= 1000) return fail("more than 1000 keys in one object");
      members.keys.push_back(std::move(key));
      JsonValue item;
      if (!parse_value(item, depth + 1)) return false;
      members.values.push_back(std::move(item));
      skip_blanks();
      const char c = peek();
      if (c != ',' && c != '}') return fail("expected \",\" or \"}\", got " + what_is_here());
      ++at_;
      if (c == '}') return true;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  int values_ = 0;
  std::optional<JsonError> error_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  if (const JsonObject* members = object()) {
    for (std::size_t i = 0; i < members->keys.size(); ++i) {
      if (members->keys[i] == key && i < members->values.size()) return &members->values[i];
    }
  }
  return nullptr;
}

std::variant<JsonValue, JsonError> parse_json(std::string_view text) { return Parser(text).run(); }

}  // namespace checks::net
