#include "minitor/daemon/system_zones.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "minitor/core/clean_text.hpp"

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

std::optional<TimeZone> SystemZones::zone_of_tz(std::string_view text) {
  std::string_view name = text;
  if (!name.empty() && name.front() == ':') name.remove_prefix(1);
  if (!name.empty() && name.front() == '/') return read_zone(name, name);
  if (auto zone = find(name)) return zone;
  return TimeZone::parse_posix(text);
}

TimeZone SystemZones::local() {
  if (const char* text = std::getenv("TZ")) return zone_of_tz(text).value_or(TimeZone{});
  return read_zone("localtime", "/etc/localtime").value_or(TimeZone{});
}

std::optional<std::string> SystemZones::mistake_in_tz() {
  const char* text = std::getenv("TZ");
  if (text == nullptr || zone_of_tz(text)) return std::nullopt;
  return fmt::format(
      "TZ=\"{}\" is no time zone of this machine, so times are shown in UTC; write a name such as "
      "Europe/Berlin, and install tzdata",
      one_line(text));
}

}  // namespace minitor
