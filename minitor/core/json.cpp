#include "minitor/core/json.hpp"

#include <fmt/format.h>

#include <charconv>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Json> all() {
    auto value = read(0);
    skip_space();
    if (!value || at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string::npos)
      ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  std::optional<Json> read(int depth) {
    if (depth > kMaxJsonDepth) return std::nullopt;
    skip_space();
    if (at_ >= text_.size()) return std::nullopt;
    switch (text_[at_]) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': {
        auto text = string();
        if (!text) return std::nullopt;
        return Json{std::move(*text)};
      }
      case 't': return word("true") ? std::optional{Json{true}} : std::nullopt;
      case 'f': return word("false") ? std::optional{Json{false}} : std::nullopt;
      case 'n': return word("null") ? std::optional{Json{}} : std::nullopt;
      default: return number();
    }
  }

  std::optional<Json> number() {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           std::string_view{"+-0123456789.eE"}.find(text_[at_]) != std::string::npos)
      ++at_;
    const std::string_view digits = text_.substr(from, at_ - from);
    if (digits.empty() || digits == "-" || digits.front() == '+') return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return Json{};
    return Json{value};
  }

  std::optional<unsigned> hex4() {
    if (text_.size() - at_ < 4) return std::nullopt;
    unsigned value = 0;
    const char* from = text_.data() + at_;
    const auto [end, error] = std::from_chars(from, from + 4, value, 16);
    if (error != std::errc{} || end != from + 4) return std::nullopt;
    at_ += 4;
    return value;
  }

  bool escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view from = "\"\\/bfnrt";
    constexpr std::string_view to = "\"\\/\b\f\n\r\t";
    if (const auto known = from.find(c); known != std::string_view::npos) {
      out += to[known];
      return true;
    }
    if (c != 'u') return false;
    const auto first = hex4();
    if (!first) return false;
    char32_t value = *first;
    if (value >= 0xD800 && value < 0xDC00 && word("\\u")) {
      const auto second = hex4();
      if (!second) return false;
      value = *second >= 0xDC00 && *second < 0xE000
                  ? 0x10000 + ((value - 0xD800) << 10) + (*second - 0xDC00)
                  : kReplacementCharacter;
    } else if (value >= 0xD800 && value < 0xE000) {
      value = kReplacementCharacter;
    }
    append_utf8(out, value);
    return true;
  }

  std::optional<std::string> string() {
    ++at_;
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  std::optional<Json> array(int depth) {
    ++at_;
    Json::Array items;
    if (take(']')) return Json{std::move(items)};
    do {
      auto item = read(depth + 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
    } while (take(','));
    if (!take(']')) return std::nullopt;
    return Json{std::move(items)};
  }

  std::optional<Json> object(int depth) {
    ++at_;
    Json::Object members;
    if (take('}')) return Json{std::move(members)};
    do {
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '"') return std::nullopt;
      auto key = string();
      if (!key || !take(':')) return std::nullopt;
      auto value = read(depth + 1);
      if (!value) return std::nullopt;
      members.emplace_back(std::move(*key), std::move(*value));
    } while (take(','));
    if (!take('}')) return std::nullopt;
    return Json{std::move(members)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Json> Json::parse(std::string_view text) { return Reader{text}.all(); }

std::string Json::text() const {
  std::string out;
  append_to(out);
  return out;
}

void Json::append_to(std::string& out) const {
  if (is_null()) {
    out += "null";
  } else if (const auto* truth = std::get_if<bool>(&value_)) {
    out += *truth ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    out += fmt::format("{}", *number);
  } else if (const auto* words = std::get_if<std::string>(&value_)) {
    out += json_string(*words);
  } else if (const auto* items = std::get_if<Array>(&value_)) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      (*items)[i].append_to(out);
    }
    out += ']';
  } else {
    out += '{';
    const auto& members = std::get<Object>(value_);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      out += json_string(members[i].first) + ':';
      members[i].second.append_to(out);
    }
    out += '}';
  }
}

const Json& Json::operator[](std::string_view key) const {
  static const Json nothing;
  for (const auto& [name, value] : object()) {
    if (name == key) return value;
  }
  return nothing;
}

bool Json::boolean(bool otherwise) const {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : otherwise;
}

std::int64_t Json::integer(std::int64_t otherwise) const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value != nullptr ? *value : otherwise;
}

const std::string& Json::string() const {
  static const std::string nothing;
  const auto* value = std::get_if<std::string>(&value_);
  return value != nullptr ? *value : nothing;
}

const Json::Array& Json::array() const {
  static const Array nothing;
  const auto* value = std::get_if<Array>(&value_);
  return value != nullptr ? *value : nothing;
}

const Json::Object& Json::object() const {
  static const Object nothing;
  const auto* value = std::get_if<Object>(&value_);
  return value != nullptr ? *value : nothing;
}

}  // namespace minitor
