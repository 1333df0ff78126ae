// Any bytes are a time zone or none; one that was read answers for every instant.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "minitor/core/time_zone.hpp"

namespace {

using namespace minitor;

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first eight bytes are an instant, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::int64_t instant = 0;
  for (std::size_t i = 0; i < 8 && i < size; ++i) {
    instant = static_cast<std::int64_t>((static_cast<std::uint64_t>(instant) << 8U) | data[i]);
  }
  const std::size_t skipped = size < 8 ? size : 8;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + skipped, size - skipped);
  const auto zone = TimeZone::parse("Fuzz/Zone", bytes);
  if (!zone) return 0;
  for (const Timestamp when :
       {Timestamp{Duration{instant}}, Timestamp::min(), Timestamp::max(), Timestamp{}}) {
    const TimeZone::Offset offset = zone->at(when);
    must(offset.from_utc <= std::chrono::hours{26} && offset.from_utc >= -std::chrono::hours{26});
    must(!format_rfc3339(when, *zone, true).empty());
    must(format_local(when, *zone).size() == 19);
    must(!format_go(when, *zone, "Mon Jan _2 15:04:05.999 -07:00:00 MST 2006 __2").empty());
  }
  return 0;
}
