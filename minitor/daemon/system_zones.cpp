#include "minitor/daemon/system_zones.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace minitor {
namespace {

std::optional<TimeZone> read_zone(std::string_view name, const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kMaxTimeZoneBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return TimeZone::parse(name, bytes);
}

}  // namespace

std::optional<TimeZone> SystemZones::find(std::string_view name) {
  if (name == "UTC" || name.empty()) return TimeZone{};
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  std::optional<TimeZone> zone;
  // A name, not a way out of the folder.
  if (name.front() != '/' && name.find("..") == std::string_view::npos) {
    const char* folder = std::getenv("TZDIR");
    zone = read_zone(
        name, std::filesystem::path(folder != nullptr ? folder : "/usr/share/zoneinfo") / name);
  }
  known_.emplace(std::string{name}, zone);
  return zone;
}

TimeZone SystemZones::local() {
  if (const char* variable = std::getenv("TZ"); variable != nullptr) {
    std::string_view name{variable};
    if (!name.empty() && name.front() == ':') name.remove_prefix(1);
    if (!name.empty() && name.front() == '/') return read_zone(name, name).value_or(TimeZone{});
    return find(name).value_or(TimeZone{});
  }
  return read_zone("localtime", "/etc/localtime").value_or(TimeZone{});
}

}  // namespace minitor
