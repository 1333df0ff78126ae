#include "minitor/core/template_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/go_action.hpp"
#include "minitor/core/python_token.hpp"
#include "minitor/core/template_names.hpp"

namespace minitor {
namespace {

constexpr std::size_t kShownBytes = 60;  // of the source in a note

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What stands between {{if}}, {{else}} and {{end}}, or outside of them all.
struct Level {
  Nodes nodes;
  std::vector<std::size_t> doubled;  // nodes that are a "{{" of Python's, waiting for their "}}"
  Condition condition;
  Expression question;  // of the branch that is being read
  std::size_t offset = 0;
  bool in_else = false;
};

class TemplateParser {
 public:
  TemplateParser(std::string_view text, Destination destination)
      : text_(text), destination_(destination), levels_(1) {}

  std::variant<ParsedTemplate, TemplateError> parse() {
    while (at_ < text_.size() && !error_) step();
    if (!error_ && levels_.size() > 1) {
      fail(levels_.back().condition.offset, "this {{if}} is never closed; {{end}} is missing");
    }
    if (error_) return *error_;
    close_nodes();
    return ParsedTemplate{std::move(levels_.back().nodes), std::move(notes_)};
  }

 private:
  void fail(std::size_t offset, std::string message) {
    if (!error_) error_ = TemplateError{offset, std::move(message)};
  }
  void note(std::string text) {
    if (std::find(notes_.begin(), notes_.end(), text) == notes_.end())
      notes_.push_back(std::move(text));
  }
  Level& level() { return levels_.back(); }
  template <class What>
  void add(What what) {
    level().nodes.emplace_back().what.template emplace<What>(std::move(what));
  }

  void literal(std::string_view text) {
    Nodes& nodes = level().nodes;
    const bool waiting = !level().doubled.empty() && level().doubled.back() + 1 == nodes.size();
    if (!nodes.empty() && !waiting) {
      if (auto* last = std::get_if<Text>(&nodes.back().what)) {
        last->text += text;
        return;
      }
    }
    add(Text{std::string(text)});
  }

  void step() {
    const std::size_t brace = std::min(text_.find_first_of("{}", at_), text_.size());
    if (brace > at_) literal(text_.substr(at_, brace - at_));
    at_ = brace;
    if (at_ == text_.size()) return;
    if (text_[at_] == '}') {
      closing();
    } else {
      opening();
    }
  }

  void closing() {
    if (text_.substr(at_).starts_with("}}") && !level().doubled.empty()) {
      level().doubled.pop_back();
      literal("}");
      at_ += 2;
      note(
          "{{ and }} around what is no action of Go's are read as a literal { and }, as Minitor "
          "for Python does");
    } else {
      literal("}");
      ++at_;
    }
  }

  void opening() {
    const std::size_t run = std::min(text_.find_first_not_of('{', at_), text_.size()) - at_;
    if (run == 1) return python_token();
    if (run >= 4) return double_brace();
    if (run ==
        3) {  // {"a":{{{.AlertCount}}}: a brace and an action, unless Python's pair stands first
      const auto inner = read_go_action(text_, at_ + 1);
      if (std::holds_alternative<NoGoAction>(inner)) return double_brace();
      literal("{");
      ++at_;
    }
    const auto read = read_go_action(text_, at_);
    if (const auto* error = std::get_if<TemplateError>(&read))
      return fail(error->offset, error->message);
    if (const auto* action = std::get_if<GoAction>(&read)) return go_action(*action);
    double_brace();
  }

  void double_brace() {
    // Python takes pairs from the left.
    std::size_t run = std::min(text_.find_first_not_of('{', at_), text_.size()) - at_;
    for (; run >= 2; run -= 2, at_ += 2) {
      add(Text{"{"});
      level().doubled.push_back(level().nodes.size() - 1);
    }
  }

  void python_token() {
    const bool shells_own = destination_ == Destination::shell && at_ > 0 && text_[at_ - 1] == '$';
    const auto token = shells_own ? std::nullopt : read_python_token(text_, at_);
    if (!token) {
      if (!shells_own) near_miss();
      literal("{");
      ++at_;
      return;
    }
    Output output;
    output.offset = at_;
    output.source = text_.substr(at_, token->end - at_);
    output.value.kind = Expression::Kind::field;
    output.value.field = token->field->field;
    output.value.type = token->field->type;
    output.format = token->format;
    add(std::move(output));
    at_ = token->end;
  }

  void near_miss() {
    const std::string_view name = python_token_name(text_, at_);
    const std::size_t end = at_ + 1 + name.size();
    if (name.empty() || end >= text_.size()) return;
    if (find_python_token(name) != nullptr) {
      note(fmt::format("{} is left as text: what follows the name is not understood",
                       one_line(text_.substr(at_, text_.find('}', at_) - at_ + 1), kShownBytes)));
      return;
    }
    const std::string suggestion = suggest_python_token(name);
    if (text_[end] == '}' && !suggestion.empty()) {
      note(fmt::format("{{{}}} is left as text{}", name, suggestion));
    }
  }

  void go_action(const GoAction& action) {
    const std::size_t offset = at_;
    if (action.trims_before) trim_before();
    switch (action.kind) {
      case GoAction::Kind::comment: break;
      case GoAction::Kind::output: {
        Output output;
        output.value = action.value;
        output.offset = offset;
        output.source = text_.substr(offset, action.end - offset);
        add(std::move(output));
        break;
      }
      case GoAction::Kind::begin_if: begin_if(action, offset); break;
      case GoAction::Kind::else_if:
      case GoAction::Kind::otherwise: otherwise(action, offset); break;
      case GoAction::Kind::end: end(offset); break;
    }
    at_ = action.end;
    if (action.trims_after) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
  }

  void trim_before() {
    Nodes& nodes = level().nodes;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      auto* text = std::get_if<Text>(&node->what);
      if (text == nullptr) return;
      while (!text->text.empty() && is_space(text->text.back())) text->text.pop_back();
      if (!text->text.empty()) return;
    }
  }

  void begin_if(const GoAction& action, std::size_t offset) {
    if (levels_.size() > kMaxTemplateDepth) return fail(offset, "conditions are nested too deeply");
    Level inner;
    inner.condition.offset = offset;
    inner.question = action.value;
    inner.offset = offset;
    levels_.push_back(std::move(inner));
  }

  void otherwise(const GoAction& action, std::size_t offset) {
    if (levels_.size() == 1) return fail(offset, "{{else}} stands outside of {{if}} … {{end}}");
    if (level().in_else) return fail(offset, "an {{else}} stands before this one");
    close_branch();
    level().offset = offset;
    level().in_else = action.kind == GoAction::Kind::otherwise;
    level().question = action.value;
  }

  void end(std::size_t offset) {
    if (levels_.size() == 1) return fail(offset, "{{end}} stands without an {{if}}");
    close_branch();
    Condition condition = std::move(level().condition);
    levels_.pop_back();
    add(std::move(condition));
  }

  void close_branch() {
    close_nodes();
    Level& inner = level();
    Nodes nodes = std::exchange(inner.nodes, {});
    if (inner.in_else) {
      inner.condition.otherwise = std::move(nodes);
    } else {
      inner.condition.branches.push_back(
          {std::move(inner.question), std::move(nodes), inner.offset});
    }
  }

  // A "{{" that found no "}}" is text as it stands.
  void close_nodes() {
    for (const std::size_t index : level().doubled)
      std::get<Text>(level().nodes[index].what).text = "{{";
    level().doubled.clear();
  }

  std::string_view text_;
  Destination destination_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  std::vector<std::string> notes_;
  std::optional<TemplateError> error_;
};

}  // namespace

std::variant<ParsedTemplate, TemplateError> parse_template(std::string_view text,
                                                           Destination destination) {
  return TemplateParser(text, destination).parse();
}

}  // namespace minitor
