// Reading files through a ConfigWorld.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "minitor/config/load_config.hpp"

namespace minitor::config {

// At most `most` + 1 bytes, so that the caller sees a file that is too large.
[[nodiscard]] FileBytes read_file(const ConfigWorld& world, const std::string& path,
                                  std::size_t most);
struct MatchingFiles {
  std::vector<std::string> names;  // sorted
  std::string folder;              // that is not there, or cannot be read …
  std::string error;               // … and why; empty: all were
};
[[nodiscard]] MatchingFiles matching_files(const ConfigWorld& world, const std::string& pattern);
// True when `path` means files by a pattern rather than one file.
[[nodiscard]] bool is_pattern(const std::string& path);

}  // namespace minitor::config
