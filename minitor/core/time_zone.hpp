// Time zones as plain data. libstdc++ 12 has none; the rules come from the TZif files (RFC 8536)
// that every system ships, read elsewhere and handed in as bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/moment.hpp"

namespace minitor {

// A TZif file larger than this is not one.
inline constexpr std::size_t kMaxTimeZoneBytes = 256 * 1024;

class TimeZone {
 public:
  struct Offset {
    std::chrono::seconds from_utc{};
    bool daylight = false;
    std::string abbreviation;  // "CET"
  };

  TimeZone();  // UTC
  // `bytes` of a TZif file, version 1 to 4, with its POSIX footer for the time after the last
  // transition. Empty when they are not one: hostile bytes are refused, never read past.
  [[nodiscard]] static std::optional<TimeZone> parse(std::string_view name, std::string_view bytes);
  // The POSIX form that TZ may have, "CET-1CEST,M3.5.0,M10.5.0/3". Empty when the text is not one.
  [[nodiscard]] static std::optional<TimeZone> parse_posix(std::string_view text);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] Offset at(Timestamp when) const;

 private:
  struct Rules;
  std::shared_ptr<const Rules> rules_;
};

// Where a zone comes from by its IANA name. The one implementation that reads files is the
// daemon's.
class TimeZoneSource {
 public:
  virtual ~TimeZoneSource() = default;
  [[nodiscard]] virtual std::optional<TimeZone> find(std::string_view name) = 0;
};

// "2026-11-21T07:15:02+01:00", seconds, or with milliseconds; UTC as "Z" (RFC 3339).
[[nodiscard]] std::string format_rfc3339(Timestamp when, const TimeZone& zone,
                                         bool milliseconds = false);
// "2026-11-21 07:15:02", for a log line on a terminal.
[[nodiscard]] std::string format_local(Timestamp when, const TimeZone& zone);
// By a layout of Go's time package ("Mon Jan _2 15:04:05 MST 2006"), every element of it.
[[nodiscard]] std::string format_go(Timestamp when, const TimeZone& zone, std::string_view layout);

}  // namespace minitor
