#include "minitor/core/shell_place.hpp"

#include <algorithm>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/shell_words.hpp"

namespace minitor {
namespace {

constexpr std::string_view kAfterBackslash =
    "a backslash stands before the token and would take its meaning away; remove the backslash";
constexpr std::string_view kAfterDollar =
    "a $ stands before the token, and the shell would read both together; write \\$ for a dollar "
    "sign";

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
  if (c == '"' && backquoted->in_double_quotes) {
    return doubt("shells read \\\" in backquotes in double quotes differently; write $(…) instead");
  }
  const bool taken = c == '$' || c == '\\';
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

// True in an expansion that stands in a here-document: bash looks for the end of the document in
// it.
bool ShellPlace::inside_here_document() const {
  for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
    const bool document = frames_[i].kind == Kind::here_document;
    if (document && frames_[i + 1].kind != Kind::here_document) return true;
  }
  return false;
}

// ---- placing a value -------------------------------------------------------------------------

bool ShellPlace::only_numbers() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const Frame& frame) {
    if (frame.kind == Kind::arithmetic || frame.in_test) return true;
    if (frame.kind != Kind::code) return false;
    const bool subscript = frame.word == Word::plain && is_subscript(frame.text);
    return subscript ||
           std::count(frame.nests.begin(), frame.nests.end(), Nest::arithmetic_command) > 0;
  });
}

// Why a value cannot stand here; empty: it can.
std::string ShellPlace::refusal_here(ValueKind kind) const {
  if (!doubt_.empty())
    return "nobody can tell how the shell reads this place: " + std::string(doubt_);
  const Frame& frame = top();
  const bool escape = std::any_of(frames_.begin(), frames_.end(),
                                  [](const Frame& it) { return it.backquote_escape; });
  if (escape || frame.partial == Partial::backslash) return std::string(kAfterBackslash);
  if (frame.partial == Partial::dollar) return std::string(kAfterDollar);
  if (frame.kind == Kind::here_word || frame.partial == Partial::less_less) {
    return "the word that ends a here-document cannot come from a notice";
  }
  if (frame.kind == Kind::here_document && frame.document.quoted) {
    return "the word after << is quoted, so the shell reads this here-document as plain text and "
           "fills no variable in; write <<" +
           one_line(frame.document.delimiter) + " without quotes or backslash";
  }
  if (std::any_of(frames_.begin(), frames_.end(), [](const Frame& it) {
        return it.kind == Kind::parameter && it.part != ParameterPart::word;
      })) {
    return "a value cannot stand here in ${…}, only after :- - := = :+ + :? or ?";
  }
  if (kind == ValueKind::text &&
      std::any_of(frames_.begin(), frames_.end(), [](const Frame& it) { return it.evaluates; })) {
    return "eval would run what it holds; leave eval out, or name the MINITOR_ variable in its "
           "text "
           "so that eval fills it in: eval 'printf %s \"$MINITOR_OUTPUT\"'";
  }
  if (kind == ValueKind::text && only_numbers()) {
    return "the shell evaluates this place as arithmetic and would run commands that stand in a "
           "text; "
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
    case Kind::code: frame.word = Word::quoted; return Reference{"\"", "\""};
    case Kind::single_quotes: return Reference{"'\"", "\"'"};
    case Kind::ansi_quotes: return Reference{"'\"", "\"$'"};
    case Kind::parameter:
      if (!frame.in_double_quotes) return Reference{"\"", "\""};
      return Reference{"", ""};
    case Kind::here_document: frame.line_is_plain = false; return Reference{"", ""};
    case Kind::double_quotes:
    case Kind::arithmetic:
    case Kind::here_word:
    case Kind::comment: return Reference{"", ""};
  }
  return Refusal{"this place is unknown"};
}

// What makes the two read the same text differently; empty: nothing, or nothing that join() cannot keep
// in mind.
std::string_view ShellPlace::difference(const Frame& a, const Frame& b) {
  if (a.kind != b.kind || a.closer != b.closer || a.in_double_quotes != b.in_double_quotes ||
      a.depth != b.depth || a.quote != b.quote || a.literal_quote != b.literal_quote) {
    return "one ends inside quotes or an expansion that the other does not end in";
  }
  if (a.partial != b.partial || a.backquote_escape != b.backquote_escape || a.part != b.part) {
    return "one ends in the middle of an expansion or an operator";
  }
  if (a.nests != b.nests) return "parentheses or a case are open after one and not the other";
  if (a.pending != b.pending || a.document != b.document) {
    return "a here-document begins or ends in one and not the other";
  }
  if (a.in_test != b.in_test) return "[[ is open after one and not the other";
  if (a.word_is_target != b.word_is_target) return "one ends in a redirection";
  return {};
}

void ShellPlace::merge(Frame& mine, const Frame& theirs) {
  if (mine.position != theirs.position) mine.position = Position::unknown;
  if (mine.word != theirs.word) {
    const bool perhaps_none = mine.word == Word::none || theirs.word == Word::none;
    mine.word = perhaps_none ? Word::unknown : Word::quoted;
  }
  mine.runs_code = mine.runs_code || theirs.runs_code;
  mine.evaluates = mine.evaluates || theirs.evaluates;
  mine.line_is_plain = mine.line_is_plain && theirs.line_is_plain && mine.text == theirs.text;
  if (mine.text != theirs.text) {
    mine.text.clear();
    if (mine.word == Word::plain) mine.word = Word::quoted;
  }
}

std::optional<std::string> ShellPlace::join(const ShellPlace& other) {
  if (!other.doubt_.empty()) doubt(other.doubt_);
  if (!doubt_.empty()) return std::nullopt;
  if (frames_.size() != other.frames_.size()) {
    return "quotes or parentheses are open after one and not the other";
  }
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const std::string_view different = difference(frames_[i], other.frames_[i]);
    if (!different.empty()) return std::string(different);
    merge(frames_[i], other.frames_[i]);
  }
  return std::nullopt;
}

bool ShellPlace::reads_arguments_as_code() const {
  return std::any_of(frames_.begin(), frames_.end(),
                     [](const Frame& frame) { return frame.runs_code; });
}

}  // namespace minitor
