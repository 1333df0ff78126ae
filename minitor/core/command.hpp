// A command as the runner gets it: everything is decided, nothing is left to expand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "minitor/core/moment.hpp"

namespace minitor {

// A program and its arguments; the program is looked up in PATH when it holds no slash.
struct Argv {
  std::vector<std::string> items;  // never empty in a Config that loaded
  friend bool operator==(const Argv&, const Argv&) = default;
};

// Text for `/bin/sh -c`.
struct ShellText {
  std::string text;
  friend bool operator==(const ShellText&, const ShellText&) = default;
};

// Variables set on top of the daemon's own environment; a later one of the same name wins.
using Environment = std::vector<std::pair<std::string, std::string>>;

// What becomes of processes that a command leaves behind in its process group when it has ended.
enum class Leftovers : std::uint8_t {
  kill,   // a check: nothing it started has a purpose any more
  leave,  // an alert or a repair: it may have handed over to, or started, something on purpose
};

// What is kept of a command's output: the first half and the last half of this many bytes.
inline constexpr std::size_t kDefaultOutputBytes = 8 * 1024;
// From TERM to KILL.
inline constexpr Duration kDefaultGrace = std::chrono::seconds{5};

struct Command {
  std::variant<Argv, ShellText> program;
  Environment environment;
  std::string directory;  // empty: the daemon's own
  Duration timeout{};     // limit of one run, > 0
  Duration grace = kDefaultGrace;
  std::size_t output_bytes = kDefaultOutputBytes;
  Leftovers leftovers = Leftovers::kill;

  friend bool operator==(const Command&, const Command&) = default;
};

// The command in one line for a person: argv quoted as for a shell where needed, or the shell text;
// cleaned and cut as one_line() does.
[[nodiscard]] std::string describe(const Command& command);

// What is executed: the first item of argv, or "sh".
[[nodiscard]] std::string_view program_name(const Command& command);

}  // namespace minitor
