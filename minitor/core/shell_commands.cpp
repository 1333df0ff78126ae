// The part of ShellPlace that reads commands: words, operators, keywords, parentheses.
#include <algorithm>

#include "minitor/core/shell_place.hpp"
#include "minitor/core/shell_words.hpp"

namespace minitor {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

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
    case '\\': frame.partial = Partial::backslash; return;
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
      if (frame.word == Word::unknown)
        doubt("a # may or may not begin a comment, by the condition before");
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
      if (frame.word == Word::plain &&
          std::all_of(frame.text.begin(), frame.text.end(), is_digit)) {
        frame.word = Word::none;
        frame.text.clear();
      }
      end_word();
      frame.word_is_target = true;
      frame.partial = c == '<' ? Partial::less : Partial::greater;
      for (const Nest nest : frame.nests) {
        if (c == '<' && nest == Nest::arithmetic_command)
          doubt("shells read ((… < …)) differently");
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
  if (!frame.nests.empty() && frame.nests.back() == Nest::case_pattern &&
      frame.word == Word::none) {
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
  frame.evaluates = false;
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
  frame.evaluates = false;
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
    frame.position =
        frame.position == Position::unknown ? Position::unknown : Position::before_name;
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
  frame.evaluates = plain && frame.text == "eval";
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

}  // namespace minitor
