#include "minitor/core/go_lexer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

// An action with more words than this was not written by a person.
constexpr std::size_t kMaxActionTokens = 1000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name(char c) { return is_letter(c) || is_digit(c); }

class GoLexer {
 public:
  GoLexer(std::string_view text, std::size_t open) : text_(text), at_(open + 2) {}

  std::variant<GoTokens, GoLexError> read() {
    if (peek() == '-' && is_space(peek(1))) {
      result_.trims_before = true;
      ++at_;
    }
    skip_spaces();
    if (text_.substr(at_).starts_with("/*")) {
      comment();
    } else {
      while (!failure_ && !closed()) token();
    }
    if (failure_) return *failure_;
    result_.end = at_;
    return std::move(result_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  void fail(std::string message) {
    if (!failure_) failure_ = GoLexError{at_, std::move(message)};
  }

  // Takes "}}" or " -}}".
  bool closed() {
    const std::size_t before = at_;
    skip_spaces();
    if (at_ > before && text_.substr(at_).starts_with("-}}")) {
      result_.trims_after = true;
      ++at_;
    }
    if (!text_.substr(at_).starts_with("}}")) return false;
    at_ += 2;
    return true;
  }

  void comment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return fail("the comment is never closed");
    at_ = end + 2;
    result_.comment = true;
    if (!closed()) fail("}} must follow the comment");
  }

  void add(GoToken::Kind kind, std::string text, std::size_t offset) {
    GoToken token;
    token.kind = kind;
    token.text = std::move(text);
    token.offset = offset;
    result_.tokens.push_back(std::move(token));
    if (result_.tokens.size() > kMaxActionTokens) fail("the action is too long");
  }
  void add(Value literal, std::size_t offset) {
    add(GoToken::Kind::literal, {}, offset);
    result_.tokens.back().literal = std::move(literal);
  }

  std::string name() {
    const std::size_t start = at_;
    while (is_name(peek())) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  void token() {
    const std::size_t start = at_;
    const char c = peek();
    if (at_ >= text_.size()) return fail("the action is never closed; }} is missing");
    if (c == '.') return dot(start);
    if (c == '$') return dollar(start);
    if (is_letter(c)) {
      std::string word = name();
      if (word == "true" || word == "false") return add(Value(word == "true"), start);
      return add(GoToken::Kind::word, std::move(word), start);
    }
    if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(1)))) return number();
    if (c == '"') return quoted();
    if (c == '`') return raw();
    ++at_;
    if (c == '(') return add(GoToken::Kind::open, "(", start);
    if (c == ')') return add(GoToken::Kind::close, ")", start);
    if (c == '|') return add(GoToken::Kind::pipe, "|", start);
    at_ = start;
    fail(fmt::format("\"{}\" cannot stand here",
                     one_line(text_.substr(start, decode_utf8(text_, start).length))));
  }

  void dot(std::size_t start) {
    ++at_;
    if (!is_letter(peek())) return add(GoToken::Kind::dot, ".", start);
    const auto& tokens = result_.tokens;
    const bool joined =
        start > 0 && !tokens.empty() && !is_space(text_[start - 1]) &&
        (tokens.back().kind == GoToken::Kind::field ||
         tokens.back().kind == GoToken::Kind::method || tokens.back().kind == GoToken::Kind::close);
    add(joined ? GoToken::Kind::method : GoToken::Kind::field, name(), start);
  }

  void dollar(std::size_t start) {
    ++at_;
    if (peek() == '.' && is_letter(peek(1))) {
      ++at_;
      return add(GoToken::Kind::field, name(), start);
    }
    if (is_letter(peek())) return add(GoToken::Kind::variable, name(), start);
    if (is_digit(peek())) return fail("$ and a digit cannot stand here");
    add(GoToken::Kind::dot, "$", start);
  }

  void number() {
    const std::size_t start = at_;
    ++at_;
    while (is_name(peek()) || peek() == '.') ++at_;
    std::string_view digits = text_.substr(start, at_ - start);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t whole = 0;
    const char* end = digits.data() + digits.size();
    if (const auto [stop, error] = std::from_chars(digits.data(), end, whole);
        error == std::errc{} && stop == end) {
      return add(Value(whole), start);
    }
    double decimal = 0;
    if (const auto [stop, error] = std::from_chars(digits.data(), end, decimal);
        error == std::errc{} && stop == end && is_digit(digits.back())) {
      return add(Value(decimal), start);
    }
    at_ = start;
    fail("this is no number");
  }

  void raw() {
    const std::size_t start = at_;
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return fail("the ` is never closed");
    at_ = end + 1;
    add(Value(std::string(text_.substr(start + 1, end - start - 1))), start);
  }

  void quoted() {
    const std::size_t start = at_++;
    std::string out;
    while (true) {
      const char c = peek();
      if (at_ >= text_.size() || c == '\n') {
        at_ = start;
        return fail("the \" is never closed");
      }
      ++at_;
      if (c == '"') break;
      if (c != '\\') {
        out.push_back(c);
      } else if (!escape(out)) {
        return fail("such a \\ is not known");
      }
    }
    add(Value(std::move(out)), start);
  }

  bool escape(std::string& out) {
    const char c = peek();
    ++at_;
    switch (c) {
      case 'a': out.push_back('\a'); return true;
      case 'b': out.push_back('\b'); return true;
      case 'f': out.push_back('\f'); return true;
      case 'n': out.push_back('\n'); return true;
      case 'r': out.push_back('\r'); return true;
      case 't': out.push_back('\t'); return true;
      case 'v': out.push_back('\v'); return true;
      case '\\':
      case '"': out.push_back(c); return true;
      case 'x': return code(out, 2, true);
      case 'u': return code(out, 4, false);
      case 'U': return code(out, 8, false);
      default: return false;
    }
  }

  bool code(std::string& out, std::size_t digits, bool byte) {
    unsigned value = 0;
    const std::string_view hex = text_.substr(std::min(at_, text_.size()), digits);
    const char* end = hex.data() + hex.size();
    const auto [stop, error] = std::from_chars(hex.data(), end, value, 16);
    if (hex.size() != digits || error != std::errc{} || stop != end) return false;
    if (!byte && (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))) return false;
    at_ += digits;
    if (byte) {
      out.push_back(static_cast<char>(value));
    } else {
      append_utf8(out, value);
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_;
  GoTokens result_;
  std::optional<GoLexError> failure_;
};

}  // namespace

std::variant<GoTokens, GoLexError> read_go_tokens(std::string_view text, std::size_t open) {
  return GoLexer(text, open).read();
}

}  // namespace minitor
