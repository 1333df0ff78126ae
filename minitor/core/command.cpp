#include "minitor/core/command.hpp"

#include "minitor/core/clean_text.hpp"

namespace minitor {

std::string describe(const Command& command) {
  if (const auto* shell = std::get_if<ShellText>(&command.program)) return one_line(shell->text);
  std::string words;
  for (const std::string& item : std::get<Argv>(command.program).items) {
    if (!words.empty()) words.push_back(' ');
    words += shell_word(item);
  }
  return one_line(words);
}

std::string_view program_name(const Command& command) {
  const auto* argv = std::get_if<Argv>(&command.program);
  return argv != nullptr ? std::string_view{argv->items.front()} : "sh";
}

}  // namespace minitor
