// Any text becomes a whole Config or errors that say where: never a crash, a hang or half of one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/config/load_config.hpp"

namespace {

using namespace minitor;

void must(bool holds) {
  if (!holds) std::abort();
}

// A world in which every file is the text itself: includes and ${file:} go round in circles.
ConfigWorld world_of(const std::string& text) {
  ConfigWorld world;
  world.environment = {{"A", "1"}, {"B_TOKEN", "secret-{x}"}};
  world.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "1";
    if (name == "B_TOKEN") return "secret-{x}";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  world.read_file = [text](const std::string& path, std::size_t) {
    return path == "missing" ? FileBytes{"", "is missing"} : FileBytes{text, ""};
  };
  world.matching_files = [](const std::string&) {
    return std::vector<std::string>{"a.yml", "b.yml"};
  };
  return world;
}

void check_ids(const std::vector<AlertId>& ids, const Config& config) {
  must(std::all_of(ids.begin(), ids.end(),
                   [&](AlertId id) { return id.value < config.alerts.size(); }));
}

void check(const Config& config) {
  must(!config.monitors.empty());
  must(std::any_of(config.alerts.begin(), config.alerts.end(),
                   [](const Alert& a) { return a.name == "log"; }));
  for (const Alert& alert : config.alerts) {
    must(!alert.name.empty() && alert.timeout > Duration::zero() && alert.attempts >= 1);
    check_ids(alert.fallback, config);
  }
  for (const Monitor& monitor : config.monitors) {
    must(!monitor.name.empty() && monitor.interval > Duration::zero() &&
         monitor.command.timeout > Duration::zero());
    check_ids(monitor.alert_down, config);
    check_ids(monitor.alert_up, config);
    if (const auto* argv = std::get_if<Argv>(&monitor.command.program)) {
      must(!argv->items.empty() && !argv->items.front().empty());
      for (const std::string& item : argv->items) must(item.find('\0') == std::string::npos);
    } else {
      must(!std::get<ShellText>(monitor.command.program).text.empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto result = load_config_text("fuzz.yml", text, world_of(text));
  if (const auto* loaded = std::get_if<LoadedConfig>(&result)) {
    check(loaded->config);
    must(!loaded->files.empty());
  } else {
    const auto& errors = std::get<std::vector<ConfigError>>(result);
    must(!errors.empty());
    for (const ConfigError& error : errors) must(!error.message.empty() && !error.file.empty());
  }
  return 0;
}
