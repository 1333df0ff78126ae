#include "minitor/daemon/history_place.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace minitor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "minitor.db";
constexpr const char* kSystemFolder = "/var/lib/minitor";

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> history_path(const HistorySettings& settings,
                                        const std::string& config_file) {
  const fs::path beside = fs::path{config_file}.parent_path();
  switch (settings.place) {
    case HistorySettings::Place::memory: return std::nullopt;
    case HistorySettings::Place::file: return (beside / settings.path).string();
    case HistorySettings::Place::usual: break;
  }
  // systemd may name several, with colons between them.
  if (const auto state = variable("STATE_DIRECTORY"))
    return (fs::path{state->substr(0, state->find(':'))} / kFile).string();
  if (access(kSystemFolder, W_OK | X_OK) == 0) return (fs::path{kSystemFolder} / kFile).string();
  if (const auto home = variable("XDG_STATE_HOME"))
    return (fs::path{*home} / "minitor" / kFile).string();
  return (beside / kFile).string();
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace minitor
