#include "minitor/core/shell_words.hpp"

#include <algorithm>
#include <iterator>

namespace minitor {
namespace {

constexpr std::string_view kStarters[] = {"if",    "then", "else", "elif", "fi", "do",   "while",
                                          "until", "done", "!",    "{",    "}",  "time", "esac"};
constexpr std::string_view kInterpreters[] = {"eval",  "sh",    "bash", "dash",   "ash",     "zsh",
                                              "ksh",   "ssh",   "su",   "python", "python3", "perl",
                                              "ruby",  "node",  "php",  "awk",    "gawk",    "mawk",
                                              "watch", "xargs", "trap", "psql",   "mysql"};

constexpr std::string_view kShells[] = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"};

template <std::size_t n>
bool among(const std::string_view (&words)[n], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::size_t name_length(std::string_view word) {
  const auto letter = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (word.empty() || !letter(word.front())) return 0;
  std::size_t end = 1;
  while (end < word.size() && (letter(word[end]) || (word[end] >= '0' && word[end] <= '9'))) ++end;
  return end;
}

std::string_view base_name(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  if (slash != std::string_view::npos) program.remove_prefix(slash + 1);
  return program;
}

}  // namespace

bool starts_a_command(std::string_view word) { return among(kStarters, word); }

bool is_assignment(std::string_view word) {
  const std::size_t name = name_length(word);
  if (name == 0) return false;
  word.remove_prefix(name);
  return word.starts_with('=') || word.starts_with("+=");
}

bool is_subscript(std::string_view word) {
  const std::size_t name = name_length(word);
  return name > 0 && word.substr(name).starts_with('[') && word.find(']') == std::string_view::npos;
}

bool runs_text_as_code(std::string_view program) {
  return among(kInterpreters, base_name(program));
}

std::optional<std::size_t> shell_script_item(const std::vector<std::string_view>& argv) {
  for (std::size_t shell = 0; shell < argv.size(); ++shell) {
    if (!among(kShells, base_name(argv[shell]))) continue;
    for (std::size_t i = shell + 1; i + 1 < argv.size(); ++i) {
      const std::string_view option = argv[i];
      if (option.size() < 2 || (option.front() != '-' && option.front() != '+')) break;
      if (option.substr(0, 2) == "--") continue;
      if (option.find('c') != std::string_view::npos) return i + 1;
      if (option.back() == 'o' || option.back() == 'O') ++i;  // -o pipefail
    }
  }
  return std::nullopt;
}

}  // namespace minitor
