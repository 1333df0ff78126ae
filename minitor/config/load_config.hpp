// From text to Config: the only door to YAML in this house.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// One thing that is wrong, for a person: where, what, and what to write instead.
struct ConfigError {
  std::string file;
  int line = 0;         // from 1; 0: the whole file
  int column = 0;       // from 1
  std::string path;     // "monitors[2].command", empty at the top
  std::string message;  // never holds a secret

  // "minitor.yml:14:21: monitors[0].check_interval: "5x" is not a duration; write 30s, 5m or 1h30m"
  [[nodiscard]] std::string text() const;
};

// The bytes of a file, or why there are none ("No such file or directory").
struct FileBytes {
  std::string bytes;
  std::string error;  // empty: it was read
};

// What the loader may see of the world, so that tests hand it a world of their own.
struct ConfigWorld {
  // A variable of the environment; none when it is not set.
  std::function<std::optional<std::string>(const std::string&)> variable;
  // All variables (for the redactor: values of those that name a secret).
  std::map<std::string, std::string> environment;
  // At most `most` + 1 bytes of a file: the configuration, what it includes, ${file:PATH}. Left
  // empty: the file system.
  std::function<FileBytes(const std::string& path, std::size_t most)> read_file = {};
  // The files that a shell pattern stands for, sorted. Left empty: the file system.
  std::function<std::vector<std::string>(const std::string& pattern)> matching_files = {};
  // Whether nobody wants the result any more: a pipe is waited for no longer. Called from the thread that
  // reads. Left empty: never.
  std::function<bool()> called_off = {};
  // A time zone by its IANA name; the empty name is the zone of this machine. Left empty: only UTC.
  std::function<std::optional<TimeZone>(const std::string& name)> find_zone = {};
};
[[nodiscard]] ConfigWorld this_process();

struct LoadedConfig {
  Config config;
  // What was read with a grain of salt (a coerced value, a dialect's quirk), each once, with its place.
  std::vector<ConfigError> notes;
  std::vector<std::string> files;  // every file read, the first one being the one that was named
};

// Reads `path` and everything that it includes. All errors at once, in the order of the file.
// Blocks on the file system; never on the loop's thread while it runs. Never throws for what a file may hold.
[[nodiscard]] std::variant<LoadedConfig, std::vector<ConfigError>> load_config(
    const std::string& path, const ConfigWorld& world);
// Of a file that is refused: where its history and its control socket are, as far as that can be read, so that
// the command line still finds the daemon while the file is edited. All else is as by default.
[[nodiscard]] Config places_of(const std::string& path, const ConfigWorld& world);
// As load_config(), for text that is already here (tests, fuzzing, stdin); `name` stands in the errors.
[[nodiscard]] std::variant<LoadedConfig, std::vector<ConfigError>> load_config_text(
    const std::string& name, std::string_view text, const ConfigWorld& world);

// The JSON Schema (draft 2020-12) of the configuration, made from the same table of keys that the loader reads.
[[nodiscard]] std::string config_schema();

}  // namespace minitor
