// Two translations: what the YAML parser says into words, and a place in a value back into a place
// in the file.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "minitor/config/yaml_document.hpp"

namespace minitor::config {
namespace {

struct Words {
  std::string_view parser;  // the beginning of what yaml-cpp says
  std::string_view ours;
};

constexpr std::array kWords{
    Words{"end of map not found",
          "this line does not belong to the map above it; check its indentation and that it "
          "reads \"key: value\""},
    Words{"end of map flow not found",
          "a { that is not closed, or a comma that is missing; quote the text if the { "
          "belongs to it"},
    Words{"end of sequence not found",
          "this line does not belong to the list above it; begin it with \"- \" or check "
          "its indentation"},
    Words{"end of sequence flow not found",
          "a [ that is not closed, or a comma that is missing; quote the text if "
          "the [ belongs to it"},
    Words{"illegal tab when looking for indentation",
          "a tab in the indentation; YAML takes only spaces"},
    Words{"illegal flow end",
          "a closing bracket without an open one; quote the text if it belongs to it"},
    Words{"illegal block entry", "a list cannot begin here; put its \"- \" on a line of its own"},
    Words{"illegal map key", "a key cannot stand here; check the indentation"},
    Words{"illegal map value",
          "a \": \" cannot stand here; quote text that holds one, or check the indentation"},
    Words{"illegal EOF in scalar", "the file ends inside a quoted text; close the quote"},
    Words{"illegal document indicator in scalar",
          "--- or ... inside a quoted text; close the quote"},
    Words{"illegal character in scalar", "this character cannot stand here; quote the text"},
    Words{"unknown escape character",
          "an escape that YAML does not know; write \\\\ for a backslash, or use single "
          "quotes"},
    Words{"bad character found while scanning hex number",
          "not a hexadecimal number after the backslash escape"},
    Words{"invalid unicode", "an escape for a character that does not exist"},
    Words{"unknown token", "a text cannot begin with this character; quote it"},
    Words{"alias not found after *",
          "a * begins an alias and needs a name; quote the text if the * belongs to it"},
    Words{"anchor not found after &",
          "an & begins an anchor and needs a name; quote the text if the & belongs to it"},
    Words{"illegal character found while scanning alias",
          "this character cannot stand in the name of an alias; quote "
          "the text if the * belongs to it"},
    Words{"illegal character found while scanning anchor",
          "this character cannot stand in the name of an anchor; "
          "quote the text if the & belongs to it"},
    Words{"the referenced anchor is not defined",
          "an alias of an anchor that is not defined above it; quote the text "
          "if the * belongs to it"},
    Words{"cannot assign multiple tags", "two tags on one value"},
    Words{"cannot assign multiple anchors", "two anchors on one value"},
    Words{"cannot assign multiple aliases", "two aliases on one value"},
    Words{"aliases can't have any content",
          "an alias is the whole value; nothing can stand beside it"},
    Words{"cannot set zero indentation",
          "text after | or > must be indented by at least one space"},
    Words{"unexpected character in block scalar", "only a comment may follow | or > in its line"},
    Words{"bad YAML version", "a %YAML line with a version that is none; leave it out"},
    Words{"YAML major version too large", "a %YAML line with a version above 1.2; leave it out"},
    Words{"YAML directives", "a %YAML line that is not one; leave it out"},
    Words{"repeated", "the same % line twice; keep one"},
    Words{"TAG directives", "a %TAG line that is not one; leave it out"},
    Words{"illegal character found while scanning tag handle",
          "a ! begins a tag; quote the text if it belongs to it"},
    Words{"tag handle with no suffix", "a ! begins a tag; quote the text if it belongs to it"},
    Words{"end of verbatim tag not found", "a !< that is not closed"},
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// How many bytes of value and of source the escape at `at` (a backslash) stands for; {0, 0}: unknown.
std::pair<std::size_t, std::size_t> escape_sizes(std::string_view source, std::size_t at,
                                                 std::string_view value, std::size_t index) {
  const char kind = at + 1 < source.size() ? source[at + 1] : '\0';
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  std::size_t bytes = 1;
  while (index + bytes < value.size() &&
         (static_cast<unsigned char>(value[index + bytes]) & 0xC0U) == 0x80U)
    ++bytes;
  return {bytes, 2 + digits};
}

}  // namespace

std::size_t after_properties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    while (at < text.size() && !is_blank(text[at])) ++at;
    at = after_blanks(text, at);
  }
  return at;
}

std::string syntax_error_in_words(std::string_view message) {
  for (const Words& words : kWords)
    if (message.substr(0, words.parser.size()) == words.parser) return std::string(words.ours);
  return fmt::format("not YAML: {}", message);
}

std::size_t source_offset(const SourceText& source, const Document& document, NodeId scalar,
                          std::size_t index) {
  const std::string_view text = source.text();
  const std::string_view value = document.text(scalar);
  const std::size_t start = after_properties(text, document.offset(scalar));
  if (start >= text.size() || document.kind(scalar) != NodeKind::scalar)
    return document.offset(scalar);
  const char first = text[start];
  std::size_t at = start;
  const bool in_double_quotes = first == '"';
  const bool in_single_quotes = first == '\'';
  if (in_double_quotes || in_single_quotes) ++at;
  if (first == '|' || first == '>') {
    at = text.find('\n', start);
    if (at == std::string_view::npos) return start;
    if (!value.empty() && is_blank(value.front())) ++at;
  }
  // Walk value and source side by side; a run of blanks in one is a run of blanks in the other.
  for (std::size_t i = 0; i < index && i < value.size();) {
    if (at >= text.size()) return start;
    if (in_double_quotes && text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      at = after_blanks(text, at + 1);
    } else if (in_double_quotes && text[at] == '\\') {
      const auto [of_value, of_source] = escape_sizes(text, at, value, i);
      i += of_value;
      at += of_source;
    } else if (in_single_quotes && value[i] == '\'' && text[at] == '\'') {
      ++i;
      at += 2;
    } else if (value[i] == text[at]) {
      const bool newline = value[i] == '\n';
      ++i;
      ++at;
      if (newline && (i >= value.size() || !is_blank(value[i]))) at = after_blanks(text, at);
    } else if (is_blank(text[at])) {
      at = after_blanks(text, at);
      while (i < index && i < value.size() && is_blank(value[i])) ++i;
    } else {
      return start;
    }
  }
  return at >= text.size() ? start
         : (is_blank(text[at]) && index < value.size() && !is_blank(value[index]))
             ? after_blanks(text, at)
             : at;
}

}  // namespace minitor::config
