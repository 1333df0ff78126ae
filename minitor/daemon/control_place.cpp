#include "minitor/daemon/control_place.hpp"

#include <filesystem>

#include "minitor/daemon/history_place.hpp"

namespace minitor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".sock";

}  // namespace

std::optional<std::string> control_path(const Config& config, const std::string& config_file) {
  switch (config.control.place) {
    case ControlSettings::Place::off: return std::nullopt;
    case ControlSettings::Place::file:
      return (fs::path{config_file}.parent_path() / config.control.path).string();
    case ControlSettings::Place::usual: break;
  }
  const auto history = history_path(config.history, config_file);
  return fs::path{history.value_or(config_file)}.replace_extension(kEnding).string();
}

}  // namespace minitor
