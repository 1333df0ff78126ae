#include "minitor/core/time_zone.hpp"

#include <cstdint>
#include <fstream>
#include <iterator>

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

Timestamp utc(int year, unsigned month, unsigned day, std::chrono::nanoseconds time = 0s) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) /
                               static_cast<int>(day)) +
         time;
}

std::string be(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU));
  }
  return out;
}

// A TZif file of version 2 with one local time type, no transitions, and this footer.
std::string only_footer(const std::string& footer) {
  const auto header = [](unsigned types, unsigned chars) {
    return "TZif2" + std::string(15, '\0') + be(0, 4) + be(0, 4) + be(0, 4) + be(0, 4) +
           be(types, 4) + be(chars, 4);
  };
  const std::string block = be(0, 4) + std::string(2, '\0') + std::string("LMT\0", 4);
  return header(1, 4) + block + header(1, 4) + block + "\n" + footer + "\n";
}

TimeZone zone(const std::string& footer) {
  auto parsed = TimeZone::parse("Test/Zone", only_footer(footer));
  INFO(footer);
  REQUIRE(parsed.has_value());
  return *parsed;
}

const std::string kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

}  // namespace

TEST_CASE("UTC is there without a file") {
  const TimeZone it;
  CHECK(it.name() == "UTC");
  CHECK(it.at(utc(2026, 7, 1)).from_utc == 0s);
  CHECK(format_rfc3339(utc(2026, 11, 21, 7h + 15min + 2s), it) == "2026-11-21T07:15:02Z");
  CHECK(format_rfc3339(utc(2026, 11, 21, 7h + 15min + 2s + 34567us), it, true) ==
        "2026-11-21T07:15:02.034Z");
}

TEST_CASE("the rule at the end of a file") {
  const TimeZone berlin = zone(kBerlin);
  CHECK(berlin.at(utc(2026, 3, 29, 59min + 59s)).abbreviation == "CET");
  CHECK(berlin.at(utc(2026, 3, 29, 1h)).abbreviation == "CEST");
  CHECK(berlin.at(utc(2026, 3, 29, 1h)).daylight);
  CHECK(berlin.at(utc(2026, 10, 25, 59min + 59s)).from_utc == 2h);
  CHECK(berlin.at(utc(2026, 10, 25, 1h)).from_utc == 1h);
  CHECK(format_rfc3339(utc(2026, 11, 21), berlin) == "2026-11-21T01:00:00+01:00");
  CHECK(format_local(utc(2026, 7, 1, 12h), berlin) == "2026-07-01 14:00:00");
}

TEST_CASE("rules of every form") {
  const TimeZone sydney = zone("AEST-10AEDT,M10.1.0,M4.1.0/3");  // summer over New Year
  CHECK(sydney.at(utc(2026, 1, 1)).abbreviation == "AEDT");
  CHECK(sydney.at(utc(2026, 7, 1)).abbreviation == "AEST");
  const TimeZone always = zone("EST5EDT,0/0,J365/25");  // RFC 8536, section 3.3.1
  for (const auto when :
       {utc(2026, 1, 1), utc(2026, 1, 1, 4h), utc(2026, 1, 1, 5h), utc(2026, 7, 1),
        utc(2026, 12, 31, 23h + 59min), utc(2028, 12, 31, 12h)}) {
    CHECK(always.at(when).abbreviation == "EDT");
  }
  const TimeZone julian = zone("AAA0BBB,J60/0,J61/0");  // March 1st, leap year or not
  CHECK(julian.at(utc(2027, 3, 1, 12h)).abbreviation == "BBB");
  CHECK(julian.at(utc(2028, 3, 1, 12h)).abbreviation == "BBB");
  CHECK(julian.at(utc(2028, 2, 29, 12h)).abbreviation == "AAA");
  const TimeZone counted = zone("AAA0BBB,59/0,60/0");  // the 60th day
  CHECK(counted.at(utc(2027, 3, 1, 12h)).abbreviation == "BBB");
  CHECK(counted.at(utc(2028, 2, 29, 12h)).abbreviation == "BBB");
  const TimeZone nuuk = zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
  CHECK(nuuk.at(utc(2026, 3, 29, 59min)).abbreviation == "-02");
  CHECK(nuuk.at(utc(2026, 3, 29, 1h)).abbreviation == "-01");
  CHECK(zone("<+0530>-5:30").at(utc(2026, 1, 1)).from_utc == 5h + 30min);
  CHECK(zone("").at(utc(2026, 1, 1)).abbreviation == "LMT");
}

TEST_CASE("bytes that are no TZif file are refused") {
  const std::string good = only_footer(kBerlin);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(TimeZone::parse("x", std::string_view(good).substr(0, size)).has_value());
  }
  for (const std::string footer :
       {"CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "CET-1:60", "<CET-1",
        "CET-1CEST,J0,J1", "CET-1x", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-99999999999999999999"}) {
    INFO(footer);
    CHECK_FALSE(TimeZone::parse("x", only_footer(footer)).has_value());
  }
  std::string huge = good;
  huge.replace(20 + 12, 4, be(0xFFFFFFFF, 4));
  CHECK_FALSE(TimeZone::parse("x", huge).has_value());
}

TEST_CASE("the system's own files") {
  std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  if (!file) return;  // a machine without tzdata
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto berlin = TimeZone::parse("Europe/Berlin", bytes);
  REQUIRE(berlin.has_value());
  CHECK(berlin->name() == "Europe/Berlin");
  CHECK(berlin->at(utc(1900, 1, 1)).abbreviation == "CET");
  CHECK(berlin->at(utc(1945, 6, 1)).from_utc == 3h);
  CHECK(berlin->at(utc(1975, 7, 1)).abbreviation == "CET");
  CHECK(berlin->at(utc(2026, 7, 1)).abbreviation == "CEST");
  CHECK(berlin->at(utc(2100, 7, 1)).abbreviation == "CEST");
  CHECK(berlin->at(utc(1700, 1, 1)).abbreviation == "LMT");
}

TEST_CASE("every element of a Go layout") {
  const Timestamp when = utc(2026, 2, 3, 16h + 5min + 9s + 123456789ns);  // a Tuesday
  const TimeZone berlin = zone(kBerlin);
  struct Case {
    std::string layout, text;
  };
  for (const auto& [layout, text] : std::vector<Case>{
           {"Mon Jan _2 15:04:05 2006", "Tue Feb  3 17:05:09 2026"},
           {"Mon Jan _2 15:04:05 MST 2006", "Tue Feb  3 17:05:09 CET 2026"},
           {"Monday, 02-Jan-06 15:04:05 MST", "Tuesday, 03-Feb-26 17:05:09 CET"},
           {"2006-01-02T15:04:05.999999999Z07:00", "2026-02-03T17:05:09.123456789+01:00"},
           {"January 1 2 3 4 5", "February 2 3 5 5 9"},
           {"01 02 03 04 05 06", "02 03 05 05 09 26"},
           {"002 __2 _2006", "034  34 _2026"},
           {"3:04PM 3pm", "5:05PM 5pm"},
           {"-0700 -07:00 -07 -070000 -07:00:00", "+0100 +01:00 +01 +010000 +01:00:00"},
           {"Z0700 Z07:00 Z07 Z070000 Z07:00:00", "+0100 +01:00 +01 +010000 +01:00:00"},
           {".000 ,000 .000000000000 .0001 .99",
            ".123 ,123 .123456789000 .000"
            "2 .12"},
           {"Janet Month Mond Jan", "Janet Month Mond Feb"},
           {"x y Q #%", "x y Q #%"},
           {"", ""}}) {
    CHECK(format_go(when, berlin, layout) == text);
  }
  CHECK(format_go(when, TimeZone(), "Z07:00 Z0700 -07:00") == "Z Z +00:00");
  CHECK(format_go(utc(2026, 2, 3), TimeZone(), "3 15 .999 .9 PM") == "12 00   AM");
  CHECK(format_go(Timestamp::max(), zone("<+14>-14"), "2006").size() == 4);
  CHECK(format_go(Timestamp::min(), zone("<-12>12"), "2006").size() == 4);
}

TEST_CASE("the POSIX form of a zone is a zone of its own", "[time zone]") {
  const auto zone = TimeZone::parse_posix("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(zone);
  // 2026-01-15T12:00:00Z and 2026-07-15T12:00:00Z
  CHECK(format_local(Timestamp{std::chrono::seconds{1768478400}}, *zone) == "2026-01-15 13:00:00");
  CHECK(format_local(Timestamp{std::chrono::seconds{1784116800}}, *zone) == "2026-07-15 14:00:00");
  CHECK_FALSE(TimeZone::parse_posix("Europe/Nowhere"));
  CHECK_FALSE(TimeZone::parse_posix(""));
}
