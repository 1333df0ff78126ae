// The part of ShellPlace that reads here-documents.
#include "minitor/core/shell_place.hpp"

namespace minitor {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

void ShellPlace::in_here_word(char c) {
  Frame& frame = top();
  HereDocument& document = frame.document;
  const auto add = [&] {
    keep(document.delimiter, c);
    if (document.delimiter.size() == kMaxWordKept) doubt("the word after << is too long");
  };
  if (frame.partial == Partial::backslash) {
    frame.partial = Partial::none;
    if (c == '\n') return doubt("the word after << goes over the end of its line");
    return add();
  }
  if (frame.quote != '\0') {
    if (c == frame.quote) {
      frame.quote = '\0';
    } else if (c == '\n' || c == '\\' || (frame.quote == '"' && (c == '$' || c == '`'))) {
      doubt("shells read such a word after << differently");
    } else {
      add();
    }
    return;
  }
  const bool begun = document.quoted || !document.delimiter.empty();
  if (c == '\'' || c == '"') {
    document.quoted = true;
    frame.quote = c;
  } else if (c == '\\') {
    document.quoted = true;
    frame.partial = Partial::backslash;
  } else if (is_blank(c) && !begun) {
    return;
  } else if (c == '$' || c == '`' || c == '(' || (c == '#' && !begun)) {
    doubt("shells read such a word after << differently");
  } else if (is_blank(c) || std::string_view("\n;&|<>)").find(c) != std::string_view::npos) {
    if (!begun) return doubt("a word is missing after <<");
    HereDocument done = std::move(document);
    pop();
    top().pending.push_back(std::move(done));
    deliver(c);
  } else {
    add();
  }
}

void ShellPlace::open_here_documents() {
  std::vector<HereDocument> pending;
  pending.swap(top().pending);
  for (auto document = pending.rbegin(); document != pending.rend(); ++document) {
    push(Kind::here_document).document = std::move(*document);
  }
}

void ShellPlace::here_document_newline() {
  Frame& frame = top();
  const bool ends = frame.line_is_plain && frame.text == frame.document.delimiter;
  frame.text.clear();
  frame.line_is_plain = true;
  if (ends) pop();
}

void ShellPlace::in_here_document(char c) {
  Frame& frame = top();
  const Partial partial = frame.partial;
  frame.partial = Partial::none;
  if (partial == Partial::backslash) {
    frame.line_is_plain = false;
    return;
  }
  if (expansion(partial, c, true)) return;
  if (c == '\n') return here_document_newline();
  const bool at_start = frame.line_is_plain && frame.text.empty();
  if (at_start && frame.document.strips_tabs && c == '\t') return;
  if (c == ')' && frame.line_is_plain && frame.text == frame.document.delimiter) {
    return doubt("shells disagree whether a here-document ends at a line that goes on");
  }
  keep(frame.text, c);
  if (frame.text.size() == kMaxWordKept) frame.line_is_plain = false;
  if (frame.document.quoted) return;
  if (c == '\\') {
    frame.partial = Partial::backslash;
    frame.line_is_plain = false;
  } else if (c == '$') {
    frame.partial = Partial::dollar;
    frame.line_is_plain = false;
  } else if (c == '`') {
    frame.line_is_plain = false;
    open_backquote(true);
  }
}

}  // namespace minitor
