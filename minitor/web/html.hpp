// Writes HTML and SVG that is escaped by construction: markup can only be a literal of this program,
// written "<b>"_html; everything else is text, whoever wrote it, and is escaped where it enters.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace minitor {

class Markup {
 public:
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  explicit consteval Markup(std::string_view text) : text_(text) {}
  friend consteval Markup operator""_html(const char* text, std::size_t length);
  std::string_view text_;
};

consteval Markup operator""_html(const char* text, std::size_t length) {
  return Markup{{text, length}};
}

class Html final {
 public:
  Html& operator<<(Markup markup) {
    text_ += markup.text();
    return *this;
  }
  // Text of a document, or the value of an attribute in double quotes: & < > " and ' are escaped, what
  // is no UTF-8 becomes U+FFFD, and controls that HTML does not allow become visible.
  Html& operator<<(std::string_view text);
  Html& operator<<(const std::string& text) { return *this << std::string_view{text}; }
  Html& operator<<(const char* text) { return *this << std::string_view{text}; }
  Html& operator<<(std::integral auto number) {
    text_ += std::to_string(number);
    return *this;
  }
  Html& operator<<(char) = delete;
  Html& operator<<(bool) = delete;
  // What was escaped when it was written.
  Html& operator<<(const Html& part) {
    text_ += part.text_;
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace minitor
