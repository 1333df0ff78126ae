#include "minitor/config/number_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>

namespace minitor::config {
namespace {

constexpr std::size_t kLongestNumber = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<double> digits_in(std::string_view text, int base) {
  if (text.empty()) return std::nullopt;
  double value = 0;
  for (const char c : text) {
    const int digit = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<Number> based(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') {
    struct Prefix {
      char letter;
      int base;
      std::string_view quirk;
    };
    constexpr std::array prefixes{Prefix{'x', 16, "a hexadecimal number"},
                                  Prefix{'b', 2, "a binary number"},
                                  Prefix{'o', 8, "an octal number"}};
    for (const Prefix& prefix : prefixes)
      if (text[1] == prefix.letter)
        if (const auto value = digits_in(text.substr(2), prefix.base))
          return Number{*value, true, prefix.quirk};
    if (const auto value = digits_in(text.substr(1), 8))
      return Number{*value, true, "an octal number"};
  }
  if (const auto value = digits_in(text, 10)) return Number{*value, true, {}};
  return std::nullopt;
}

// 1:30 is 90: [1-9][0-9]*(:[0-5]?[0-9])+
std::optional<Number> sexagesimal(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  double value = 0;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto part = digits_in(text.substr(0, colon), 10);
    if (!part || (!first && (*part >= 60 || colon > 2))) return std::nullopt;
    if (first && colon == text.size()) return std::nullopt;
    if (colon + 1 == text.size()) return std::nullopt;
    value = value * 60 + *part;
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  return Number{value, true, "a number in base 60"};
}

// [0-9]*\.?[0-9]*([eE][-+]?[0-9]+)? with a digit and a dot or an exponent.
std::optional<Number> fraction(const std::string& text) {
  std::size_t at = 0;
  std::size_t digits = 0;
  const auto skip_digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  digits += skip_digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    digits += skip_digits();
  }
  if (digits == 0) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (skip_digits() == 0) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  const double value = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return Number{value, std::trunc(value) == value, {}};
}

}  // namespace

std::optional<Number> read_number(std::string_view text) {
  if (text.empty() || text.size() > kLongestNumber) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  // A sign alone, a leading or doubled one, or an underscore in front is no number.
  if (text.empty() || !(is_digit(text.front()) || text.front() == '.')) return std::nullopt;
  std::string bare(text);
  bare.erase(std::remove(bare.begin(), bare.end(), '_'), bare.end());
  std::optional<Number> number = based(bare);
  if (!number) number = sexagesimal(bare);
  if (!number) number = fraction(bare);
  if (!number) return std::nullopt;
  if (bare.size() != text.size() && number->quirk.empty()) number->quirk = "a number with _ in it";
  if (negative) number->value = -number->value;
  return number;
}

std::optional<bool> read_truth(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

}  // namespace minitor::config
