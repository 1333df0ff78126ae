#include "minitor/core/shell_place.hpp"

#include <algorithm>

#include "minitor/core/shell_words.hpp"

namespace minitor {
namespace {

// What a word is kept for: keywords, names of programs, assignments. None is longer.
constexpr std::size_t kMaxWordKept = 64;

constexpr std::string_view kAfterBackslash =
    "a backslash stands before the token and would take its meaning away; remove the backslash";
constexpr std::string_view kAfterDollar =
    "a $ stands before the token, and the shell would read both together; write \\$ for a dollar sign";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void keep(std::string& text, char c, std::size_t limit = kMaxWordKept) {
  if (text.size() < limit) text.push_back(c);
}

}  // namespace

ShellPlace::ShellPlace() { frames_.emplace_back(); }

void ShellPlace::feed(std::string_view text) {
  for (const char c : text) {
    if (!doubt_.empty()) return;
    read(c);
  }
}

ShellPlace::Frame& ShellPlace::push(Kind kind) {
  if (frames_.size() >= kMaxShellDepth) doubt("it is nested too deeply");
  Frame frame;
  frame.kind = kind;
  frames_.push_back(std::move(frame));
  return frames_.back();
}

void ShellPlace::pop() {
  if (frames_.size() > 1) frames_.pop_back();
}

void ShellPlace::doubt(std::string_view why) {
  if (doubt_.empty()) doubt_ = why;
}

// Backquotes take one level of backslashes away before their content is read as code.
void ShellPlace::read(char c) {
  const auto backquoted = std::find_if(frames_.rbegin(), frames_.rend(), [](const Frame& frame) {
    return frame.kind == Kind::code && frame.closer == Closer::backquote;
  });
  if (backquoted == frames_.rend()) return deliver(c);
  if (!backquoted->backquote_escape) {
    if (c == '`') return close_backquote();
    if (c == '\\') {
      backquoted->backquote_escape = true;
      return;
    }
    return deliver(c);
  }
  backquoted->backquote_escape = false;
  if (c == '`') return doubt("backquotes stand in backquotes; write $(…) instead");
  const bool taken = c == '$' || c == '\\' || (c == '"' && backquoted->in_double_quotes);
  if (!taken) deliver('\\');
  deliver(c);
}

void ShellPlace::deliver(char c) {
  if (c == '\n' && inside_here_document()) {
    return doubt("an expansion in a here-document goes over several lines");
  }
  switch (top().kind) {
    case Kind::code: return in_code(c);
    case Kind::single_quotes: return in_single_quotes(c);
    case Kind::ansi_quotes: return in_ansi_quotes(c);
    case Kind::double_quotes: return in_double_quotes(c);
    case Kind::parameter: return in_parameter(c);
    case Kind::arithmetic: return in_arithmetic(c);
    case Kind::here_word: return in_here_word(c);
    case Kind::here_document: return in_here_document(c);
    case Kind::comment:
      if (c == '\n') {
        pop();
        deliver(c);
      }
      return;
  }
}

// True in an expansion that stands in a here-document: bash looks for the end of the document in it.
bool ShellPlace::inside_here_document() const {
  for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
    const bool document = frames_[i].kind == Kind::here_document;
    if (document && frames_[i + 1].kind != Kind::here_document) return true;
  }
  return false;
}

// ---- commands --------------------------------------------------------------------------------

void ShellPlace::in_code(char c) {
  if (top().partial != Partial::none && code_partial(c)) return;
  if (top().kind != Kind::code) return deliver(c);
  code_character(c);
}

// Finishes what was begun; true when `c` belonged to it.
bool ShellPlace::code_partial(char c) {
  Frame& frame = top();
  const Partial partial = frame.partial;
  frame.partial = Partial::none;
  switch (partial) {
    case Partial::none: return false;
    case Partial::backslash:
      if (c == '\n') return true;  // the line goes on
      frame.word = Word::quoted;
      return true;
    case Partial::dollar:
    case Partial::dollar_parenthesis: return expansion(partial, c, false);
    case Partial::less:
      if (c == '<') {
        frame.partial = Partial::less_less;
        return true;
      }
      return c == '&' || c == '>';
    case Partial::less_less:
      if (c == '<') return true;  // <<< word: a word as any other
      frame.word_is_target = false;
      push(Kind::here_word).document.strips_tabs = c == '-';
      return c == '-';
    case Partial::greater: return c == '&' || c == '|' || c == '>';
    case Partial::semicolon:
      if (c != ';' && c != '&') return false;
      if (!frame.nests.empty() && frame.nests.back() == Nest::case_body) {
        frame.nests.back() = Nest::case_pattern;
      }
      return true;
    case Partial::parenthesis:
      // (( is arithmetic to bash and two subshells to others.
      if (c == '(') frame.nests.back() = Nest::arithmetic_command;
      return false;
  }
  return false;
}

void ShellPlace::code_character(char c) {
  Frame& frame = top();
  switch (c) {
    case '\\':
      frame.partial = Partial::backslash;
      return;
    case '\'':
      frame.word = Word::quoted;
      push(Kind::single_quotes);
      return;
    case '"':
      frame.word = Word::quoted;
      push(Kind::double_quotes);
      return;
    case '`':
      frame.word = Word::quoted;
      open_backquote(false);
      return;
    case '$':
      frame.word = Word::quoted;
      frame.partial = Partial::dollar;
      return;
    case '#':
      if (frame.word == Word::unknown) doubt("a # may or may not begin a comment, by the condition before");
      if (frame.word != Word::none) return;
      push(Kind::comment);
      return;
    case ' ':
    case '\t': return end_word();
    case '\n': return code_newline();
    case ';':
      end_command();
      top().partial = Partial::semicolon;
      return;
    case '&':
    case '|': return end_command();
    case '<':
    case '>':
      // The digits of 2> are no word.
      if (frame.word == Word::plain && std::all_of(frame.text.begin(), frame.text.end(), is_digit)) {
        frame.word = Word::none;
        frame.text.clear();
      }
      end_word();
      frame.word_is_target = true;
      frame.partial = c == '<' ? Partial::less : Partial::greater;
      for (const Nest nest : frame.nests) {
        if (c == '<' && nest == Nest::arithmetic_command) doubt("shells read ((… < …)) differently");
      }
      return;
    case '(':
    case ')': return code_parenthesis(c);
    default:
      if (frame.word == Word::none) frame.word = Word::plain;
      keep(frame.text, c);
  }
}

void ShellPlace::code_newline() {
  end_command();
  open_here_documents();
}

void ShellPlace::code_parenthesis(char c) {
  Frame& frame = top();
  if (c == ')') return close_parenthesis();
  if (!frame.nests.empty() && frame.nests.back() == Nest::case_pattern && frame.word == Word::none) {
    return;  // the ( that may stand before a pattern
  }
  if (frame.nests.size() >= kMaxShellDepth) return doubt("it is nested too deeply");
  const bool array = frame.word == Word::plain && frame.text.ends_with('=');
  const bool in_command = frame.position == Position::argument || array || frame.word_is_target;
  const bool at_start = frame.word == Word::none && !in_command;
  end_word();
  frame.word_is_target = false;
  frame.nests.push_back(in_command ? Nest::list : Nest::subshell);
  frame.position = array ? Position::argument : Position::start;
  if (at_start) frame.partial = Partial::parenthesis;
}

void ShellPlace::close_parenthesis() {
  end_word();
  Frame& frame = top();
  frame.word_is_target = false;
  frame.runs_code = false;
  frame.position = Position::start;
  if (!frame.nests.empty()) {
    switch (frame.nests.back()) {
      case Nest::list: frame.position = Position::argument; [[fallthrough]];
      case Nest::subshell:
      case Nest::arithmetic_command: frame.nests.pop_back(); return;
      case Nest::case_pattern: frame.nests.back() = Nest::case_body; return;
      case Nest::case_subject:
      case Nest::case_word:
      case Nest::case_body: return doubt("a ) stands where a case is not finished");
    }
  }
  if (frame.closer == Closer::parenthesis) close_code();
}

// A piece of code ends; the line on which its here-documents would have begun never came.
void ShellPlace::close_code() {
  if (!top().pending.empty()) doubt("a $(…) ends before its here-document begins");
  pop();
}

void ShellPlace::end_command() {
  end_word();
  Frame& frame = top();
  frame.word_is_target = false;
  frame.runs_code = false;
  frame.position = Position::start;
}

void ShellPlace::end_word() {
  Frame& frame = top();
  if (frame.word == Word::none) return;
  if (frame.word_is_target) {
    frame.word_is_target = false;
    if (frame.position == Position::start) frame.position = Position::before_name;
  } else if (frame.position == Position::argument) {
    end_argument(frame);
  } else {
    end_first_word(frame);
  }
  frame.word = Word::none;
  frame.text.clear();
}

void ShellPlace::end_first_word(Frame& frame) {
  const bool in_pattern = !frame.nests.empty() && frame.nests.back() == Nest::case_pattern;
  if (in_pattern) {
    if (frame.word == Word::plain && frame.text == "esac") frame.nests.pop_back();
    return;
  }
  const bool plain = frame.word == Word::plain;
  if (is_assignment(frame.text)) {
    frame.position = frame.position == Position::unknown ? Position::unknown : Position::before_name;
    return;
  }
  const bool keywords = frame.position == Position::start || frame.position == Position::unknown;
  if (plain && keywords && (frame.text == "case" || frame.text == "esac")) {
    if (frame.position == Position::unknown) {
      return doubt("a case may or may not begin here, by the condition before");
    }
    if (frame.text == "case") {
      if (frame.nests.size() >= kMaxShellDepth) return doubt("it is nested too deeply");
      frame.nests.push_back(Nest::case_subject);
      frame.position = Position::argument;
    } else if (!frame.nests.empty() && frame.nests.back() == Nest::case_body) {
      frame.nests.pop_back();
    }
    return;
  }
  if (plain && keywords && starts_a_command(frame.text)) return;
  frame.in_test = plain && frame.text == "[[";
  frame.runs_code = plain && runs_text_as_code(frame.text);
  frame.position = Position::argument;
}

void ShellPlace::end_argument(Frame& frame) {
  if (!frame.nests.empty()) {
    Nest& nest = frame.nests.back();
    if (nest == Nest::case_subject) {
      nest = Nest::case_word;
    } else if (nest == Nest::case_word) {
      if (frame.word == Word::plain && frame.text == "in") {
        nest = Nest::case_pattern;
        frame.position = Position::start;
      }
    }
  }
  if (frame.word == Word::plain && frame.text == "]]") frame.in_test = false;
}

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
    case '(':
      top().partial = Partial::dollar_parenthesis;
      return true;
    case '{':
      push(Kind::parameter).in_double_quotes = quoted;
      return true;
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

// ---- quotes ----------------------------------------------------------------------------------

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

// ---- expansions ------------------------------------------------------------------------------

void ShellPlace::in_parameter(char c) {
  if (top().part == ParameterPart::word || top().part == ParameterPart::pattern) return parameter_word(c);
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

// ---- here-documents --------------------------------------------------------------------------

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

// ---- placing a value -------------------------------------------------------------------------

bool ShellPlace::only_numbers() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const Frame& frame) {
    if (frame.kind == Kind::arithmetic || frame.in_test) return true;
    if (frame.kind != Kind::code) return false;
    const bool subscript = frame.word == Word::plain && is_subscript(frame.text);
    return subscript || std::count(frame.nests.begin(), frame.nests.end(), Nest::arithmetic_command) > 0;
  });
}

// Why a value cannot stand here; empty: it can.
std::string ShellPlace::refusal_here(ValueKind kind) const {
  if (!doubt_.empty()) return "nobody can tell how the shell reads this place: " + std::string(doubt_);
  const Frame& frame = top();
  const bool escape = std::any_of(frames_.begin(), frames_.end(),
                                  [](const Frame& it) { return it.backquote_escape; });
  if (escape || frame.partial == Partial::backslash) return std::string(kAfterBackslash);
  if (frame.partial == Partial::dollar) return std::string(kAfterDollar);
  if (frame.kind == Kind::here_word || frame.partial == Partial::less_less) {
    return "the word that ends a here-document cannot come from a notice";
  }
  if (frame.kind == Kind::here_document && frame.document.quoted) {
    return "the word after << is quoted, so the shell reads this here-document as plain text and no "
           "variable is filled in; write <<" + frame.document.delimiter + " without quotes or backslash";
  }
  if (std::any_of(frames_.begin(), frames_.end(), [](const Frame& it) {
        return it.kind == Kind::parameter && it.part != ParameterPart::word;
      })) {
    return "a value cannot stand here in ${…}, only after :- - := = :+ + :? or ?";
  }
  if (kind == ValueKind::text && only_numbers()) {
    return "the shell evaluates this place as arithmetic and would run commands that stand in a text; "
           "only numbers can stand here (for a comparison of texts, write [ … ] )";
  }
  const bool names_command = frame.kind == Kind::code && frame.position != Position::argument &&
                             frame.word == Word::none && !frame.word_is_target;
  const bool pattern = !frame.nests.empty() && frame.nests.back() == Nest::case_pattern;
  if (frame.partial == Partial::dollar_parenthesis || (names_command && !pattern)) {
    return "the name of a command cannot come from a notice: it would run what the notice says";
  }
  return {};
}

std::variant<ShellPlace::Reference, ShellPlace::Refusal> ShellPlace::place(ValueKind kind) {
  if (std::string why = refusal_here(kind); !why.empty()) return Refusal{std::move(why)};
  Frame& frame = top();
  frame.partial = Partial::none;
  switch (frame.kind) {
    case Kind::code:
      frame.word = Word::quoted;
      return Reference{"\"", "\""};
    case Kind::single_quotes: return Reference{"'\"", "\"'"};
    case Kind::ansi_quotes: return Reference{"'\"", "\"$'"};
    case Kind::parameter:
      if (!frame.in_double_quotes) return Reference{"\"", "\""};
      return Reference{"", ""};
    case Kind::here_document:
      frame.line_is_plain = false;
      return Reference{"", ""};
    case Kind::double_quotes:
    case Kind::arithmetic:
    case Kind::here_word:
    case Kind::comment: return Reference{"", ""};
  }
  return Refusal{"this place is unknown"};
}

std::optional<std::string> ShellPlace::join(const ShellPlace& other) {
  if (!other.doubt_.empty()) doubt(other.doubt_);
  if (!doubt_.empty()) return std::nullopt;
  if (frames_.size() != other.frames_.size()) return "quotes or parentheses are open after one and not the other";
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    Frame& mine = frames_[i];
    const Frame& theirs = other.frames_[i];
    if (mine.kind != theirs.kind || mine.closer != theirs.closer ||
        mine.in_double_quotes != theirs.in_double_quotes || mine.depth != theirs.depth ||
        mine.quote != theirs.quote || mine.literal_quote != theirs.literal_quote) {
      return "one ends inside quotes or an expansion that the other does not end in";
    }
    if (mine.partial != theirs.partial || mine.backquote_escape != theirs.backquote_escape ||
        mine.part != theirs.part) {
      return "one ends in the middle of an expansion or an operator";
    }
    if (mine.nests != theirs.nests) return "parentheses or a case are open after one and not the other";
    if (mine.pending != theirs.pending || mine.document != theirs.document) {
      return "a here-document begins or ends in one and not the other";
    }
    if (mine.in_test != theirs.in_test) return "[[ is open after one and not the other";
    if (mine.word_is_target != theirs.word_is_target) return "one ends in a redirection";
    if (mine.position != theirs.position) mine.position = Position::unknown;
    if (mine.word != theirs.word) mine.word = mine.word == Word::none || theirs.word == Word::none ? Word::unknown : Word::quoted;
    mine.runs_code = mine.runs_code || theirs.runs_code;
    mine.line_is_plain = mine.line_is_plain && theirs.line_is_plain;
    if (mine.text != theirs.text) {
      if (mine.kind == Kind::here_document && mine.line_is_plain) mine.line_is_plain = false;
      mine.text.clear();
      if (mine.word == Word::plain) mine.word = Word::quoted;
    }
  }
  return std::nullopt;
}

bool ShellPlace::reads_arguments_as_code() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const Frame& frame) { return frame.runs_code; });
}

}  // namespace minitor
