#include "minitor/core/go_action.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "minitor/core/go_lexer.hpp"
#include "minitor/core/template_names.hpp"

namespace minitor {
namespace {

using Kind = GoToken::Kind;

class GoParser {
 public:
  explicit GoParser(const std::vector<GoToken>& tokens, std::size_t end)
      : tokens_(tokens), end_(end) {}

  [[nodiscard]] const std::optional<TemplateError>& error() const { return error_; }

  // The whole action from token `first` on.
  Expression whole(std::size_t first) {
    next_ = first;
    if (next_ == tokens_.size()) {
      fail(end_, "a value is missing");
      return {};
    }
    Expression value = pipeline();
    if (!error_ && next_ < tokens_.size()) fail(tokens_[next_].offset, "this cannot stand here");
    return value;
  }

 private:
  [[nodiscard]] const GoToken* peek() const {
    return next_ < tokens_.size() ? &tokens_[next_] : nullptr;
  }
  [[nodiscard]] bool at(Kind kind) const { return peek() != nullptr && peek()->kind == kind; }
  [[nodiscard]] std::size_t offset() const { return peek() != nullptr ? peek()->offset : end_; }

  Expression fail(std::size_t where, std::string message) {
    if (!error_) error_ = TemplateError{where, std::move(message)};
    return {};
  }

  Expression pipeline() {
    Expression value = command(std::nullopt);
    while (!error_ && at(Kind::pipe)) {
      ++next_;
      value = command(std::move(value));
    }
    return value;
  }

  // One command; `piped` becomes its last argument.
  Expression command(std::optional<Expression> piped) {
    const std::size_t start = offset();
    if (at(Kind::word)) return function_call(start, std::move(piped));
    Expression value = operand();
    if (error_) return value;
    const FunctionName* method = last_method_;
    std::vector<Expression> arguments = arguments_here();
    if (piped) arguments.push_back(*std::move(piped));
    if (error_) return {};
    if (method != nullptr) {
      arguments.insert(arguments.begin(), std::move(value));
      return call(*method, std::move(arguments), start);
    }
    if (!arguments.empty()) return fail(start, "only a function can have arguments");
    return value;
  }

  Expression function_call(std::size_t start, std::optional<Expression> piped) {
    const std::string& name = peek()->text;
    const FunctionName* function = find_go_function(name);
    if (function == nullptr) {
      const std::string_view what =
          is_go_keyword(name) ? "cannot stand here" : "is no function that is known here";
      return fail(start, fmt::format("\"{}\" {}{}", name, what, suggest_go_function(name)));
    }
    ++next_;
    std::vector<Expression> arguments = arguments_here();
    if (piped) arguments.push_back(*std::move(piped));
    if (error_) return {};
    return call(*function, std::move(arguments), start);
  }

  std::vector<Expression> arguments_here() {
    std::vector<Expression> arguments;
    while (!error_ && peek() != nullptr && !at(Kind::pipe) && !at(Kind::close)) {
      const std::size_t start = offset();
      Expression value = operand();
      if (!error_ && last_method_ != nullptr) {
        std::vector<Expression> receiver;
        receiver.push_back(std::move(value));
        value = call(*last_method_, std::move(receiver), start);
      }
      arguments.push_back(std::move(value));
    }
    return arguments;
  }

  // A field, a literal or something in parentheses, with the methods behind it but for the last,
  // which is left in last_method_ because arguments may follow.
  Expression operand() {
    last_method_ = nullptr;
    if (peek() == nullptr) return fail(end_, "a value is missing");
    const GoToken& token = *peek();
    ++next_;
    Expression value;
    switch (token.kind) {
      case Kind::field: value = field(token); break;
      case Kind::literal:
        value.literal = token.literal;
        value.type = type_of(token.literal);
        return value;
      case Kind::open: value = parenthesis(token.offset); break;
      case Kind::dot:
        return fail(token.offset,
                    "the notice as a whole cannot be written; name a field, such as .MonitorName");
      case Kind::variable: return fail(token.offset, "variables are not known here");
      case Kind::word:
        return fail(token.offset,
                    fmt::format("\"{}\" as an argument needs parentheses around it", token.text));
      case Kind::method:
      case Kind::close:
      case Kind::pipe: return fail(token.offset, "a value is missing");
    }
    const FunctionName* method = nullptr;
    while (!error_ && at(Kind::method)) {
      if (method != nullptr) {
        std::vector<Expression> receiver;
        receiver.push_back(std::move(value));
        value = call(*method, std::move(receiver), token.offset);
      }
      method = find_time_method(peek()->text);
      if (method == nullptr || value.type != Type::time) {
        return fail(peek()->offset, fmt::format("{} has no .{}", name(value.type), peek()->text));
      }
      ++next_;
    }
    last_method_ = method;
    return value;
  }

  Expression field(const GoToken& token) {
    const FieldName* known = find_go_field(token.text);
    if (known == nullptr) {
      return fail(token.offset,
                  fmt::format("unknown field .{}{}; for a literal {{{{ write {{{{\"{{{{\"}}}}",
                              token.text, suggest_go_field(token.text)));
    }
    Expression value;
    value.kind = Expression::Kind::field;
    value.field = known->field;
    value.type = known->type;
    return value;
  }

  Expression parenthesis(std::size_t start) {
    if (++depth_ > kMaxTemplateDepth) return fail(start, "parentheses are nested too deeply");
    Expression value = pipeline();
    --depth_;
    last_method_ = nullptr;
    if (error_) return value;
    if (!at(Kind::close)) return fail(start, "the ( is never closed");
    ++next_;
    return value;
  }

  Expression call(const FunctionName& function, std::vector<Expression> arguments,
                  std::size_t start) {
    if (arguments.size() < function.least || arguments.size() > function.most) {
      return fail(
          start,
          fmt::format("{} takes {} {}, not {}", function.name,
                      function.least == function.most ? fmt::format("{}", function.least)
                                                      : fmt::format("at least {}", function.least),
                      function.least == 1 ? "argument" : "arguments", arguments.size()));
    }
    const std::string wrong = check(function, arguments);
    if (!wrong.empty()) return fail(start, fmt::format("{} {}", function.name, wrong));
    Expression value;
    value.kind = Expression::Kind::call;
    value.function = function.function;
    value.type = result_type(function.function, arguments);
    value.arguments = std::move(arguments);
    if (!function.layout.empty()) {
      Expression layout;
      layout.literal = std::string(function.layout);
      value.arguments.push_back(std::move(layout));
    }
    return value;
  }

  static bool fits(const Expression& value, Type wanted) {
    return value.type == wanted || value.type == Type::any;
  }

  // What is wrong with the arguments; empty: nothing.
  static std::string check(const FunctionName& function, const std::vector<Expression>& arguments) {
    const auto wants = [&](std::size_t index, Type wanted) -> std::string {
      if (index >= arguments.size() || fits(arguments[index], wanted)) return {};
      return fmt::format("takes {} as argument {}, not {}", name(wanted), index + 1,
                         name(arguments[index].type));
    };
    const auto first_of = [](std::initializer_list<std::string> messages) -> std::string {
      for (const std::string& message : messages) {
        if (!message.empty()) return message;
      }
      return {};
    };
    switch (function.function) {
      case Function::eq:
      case Function::ne: return comparable(arguments, false);
      case Function::lt:
      case Function::le:
      case Function::gt:
      case Function::ge: return comparable(arguments, true);
      case Function::printf:
      case Function::len: return wants(0, Type::text);
      case Function::slice:
        return first_of({wants(0, Type::text), wants(1, Type::integer), wants(2, Type::integer)});
      case Function::format_time:
      case Function::in_tz: return first_of({wants(0, Type::time), wants(1, Type::text)});
      case Function::unix_seconds:
      case Function::is_zero:
      case Function::utc:
      case Function::local: return wants(0, Type::time);
      case Function::logical_and:
      case Function::logical_or:
      case Function::logical_not:
      case Function::print:
      case Function::println:
      case Function::html:
      case Function::js:
      case Function::urlquery: return {};
    }
    return {};
  }

  static std::string comparable(const std::vector<Expression>& arguments, bool ordered) {
    const Type first = arguments.front().type;
    for (const Expression& argument : arguments) {
      const bool no_order = argument.type == Type::boolean || argument.type == Type::time;
      if (ordered && no_order) return fmt::format("cannot compare {}", name(argument.type));
      if (argument.type == Type::any || first == Type::any || argument.type == first) continue;
      return fmt::format("cannot compare {} with {}", name(first), name(argument.type));
    }
    return {};
  }

  static Type result_type(Function function, const std::vector<Expression>& arguments) {
    switch (function) {
      case Function::eq:
      case Function::ne:
      case Function::lt:
      case Function::le:
      case Function::gt:
      case Function::ge:
      case Function::is_zero:
      case Function::logical_not: return Type::boolean;
      case Function::logical_and:
      case Function::logical_or: {
        const Type type = arguments.front().type;
        const bool same = std::all_of(arguments.begin(), arguments.end(),
                                      [&](const Expression& it) { return it.type == type; });
        return same ? type : Type::any;
      }
      case Function::len:
      case Function::unix_seconds: return Type::integer;
      case Function::in_tz:
      case Function::utc:
      case Function::local: return Type::time;
      case Function::print:
      case Function::println:
      case Function::printf:
      case Function::html:
      case Function::js:
      case Function::urlquery:
      case Function::slice:
      case Function::format_time: return Type::text;
    }
    return Type::any;
  }

  const std::vector<GoToken>& tokens_;
  std::size_t end_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
  const FunctionName* last_method_ = nullptr;
  std::optional<TemplateError> error_;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Braces that cannot be read as Go are Go all the same, and wrong, when they begin with a field or
// name one that exists.
bool meant_as_go(std::string_view text, std::size_t open) {
  std::string_view inside = text.substr(open + 2);
  inside = inside.substr(0, std::min(inside.find("}}"), inside.size()));
  std::size_t start = inside.find_first_not_of("- \t\r\n");
  if (start == std::string_view::npos) return false;
  if (inside[start] == '.' && start + 1 < inside.size() && is_letter(inside[start + 1]))
    return true;
  for (std::size_t dot = inside.find('.'); dot != std::string_view::npos;
       dot = inside.find('.', dot + 1)) {
    std::size_t end = dot + 1;
    while (end < inside.size() && is_letter(inside[end])) ++end;
    const bool alone = dot == 0 || (!is_letter(inside[dot - 1]) && inside[dot - 1] != '/');
    if (alone && find_go_field(inside.substr(dot + 1, end - dot - 1)) != nullptr) return true;
  }
  return false;
}

// The same for braces whose words are Go's but whose sense is not.
bool meant_as_go(const std::vector<GoToken>& tokens) {
  const GoToken& first = tokens.front();
  if (first.kind == Kind::field) return true;
  if (first.kind == Kind::word && is_go_keyword(first.text)) return true;
  bool variables = false;
  for (const GoToken& token : tokens) {
    if (token.kind == Kind::field && find_go_field(token.text) != nullptr) return true;
    variables = variables || token.kind == Kind::variable;
  }
  // {{print}} and {{print $x}} are awk in Python's braces.
  return first.kind == Kind::word && find_go_function(first.text) != nullptr && tokens.size() > 1 &&
         !variables;
}

std::variant<GoAction, NoGoAction, TemplateError> understand(const GoTokens& read) {
  const std::vector<GoToken>& tokens = read.tokens;
  GoAction action;
  action.end = read.end;
  action.trims_before = read.trims_before;
  action.trims_after = read.trims_after;
  if (read.comment) {
    action.kind = GoAction::Kind::comment;
    return action;
  }
  if (tokens.empty()) return NoGoAction{};
  const GoToken& first = tokens.front();
  std::size_t from = 0;
  if (first.kind == Kind::word && is_go_keyword(first.text)) {
    const bool alone = tokens.size() == 1;
    if (first.text == "end" || (first.text == "else" && alone)) {
      if (!alone) return TemplateError{tokens[1].offset, "nothing can follow \"end\""};
      action.kind = first.text == "end" ? GoAction::Kind::end : GoAction::Kind::otherwise;
      return action;
    }
    if (first.text == "else") {
      if (tokens[1].kind != Kind::word || tokens[1].text != "if") {
        return TemplateError{tokens[1].offset, "only \"if\" can follow \"else\""};
      }
      action.kind = GoAction::Kind::else_if;
      from = 2;
    } else if (first.text == "if") {
      action.kind = GoAction::Kind::begin_if;
      from = 1;
    } else {
      return TemplateError{
          first.offset,
          fmt::format("\"{}\" is not known here; only if, else and end are", first.text)};
    }
  }
  GoParser parser(tokens, read.end - 2);
  action.value = parser.whole(from);
  if (!parser.error()) return action;
  if (meant_as_go(tokens)) return *parser.error();
  return NoGoAction{};
}

}  // namespace

std::variant<GoAction, NoGoAction, TemplateError> read_go_action(std::string_view text,
                                                                 std::size_t open) {
  const auto read = read_go_tokens(text, open);
  if (const auto* tokens = std::get_if<GoTokens>(&read)) return understand(*tokens);
  if (!meant_as_go(text, open)) return NoGoAction{};
  const auto& error = std::get<GoLexError>(read);
  return TemplateError{error.offset, error.message};
}

}  // namespace minitor
