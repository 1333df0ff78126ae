#include "minitor/core/message_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/shell_place.hpp"
#include "minitor/core/shell_words.hpp"
#include "minitor/core/template_names.hpp"
#include "minitor/core/template_parser.hpp"
#include "minitor/core/template_values.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {

class MessageTemplate {
 public:
  MessageTemplate(std::string_view source, Destination destination, ParsedTemplate parsed)
      : destination_(destination),
        names_a_variable_(source.find("MINITOR_") != std::string_view::npos),
        nodes_(std::move(parsed.nodes)),
        notes_(std::move(parsed.notes)) {}

  // Chooses, for every token, the variable and how it is written where the token stands.
  std::optional<TemplateError> place_references() {
    ShellPlace shell;
    return place(nodes_, shell);
  }

  [[nodiscard]] RenderedShell render(const Scope& scope) const {
    RenderedShell out;
    render(nodes_, scope, out);
    return out;
  }
  [[nodiscard]] bool names_a_variable() const { return names_a_variable_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::optional<TemplateError> place(Nodes& nodes, ShellPlace& shell);
  std::optional<TemplateError> place(Output& output, ShellPlace& shell);
  std::optional<TemplateError> place(Condition& condition, ShellPlace& shell);
  std::string variable_for(const Output& output);
  void render(const Nodes& nodes, const Scope& scope, RenderedShell& out) const;
  void render(const Output& output, const Scope& scope, RenderedShell& out) const;
  void note(std::string text);

  Destination destination_;
  bool names_a_variable_;
  Nodes nodes_;
  std::vector<std::string> notes_;
  std::map<std::string, std::string> variables_;  // by the source of the token
};

namespace {

constexpr std::size_t kShownBytes = 60;  // of a token in a note

// Compiles one text; an error is told by its place in it.
std::variant<std::shared_ptr<const MessageTemplate>, TemplateError> compile_text(
    std::string_view text, Destination destination) {
  if (text.size() > kMaxTemplateBytes) {
    return TemplateError{kMaxTemplateBytes,
                         fmt::format("the text is longer than {} KiB", kMaxTemplateBytes / 1024)};
  }
  auto parsed = parse_template(text, destination);
  if (auto* error = std::get_if<TemplateError>(&parsed)) return std::move(*error);
  auto compiled = std::make_shared<MessageTemplate>(text, destination,
                                                    std::move(std::get<ParsedTemplate>(parsed)));
  if (destination == Destination::shell) {
    if (auto error = compiled->place_references()) return *std::move(error);
  }
  return std::shared_ptr<const MessageTemplate>(std::move(compiled));
}

// Two notices that differ in nothing but in what the one says and the other ends.
Notice sample(NoticeKind kind) {
  Notice notice;
  notice.id = "sample";
  notice.incident = "sample";
  notice.kind = kind;
  notice.monitor = "sample";
  notice.alert_count = 1;
  notice.failure_count = 3;
  const bool up = notice.is_up();
  notice.verdict = up ? Verdict::ok : Verdict::failure;
  notice.outcome = up ? "exit 0" : "exit 1";
  notice.reason = up ? "recovered" : "failed";
  notice.first_failure = Timestamp{};
  return notice;
}

bool same_environment(const RenderedShell& a, const RenderedShell& b) {
  return a.environment == b.environment;
}

// True when the texts are read the same after a problem and after a recovery.
bool tells_same(const MessageTemplate& text) {
  const MessageContext context;
  const Notice problem = sample(NoticeKind::problem);
  const Notice recovery = sample(NoticeKind::recovery);
  const RenderedShell before = text.render({problem, context});
  const RenderedShell after = text.render({recovery, context});
  return before.text == after.text && same_environment(before, after);
}

}  // namespace

void MessageTemplate::note(std::string text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end())
    notes_.push_back(std::move(text));
}

std::optional<TemplateError> MessageTemplate::place(Nodes& nodes, ShellPlace& shell) {
  for (Node& node : nodes) {
    std::optional<TemplateError> error;
    if (const auto* text = std::get_if<Text>(&node.what)) {
      shell.feed(text->text);
    } else if (auto* output = std::get_if<Output>(&node.what)) {
      error = place(*output, shell);
    } else {
      error = place(std::get<Condition>(node.what), shell);
    }
    if (error) return error;
  }
  return std::nullopt;
}

std::optional<TemplateError> MessageTemplate::place(Output& output, ShellPlace& shell) {
  const bool number = output.value.type == Type::integer && !output.format;
  const bool read_again = shell.reads_arguments_as_code();
  auto placed = shell.place(number ? ShellPlace::ValueKind::number : ShellPlace::ValueKind::text);
  if (auto* refusal = std::get_if<ShellPlace::Refusal>(&placed)) {
    return TemplateError{
        output.offset, fmt::format("{} cannot stand here: {}", one_line(output.source, kShownBytes),
                                   refusal->why)};
  }
  const auto& reference = std::get<ShellPlace::Reference>(placed);
  output.reference = {variable_for(output), reference.before, reference.after};
  if (read_again && !number) {
    note(
        fmt::format("{} is handed to a program that may read it as code once more; there, name the "
                    "variable {} in the program's own text instead",
                    one_line(output.source, kShownBytes), output.reference.variable));
  }
  return std::nullopt;
}

std::optional<TemplateError> MessageTemplate::place(Condition& condition, ShellPlace& shell) {
  const ShellPlace before = shell;
  std::optional<ShellPlace> after;
  const auto branch = [&](Nodes& nodes, std::size_t offset) -> std::optional<TemplateError> {
    ShellPlace inside = before;
    if (auto error = place(nodes, inside)) return error;
    if (!after) {
      after = std::move(inside);
      return std::nullopt;
    }
    const std::optional<std::string> difference = after->join(inside);
    if (!difference) return std::nullopt;
    return TemplateError{offset,
                         "the shell would read what follows differently after the branches of "
                         "this {{if}}: " +
                             *difference};
  };
  for (Branch& it : condition.branches) {
    if (auto error = branch(it.body, condition.offset)) return error;
  }
  if (auto error = branch(condition.otherwise, condition.offset)) return error;
  shell = *std::move(after);
  return std::nullopt;
}

std::string MessageTemplate::variable_for(const Output& output) {
  if (output.value.kind == Expression::Kind::field && !output.format) {
    const std::string_view standard = standard_variable(output.value.field);
    if (!standard.empty()) return std::string(standard);
  }
  const auto [entry, added] = variables_.try_emplace(output.source);
  if (added) entry->second = fmt::format("MINITOR_TEXT_{}", variables_.size());
  return entry->second;
}

void MessageTemplate::render(const Nodes& nodes, const Scope& scope, RenderedShell& out) const {
  for (const Node& node : nodes) {
    if (const auto* text = std::get_if<Text>(&node.what)) {
      out.text += text->text;
    } else if (const auto* output = std::get_if<Output>(&node.what)) {
      render(*output, scope, out);
    } else {
      const auto& condition = std::get<Condition>(node.what);
      const auto chosen = std::find_if(
          condition.branches.begin(), condition.branches.end(),
          [&](const Branch& branch) { return is_true(evaluate(branch.condition, scope)); });
      render(chosen == condition.branches.end() ? condition.otherwise : chosen->body, scope, out);
    }
  }
}

void MessageTemplate::render(const Output& output, const Scope& scope, RenderedShell& out) const {
  if (destination_ == Destination::argument) {
    const std::string text = text_of(output, scope);
    for (const char c : first_bytes(text, kMaxVariableBytes)) {
      if (c == '\0') {
        out.text += kReplacementUtf8;
      } else {
        out.text.push_back(c);
      }
    }
    return;
  }
  const ShellReference& reference = output.reference;
  out.text += fmt::format("{}${{{}}}{}", reference.before, reference.variable, reference.after);
  const bool known =
      std::any_of(out.environment.begin(), out.environment.end(),
                  [&](const auto& entry) { return entry.first == reference.variable; });
  if (!known)
    out.environment.emplace_back(reference.variable, variable_value(text_of(output, scope)));
}

std::variant<ArgvTemplate, ArgvTemplate::Error> ArgvTemplate::compile(
    const std::vector<std::string>& items) {
  ArgvTemplate out;
  const auto shell_text = shell_script_item({items.begin(), items.end()});
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto compiled =
        compile_text(items[i], i == shell_text ? Destination::shell : Destination::argument);
    if (auto* error = std::get_if<TemplateError>(&compiled)) return Error{i, std::move(*error)};
    out.items_.push_back(std::get<std::shared_ptr<const MessageTemplate>>(std::move(compiled)));
  }
  return out;
}

RenderedArgv ArgvTemplate::render(const Notice& notice, const MessageContext& context) const {
  RenderedArgv out;
  for (const auto& item : items_) {
    RenderedShell rendered = item->render({notice, context});
    out.argv.items.emplace_back(first_bytes(rendered.text, kMaxArgumentBytes));
    std::move(rendered.environment.begin(), rendered.environment.end(),
              std::back_inserter(out.environment));
  }
  return out;
}

bool ArgvTemplate::tells_recovery() const {
  return std::any_of(items_.begin(), items_.end(), [](const auto& item) {
    return item->names_a_variable() || !tells_same(*item);
  });
}

std::vector<std::string> ArgvTemplate::notes() const {
  std::vector<std::string> notes;
  for (const auto& item : items_)
    notes.insert(notes.end(), item->notes().begin(), item->notes().end());
  return notes;
}

std::variant<ShellTemplate, TemplateError> ShellTemplate::compile(std::string_view text) {
  auto compiled = compile_text(text, Destination::shell);
  if (auto* error = std::get_if<TemplateError>(&compiled)) return std::move(*error);
  ShellTemplate out;
  out.text_ = std::get<std::shared_ptr<const MessageTemplate>>(std::move(compiled));
  return out;
}

RenderedShell ShellTemplate::render(const Notice& notice, const MessageContext& context) const {
  if (text_ == nullptr) return {};
  return text_->render({notice, context});
}

bool ShellTemplate::tells_recovery() const {
  return text_ != nullptr && (text_->names_a_variable() || !tells_same(*text_));
}

std::vector<std::string> ShellTemplate::notes() const {
  return text_ != nullptr ? text_->notes() : std::vector<std::string>{};
}

}  // namespace minitor
