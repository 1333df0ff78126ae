// Time zones from the files of this machine.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "minitor/core/time_zone.hpp"

namespace minitor {

// Reads zones by name from $TZDIR or /usr/share/zoneinfo, each once. Blocks on the file system.
class SystemZones final : public TimeZoneSource {
 public:
  [[nodiscard]] std::optional<TimeZone> find(std::string_view name) override;

  // The zone in which times are shown: TZ (a name, ":name", a path, or the POSIX form), else
  // /etc/localtime, else UTC.
  [[nodiscard]] TimeZone local();

  // What is wrong with TZ, in words; empty when it is a zone or not set.
  [[nodiscard]] std::optional<std::string> mistake_in_tz();

 private:
  [[nodiscard]] std::optional<TimeZone> zone_of_tz(std::string_view text);

  std::map<std::string, std::optional<TimeZone>, std::less<>> known_;
};

}  // namespace minitor
