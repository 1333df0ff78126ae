#include "minitor/config/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "minitor/core/shell_words.hpp"

namespace minitor::config {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

struct ShellSource {
  std::string text;
  std::size_t cut = 0;  // bytes taken off the front
};

using ArgvSource = std::vector<FilledText>;
using CommandSource = std::variant<ArgvSource, ShellSource>;

// Shell text keeps every $ for the shell, but no shell knows ${file:…}.
bool is_free_of_files(Reading& reading, const Cursor& value) {
  const std::size_t file = value.text().find("${file:");
  if (file == std::string_view::npos) return true;
  reading.findings.error(
      value.place(file),
      "${file:…} cannot stand in shell text, where every $ is the shell's; put it in env: "
      "(env: {TOKEN: \"${file:PATH}\"}) and write \"$TOKEN\" here");
  return false;
}

std::optional<ShellSource> shell_source(Reading& reading, const Cursor& value) {
  const std::string_view text = value.text();
  if (!is_free_of_files(reading, value)) return std::nullopt;
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    reading.findings.error(value.place(), "an empty command; write what is to be run");
    return std::nullopt;
  }
  if (text.size() > kMaxTextBytes) {
    reading.findings.error(value.place(),
                           fmt::format("longer than {} bytes; put it in a script", kMaxTextBytes));
    return std::nullopt;
  }
  return ShellSource{std::string(text.substr(first, text.find_last_not_of('\n') + 1 - first)),
                     first};
}

// The text of one argument; shell scripts keep their ${…}.
std::optional<FilledText> argument(Reading& reading, const Cursor& item, bool script) {
  if (item.is_map()) {
    const std::string_view rest =
        std::string_view(item.source().text()).substr(item.place().offset);
    reading.findings.error(item.place(),
                           rest.substr(0, 1) == "{"
                               ? "an unquoted { begins a map in YAML; quote this argument"
                               : "a \": \" makes this a map in YAML; quote this argument");
    return std::nullopt;
  }
  if (item.is_sequence()) {
    reading.findings.error(item.place(),
                           "a list inside the command; write its items one by one, or quote the [");
    return std::nullopt;
  }
  if (!script) return fill_in(reading, item);
  if (!is_free_of_files(reading, item)) return std::nullopt;
  FilledText text;
  text.text = std::string(item.text());
  return text;
}

std::optional<ArgvSource> argv_source(Reading& reading, const Cursor& value) {
  if (value.size() == 0) {
    reading.findings.error(
        value.place(), "an empty list; write a program and its arguments, as in [curl, -sf, URL]");
    return std::nullopt;
  }
  std::vector<std::string_view> raw;
  for (std::size_t i = 0; i < value.size(); ++i) raw.push_back(value.item(i).text());
  const auto script = shell_script_item(raw);
  ArgvSource argv;
  bool complete = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Cursor item = value.item(i);
    auto text = argument(reading, item, script == i);
    if (text && i == 0 && text->text.find_first_not_of(kBlanks) == std::string::npos) {
      reading.findings.error(item.place(), "the first item is the program, and it is empty");
      text.reset();
    }
    if (text)
      argv.push_back(std::move(*text));
    else
      complete = false;
  }
  if (!complete) return std::nullopt;
  std::vector<std::string_view> filled;
  for (const FilledText& item : argv) filled.push_back(item.text);
  if (shell_script_item(filled) != script) {
    reading.findings.error(
        value.place(),
        "becomes the script of a shell only when its ${…} are filled in; name the shell and -c "
        "themselves, so that the script can be told from its arguments");
    return std::nullopt;
  }
  return argv;
}

std::optional<CommandSource> command_source(Reading& reading, const Cursor& value) {
  if (value.is_sequence()) {
    if (auto argv = argv_source(reading, value)) return CommandSource(std::move(*argv));
    return std::nullopt;
  }
  if (value.is_scalar()) {
    if (auto shell = shell_source(reading, value)) return CommandSource(std::move(*shell));
    return std::nullopt;
  }
  reading.findings.error(
      value.place(),
      "must be a list (a program and its arguments) or text for the shell, not a map");
  return std::nullopt;
}

std::optional<ShellSource> shell_command_source(Reading& reading, const Cursor& value) {
  if (value.is_scalar()) return shell_source(reading, value);
  reading.findings.error(value.place(), value.is_sequence()
                                            ? "takes text for the shell; write a list as command:"
                                            : "takes text for the shell, not a map");
  return std::nullopt;
}

// A secret in an argument can be read by everyone on the machine.
void note_secret_arguments(Reading& reading, const Cursor& value, const ArgvSource& argv) {
  for (const FilledText& item : argv)
    for (const std::string& name : item.secret_variables)
      reading.findings.note(
          value.place(), "secret argument " + name,
          fmt::format(
              "the secret ${{{}}} becomes an argument, which every user of this machine can "
              "see; put it in env: where the program can read it there",
              name));
}

std::variant<Argv, ShellText> program(Reading& reading, const Cursor& value, CommandSource source) {
  if (auto* shell = std::get_if<ShellSource>(&source)) return ShellText{std::move(shell->text)};
  auto& argv = std::get<ArgvSource>(source);
  note_secret_arguments(reading, value, argv);
  Argv program;
  for (FilledText& item : argv) program.items.push_back(std::move(item.text));
  return program;
}

using Message = std::variant<ArgvTemplate, ShellTemplate>;

void note_template(Reading& reading, const Cursor& value, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) reading.findings.note(value.place(), note, note);
}

std::optional<Message> message(Reading& reading, const Cursor& value, const ShellSource& source) {
  auto compiled = ShellTemplate::compile(source.text);
  if (const auto* error = std::get_if<TemplateError>(&compiled)) {
    reading.findings.error(value.place(source.cut + error->offset), error->message);
    return std::nullopt;
  }
  note_template(reading, value, std::get<ShellTemplate>(compiled).notes());
  return std::get<ShellTemplate>(std::move(compiled));
}

// Text from outside is text: it must not bring message tokens with it.
bool is_free_of_tokens(const std::string& text) {
  if (text.find('{') == std::string::npos) return true;
  const auto compiled = ArgvTemplate::compile({text});
  const auto* alone = std::get_if<ArgvTemplate>(&compiled);
  return alone != nullptr && alone->render(Notice{}, MessageContext{}).argv.items.front() == text;
}

bool foreign_text_is_text(Reading& reading, const Cursor& value, const ArgvSource& argv) {
  bool all = true;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    for (const FilledText::Foreign& part : argv[i].foreign) {
      if (is_free_of_tokens(argv[i].text.substr(part.first, part.last - part.first))) continue;
      const Cursor item = value.item(i);
      reading.findings.error(
          item.place(part.raw),
          "the value that is filled in here holds a message token in braces, and would be read as "
          "one; put it in env: and let the program read it there");
      all = false;
    }
  }
  return all;
}

std::optional<Message> message(Reading& reading, const Cursor& value, const ArgvSource& argv) {
  if (!foreign_text_is_text(reading, value, argv)) return std::nullopt;
  note_secret_arguments(reading, value, argv);
  std::vector<std::string> items;
  for (const FilledText& item : argv) items.push_back(item.text);
  auto compiled = ArgvTemplate::compile(items);
  if (const auto* error = std::get_if<ArgvTemplate::Error>(&compiled)) {
    const std::size_t index = std::min(error->item, argv.size() - 1);
    const Cursor item = value.item(index);
    reading.findings.error(item.place(argv[index].raw_index(error->error.offset)),
                           error->error.message);
    return std::nullopt;
  }
  auto& message = std::get<ArgvTemplate>(compiled);
  note_template(reading, value, message.notes());
  return std::move(message);
}

}  // namespace

void read_command(Reading& reading, const Cursor& value,
                  CommandDraft<std::variant<Argv, ShellText>>& draft) {
  draft.list_or_text = value.place();
  if (auto source = command_source(reading, value))
    draft.program = program(reading, value, std::move(*source));
}

void read_shell_command(Reading& reading, const Cursor& value,
                        CommandDraft<std::variant<Argv, ShellText>>& draft) {
  draft.shell = value.place();
  if (auto source = shell_command_source(reading, value))
    draft.program = ShellText{std::move(source->text)};
}

void read_command(Reading& reading, const Cursor& value, CommandDraft<Message>& draft) {
  draft.list_or_text = value.place();
  const auto source = command_source(reading, value);
  if (source)
    draft.program =
        std::visit([&](const auto& form) { return message(reading, value, form); }, *source);
}

void read_shell_command(Reading& reading, const Cursor& value, CommandDraft<Message>& draft) {
  draft.shell = value.place();
  if (const auto source = shell_command_source(reading, value))
    draft.program = message(reading, value, *source);
}

}  // namespace minitor::config
