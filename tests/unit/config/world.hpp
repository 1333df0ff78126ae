// A world for the loader that is the same on every machine, and a Config as text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/config/load_config.hpp"

namespace minitor {

using LoadResult = std::variant<LoadedConfig, std::vector<ConfigError>>;

// A handful of variables; files are those of the file system.
ConfigWorld test_world();
// The same with files of its own and none of the file system.
ConfigWorld test_world(std::map<std::string, std::string> files);

LoadResult load(std::string_view text);
// The errors of a text that must not load, a line each; says so when it loads.
std::string errors_of(const LoadResult& result);
std::string errors_of(std::string_view text);
// The notes of one that must load.
std::string notes_of(std::string_view text);
// The Config of one that must load.
Config config_of(std::string_view text);

// Everything in it, a line a fact.
std::string dump(const LoadedConfig& loaded);

}  // namespace minitor
