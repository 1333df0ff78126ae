// The part of ShellPlace that reads quotes and expansions: '…', "…", ${…}, $((…)), backquotes.
#include "minitor/core/shell_place.hpp"

namespace minitor {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// After a $ or a $(; true when `c` belonged to it. `quoted`: in double quotes or a here-document.
bool ShellPlace::expansion(Partial partial, char c, bool quoted) {
  if (partial == Partial::dollar_parenthesis) {
    if (c == '(') {
      push(Kind::arithmetic).depth = 2;
    } else {
      push(Kind::code).closer = Closer::parenthesis;
      deliver(c);
    }
    return true;
  }
  if (partial != Partial::dollar) return false;
  switch (c) {
    case '(': top().partial = Partial::dollar_parenthesis; return true;
    case '{': push(Kind::parameter).in_double_quotes = quoted; return true;
    case '[': doubt("shells read $[ differently; write $((…))"); return true;
    case '\'':
      if (quoted) return false;
      push(Kind::ansi_quotes);
      return true;
    case '$':
    case '#':
    case '?':
    case '!':
    case '*':
    case '@':
    case '-': return true;  // special parameters
    default: return false;
  }
}

void ShellPlace::open_backquote(bool quoted) {
  Frame& frame = push(Kind::code);
  frame.closer = Closer::backquote;
  frame.in_double_quotes = quoted;
}

// What is still open inside ends with them: the shell reads their content apart.
void ShellPlace::close_backquote() {
  while (top().kind != Kind::code || top().closer != Closer::backquote) pop();
  close_code();
}

void ShellPlace::in_single_quotes(char c) {
  if (c == '\'') pop();
}

void ShellPlace::in_ansi_quotes(char c) {
  Frame& frame = top();
  if (frame.partial == Partial::backslash) {
    frame.partial = Partial::none;
    if (c == '\'') doubt("shells disagree where $'…\\'…' ends; use printf");
  } else if (c == '\\') {
    frame.partial = Partial::backslash;
  } else if (c == '\'') {
    pop();
  }
}

void ShellPlace::in_double_quotes(char c) {
  Frame& frame = top();
  const Partial partial = frame.partial;
  frame.partial = Partial::none;
  if (partial == Partial::backslash) return;
  if (expansion(partial, c, true)) return;
  switch (c) {
    case '"': return pop();
    case '\\': frame.partial = Partial::backslash; return;
    case '$': frame.partial = Partial::dollar; return;
    case '`': return open_backquote(true);
    default: return;
  }
}

void ShellPlace::in_parameter(char c) {
  if (top().part == ParameterPart::word || top().part == ParameterPart::pattern)
    return parameter_word(c);
  parameter_name(c);
}

void ShellPlace::parameter_name(char c) {
  Frame& frame = top();
  const bool name = c == '_' || is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (frame.part == ParameterPart::start) {
    if (!name && std::string_view("@*#?$!-").find(c) == std::string_view::npos) {
      return doubt("a ${…} does not begin with a name");
    }
    frame.part = ParameterPart::name;
    return;
  }
  if (frame.part == ParameterPart::name) {
    if (name) return;
    if (c == '}') return pop();
    if (c == ':') {
      frame.part = ParameterPart::colon;
      return;
    }
  }
  // Only after these the rest is a word; after others it is a pattern, or even arithmetic.
  const bool word = c == '-' || c == '=' || c == '+' || c == '?';
  const bool colon = frame.part == ParameterPart::colon;
  frame.part = word ? ParameterPart::word : ParameterPart::pattern;
  if (colon && !word) parameter_word(c);
}

void ShellPlace::parameter_word(char c) {
  Frame& frame = top();
  const bool quoted = frame.in_double_quotes;
  const Partial partial = frame.partial;
  frame.partial = Partial::none;
  if (partial == Partial::backslash) return;
  if (expansion(partial, c, quoted)) return;
  // bash pairs these, sh does not.
  if (frame.literal_quote && (c == '}' || c == '"' || c == '\\' || c == '`')) {
    return doubt("shells read a ' in \"${…}\" differently");
  }
  switch (c) {
    case '}': return pop();
    case '\\': frame.partial = Partial::backslash; return;
    case '$': frame.partial = Partial::dollar; return;
    case '`': return open_backquote(quoted);
    case '"': push(Kind::double_quotes); return;
    case '\'':
      if (quoted && frame.part == ParameterPart::word) {
        frame.literal_quote = !frame.literal_quote;
      } else {
        push(Kind::single_quotes);
      }
      return;
    default: return;
  }
}

void ShellPlace::in_arithmetic(char c) {
  Frame& frame = top();
  const Partial partial = frame.partial;
  frame.partial = Partial::none;
  if (partial == Partial::backslash) return;
  if (expansion(partial, c, true)) return;
  if (frame.depth == 1 && c != ')') {
    return doubt("$(( may begin arithmetic or a command; write $( ( for the second");
  }
  switch (c) {
    case '(': ++frame.depth; return;
    case ')':
      if (--frame.depth == 0) pop();
      return;
    case '\\': frame.partial = Partial::backslash; return;
    case '$': frame.partial = Partial::dollar; return;
    case '`': return open_backquote(true);
    case '\'':
    case '"': return doubt("shells read quotes in $((…)) differently");
    default: return;
  }
}

}  // namespace minitor
