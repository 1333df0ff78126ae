#include "checks/endpoint/expectation.hpp"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <charconv>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_reader.hpp"

namespace checks::endpoint {

namespace {

// A quotation; whoever prints it makes it clean.
std::string cut(std::string_view text) {
  constexpr std::size_t kShown = 60;
  return std::string(net::cut_utf8(text, kShown)) + (text.size() > kShown ? "…" : "");
}

// Back references are an extension of glibc's, and take exponential time.
bool has_back_reference(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    if (text[i + 1] >= '1' && text[i + 1] <= '9') return true;
    ++i;
  }
  return false;
}

// "~1" is "/" and "~0" is "~" (RFC 6901, section 4).
std::string unescaped_token(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[i + 1] == '0' ? '~' : '/';
      ++i;
    } else {
      out += token[i];
    }
  }
  return out;
}

const net::JsonValue* step(const net::JsonValue& value, const std::string& token) {
  if (const auto* array = value.array()) {
    std::size_t index = 0;
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), index);
    const bool number = parsed.ec == std::errc{} && parsed.ptr == token.data() + token.size();
    const bool plain = token.size() == 1 || (!token.empty() && token.front() != '0');
    return number && plain && index < array->size() ? &(*array)[index] : nullptr;
  }
  return value.object() != nullptr ? value.find(token) : nullptr;
}

const net::JsonValue* at(const net::JsonValue& root, std::string_view pointer) {
  const net::JsonValue* value = &root;
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    value = step(*value, unescaped_token(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return value;
}

std::string as_text(const net::JsonValue& value) {
  if (const auto* text = value.string()) return *text;
  if (const auto* flag = value.boolean()) return *flag ? "true" : "false";
  if (value.number() != nullptr) return value.number_text;
  if (value.array() != nullptr) return "an array";
  return value.object() != nullptr ? "an object" : "null";
}

bool equals(const net::JsonValue& value, const std::string& wanted) {
  if (value.array() != nullptr || value.object() != nullptr) return false;
  if (as_text(value) == wanted) return true;
  const auto* number = value.number();
  if (number == nullptr) return false;
  double other = 0;  // 1.0 is 1
  const auto parsed = std::from_chars(wanted.data(), wanted.data() + wanted.size(), other);
  return parsed.ec == std::errc{} && parsed.ptr == wanted.data() + wanted.size() &&
         !(other < *number) && !(*number < other);
}

std::optional<std::string> unmet_json(const std::vector<JsonExpectation>& asked,
                                      std::string_view text, bool partly) {
  if (asked.empty()) return std::nullopt;
  if (partly) return "the JSON is longer than what is read of it";
  const auto parsed = net::parse_json(text);
  if (const auto* error = std::get_if<net::JsonError>(&parsed))
    return fmt::format("the body is no JSON: line {}, column {}: {}", error->line, error->column,
                       error->reason);
  const auto& root = std::get<net::JsonValue>(parsed);
  for (const JsonExpectation& one : asked) {
    const net::JsonValue* value = at(root, one.pointer);
    const std::string where = one.pointer.empty() ? "the document" : one.pointer;
    if (value == nullptr) return fmt::format("there is no {} in the JSON", where);
    if (one.value && !equals(*value, *one.value))
      return fmt::format("{} is {}, not {}", where, cut(as_text(*value)), *one.value);
  }
  return std::nullopt;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

struct Pattern::Compiled {
  regex_t regex{};
  bool good = false;
  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    if (good) regfree(&regex);
  }
};

std::optional<Pattern> Pattern::compile(const std::string& text, std::string& problem) {
  if (has_back_reference(text)) {
    problem = "back references are not supported";
    return std::nullopt;
  }
  auto compiled = std::make_shared<Compiled>();
  const int code = regcomp(&compiled->regex, text.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
  if (code != 0) {
    char words[128] = {};
    regerror(code, &compiled->regex, words, sizeof words);
    problem = words;
    return std::nullopt;
  }
  compiled->good = true;
  Pattern pattern;
  pattern.compiled_ = std::move(compiled);
  pattern.text_ = text;
  return pattern;
}

bool Pattern::matches(std::string_view text) const {
  // By its bounds, since a reply may hold NUL; in a copy that ends with one, since not every regexec
  // looks at the bounds alone.
  const std::string whole{text};
  regmatch_t bounds{};
  bounds.rm_so = 0;
  bounds.rm_eo = static_cast<regoff_t>(whole.size());
  return regexec(&compiled_->regex, whole.c_str(), 1, &bounds, REG_STARTEND) == 0;
}

bool Expectations::settled(std::string_view text) const {
  if (!lacks.empty() || !matches.empty() || !json.empty()) return false;
  return std::all_of(contains.begin(), contains.end(), [&](const std::string& piece) {
    return text.find(piece) != std::string_view::npos;
  });
}

std::optional<std::string> unmet(const Expectations& asked, std::string_view text, bool partly) {
  const std::string_view scope = partly ? " in what was read of it" : "";
  for (const std::string& piece : asked.contains)
    if (text.find(piece) == std::string_view::npos)
      return fmt::format("\"{}\" is not there{}", cut(piece), scope);
  for (const std::string& piece : asked.lacks)
    if (text.find(piece) != std::string_view::npos)
      return fmt::format("\"{}\" is there", cut(piece));
  for (const Pattern& pattern : asked.matches)
    if (!pattern.matches(text))
      return fmt::format("nothing matches /{}/{}", cut(pattern.text()), scope);
  return unmet_json(asked.json, text, partly);
}

std::optional<JsonExpectation> parse_json_expectation(std::string_view text) {
  const auto equals_sign = text.find('=');
  JsonExpectation result;
  result.pointer = std::string(text.substr(0, equals_sign));
  if (!result.pointer.empty() && result.pointer.front() != '/') return std::nullopt;
  if (equals_sign != std::string_view::npos)
    result.value = std::string(text.substr(equals_sign + 1));
  return result;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case '\\': out += '\\'; break;
      case 'x': {
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
        break;
      }
      default: return std::nullopt;
    }
  }
  return out;
}

std::optional<std::vector<StatusRange>> parse_statuses(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<int> {
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || value < 100 || value > 599)
      return std::nullopt;
    return value;
  };
  std::vector<StatusRange> ranges;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    const auto dash = part.find('-');
    const auto low = number(part.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : number(part.substr(dash + 1));
    if (!low || !high || *low > *high) return std::nullopt;
    ranges.push_back({*low, *high});
    if (comma == text.size()) return ranges;
    text.remove_prefix(comma + 1);
  }
}

bool holds(const std::vector<StatusRange>& ranges, int status) {
  return std::any_of(ranges.begin(), ranges.end(), [status](const StatusRange& range) {
    return status >= range.low && status <= range.high;
  });
}

}  // namespace checks::endpoint
