// Where in a shell text a place lies: bare, in which quotes, in which expansion, in which
// here-document. That decides how a reference to a variable has to be written there so that the
// value is one word, exactly as it is, and never read as code.
//
// It is a state machine over the grammar of POSIX sh (XCU 2.2 to 2.10), with the extensions of bash
// that /bin/sh may have. It does not judge the text: what the shell will refuse, it will refuse.
// Where shells read a text in different ways it says so (`doubt_`) and places nothing after that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace minitor {

// Nested deeper than this, nobody can tell any more.
inline constexpr std::size_t kMaxShellDepth = 64;

class ShellPlace {
 public:
  ShellPlace();

  // Goes on over text that stands there as it is.
  void feed(std::string_view text);

  enum class ValueKind : std::uint8_t { text, number };
  // What has to stand before and after the `${NAME}`.
  struct Reference {
    std::string_view before;
    std::string_view after;
  };
  struct Refusal {
    std::string why;
  };
  // How to write a reference in this place; goes on behind it.
  [[nodiscard]] std::variant<Reference, Refusal> place(ValueKind kind);

  // Two branches of a condition have led here and there: empty when what follows reads the same
  // after both, else what is different. Afterwards this stands for both.
  [[nodiscard]] std::optional<std::string> join(const ShellPlace& other);

  // The words of the command that this place belongs to run text as code again (eval, sh -c, ssh).
  [[nodiscard]] bool reads_arguments_as_code() const;

 private:
  enum class Kind : std::uint8_t {
    code,           // commands
    single_quotes,  // '…'
    ansi_quotes,    // $'…'
    double_quotes,  // "…"
    parameter,      // ${…}
    arithmetic,     // $((…))
    here_word,      // the word after <<
    here_document,
    comment,
  };
  // What ends a piece of code.
  enum class Closer : std::uint8_t { end_of_text, parenthesis, backquote };
  // A part of an operator or an expansion has been read.
  enum class Partial : std::uint8_t {
    none,
    backslash,
    dollar,
    dollar_parenthesis,
    less,
    less_less,
    greater,
    semicolon,
    parenthesis,
  };
  // Whether the next word can be a keyword or the name of a command.
  enum class Position : std::uint8_t { start, before_name, argument, unknown };
  enum class Word : std::uint8_t { none, plain, quoted, unknown };
  // What a `)` in a piece of code belongs to.
  enum class Nest : std::uint8_t {
    subshell,
    list,  // an array, <(…): the command goes on behind it
    arithmetic_command,
    case_subject,
    case_word,
    case_pattern,
    case_body,
  };
  enum class ParameterPart : std::uint8_t { start, name, colon, word, pattern };

  struct HereDocument {
    std::string delimiter;
    bool quoted = false;
    bool strips_tabs = false;
    friend bool operator==(const HereDocument&, const HereDocument&) = default;
  };

  struct Frame {
    Kind kind = Kind::code;
    Partial partial = Partial::none;
    // code
    Closer closer = Closer::end_of_text;
    bool in_double_quotes = false;  // code: the backquotes stand in them; parameter: likewise
    bool backquote_escape = false;  // a backslash was read that the backquotes may take away
    Position position = Position::start;
    Word word = Word::none;
    bool word_is_target = false;  // of a redirection
    bool in_test = false;         // [[ … ]]
    bool runs_code = false;       // eval, sh -c, …
    bool evaluates = false;       // eval: all of its words, always
    std::string text;             // of the word (code), of the delimiter (here_word), of the line
    std::vector<Nest> nests;
    std::vector<HereDocument> pending;
    // parameter
    ParameterPart part = ParameterPart::start;
    bool literal_quote = false;  // an odd number of ' so far, where they are text to sh
    // arithmetic
    std::size_t depth = 0;
    // here_word, here_document
    HereDocument document;
    char quote = '\0';          // here_word
    bool line_is_plain = true;  // here_document: nothing but text on this line so far
  };

  // What a word is kept for: keywords, names of programs, assignments, delimiters. None is longer.
  static constexpr std::size_t kMaxWordKept = 64;
  static void keep(std::string& text, char c) {
    if (text.size() < kMaxWordKept) text.push_back(c);
  }
  [[nodiscard]] static std::string_view difference(const Frame& a, const Frame& b);
  static void merge(Frame& mine, const Frame& theirs);

  [[nodiscard]] Frame& top() { return frames_.back(); }
  [[nodiscard]] const Frame& top() const { return frames_.back(); }
  Frame& push(Kind kind);
  void pop();
  void doubt(std::string_view why);

  void read(char c);
  void deliver(char c);
  void in_code(char c);
  bool code_partial(char c);
  void code_character(char c);
  void code_parenthesis(char c);
  void code_newline();
  void end_word();
  void end_first_word(Frame& frame);
  void end_argument(Frame& frame);
  void end_command();
  void close_parenthesis();
  void close_code();
  bool expansion(Partial partial, char c, bool quoted);
  void in_single_quotes(char c);
  void in_ansi_quotes(char c);
  void in_double_quotes(char c);
  void in_parameter(char c);
  void parameter_name(char c);
  void parameter_word(char c);
  void in_arithmetic(char c);
  void in_here_word(char c);
  void in_here_document(char c);
  void here_document_newline();
  void open_here_documents();
  void open_backquote(bool quoted);
  void close_backquote();
  [[nodiscard]] std::string refusal_here(ValueKind kind) const;
  [[nodiscard]] bool only_numbers() const;
  [[nodiscard]] bool inside_here_document() const;

  std::vector<Frame> frames_;
  std::string_view doubt_;  // why nobody can tell where we are; empty: we know
};

}  // namespace minitor
