// Time zones for tests, without files: TZif data made of one POSIX rule.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "minitor/core/time_zone.hpp"

namespace minitor::tests {

inline TimeZone zone_of_rule(const std::string& name, const std::string& rule) {
  const auto be = [](std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU));
    return out;
  };
  const std::string header =
      "TZif2" + std::string(15, '\0') + be(0) + be(0) + be(0) + be(0) + be(1) + be(4);
  const std::string block = be(0) + std::string(2, '\0') + std::string("LMT\0", 4);
  auto zone = TimeZone::parse(name, header + block + header + block + "\n" + rule + "\n");
  if (!zone) std::abort();
  return *zone;
}

inline TimeZone berlin() { return zone_of_rule("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"); }
inline TimeZone new_york() { return zone_of_rule("America/New_York", "EST5EDT,M3.2.0,M11.1.0"); }
// Half an hour of daylight saving, on the southern side of the year.
inline TimeZone lord_howe() {
  return zone_of_rule("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
}
// The clocks are changed at midnight: a day that begins at 1, and one that has 23 twice.
inline TimeZone santiago() {
  return zone_of_rule("America/Santiago", "<-04>4<-03>,M9.1.6/24,M4.1.6/24");
}

}  // namespace minitor::tests
