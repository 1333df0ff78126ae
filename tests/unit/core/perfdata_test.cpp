#include "minitor/core/perfdata.hpp"

#include <limits>

#include "tests/catch.hpp"

using namespace minitor;

namespace {

PerfFigure only(std::string_view items) {
  const auto figures = parse_perfdata(items);
  REQUIRE(figures.size() == 1);
  return figures.front();
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a figure with everything that the grammar knows") {
  const PerfFigure figure = only("time=12ms;100;@200:300;0;10000");
  CHECK(figure.label == "time");
  CHECK(figure.value == 0.012);
  CHECK(figure.unit == "seconds");
  CHECK_FALSE(figure.counter);
  CHECK(figure.warning == PerfRange{0, 0.1, false});
  CHECK(figure.critical == PerfRange{0.2, 0.3, true});
  CHECK(figure.min == 0.0);
  CHECK(figure.max == 10.0);
}

TEST_CASE("ranges of the plugin API") {
  CHECK(only("a=1;10").warning == PerfRange{0, 10, false});
  CHECK(only("a=1;10:").warning == PerfRange{10, kInfinity, false});
  CHECK(only("a=1;~:10").warning == PerfRange{-kInfinity, 10, false});
  CHECK(only("a=1;10:20").warning == PerfRange{10, 20, false});
  CHECK(only("a=1;@-20:-10").warning == PerfRange{-20, -10, true});
  for (const std::string_view wrong :
       {"a=1;", "a=1;@", "a=1;x", "a=1;20:10", "a=1;1:2:3", "a=1;1e999"})
    CHECK_FALSE(only(wrong).warning);
}

TEST_CASE("units become base units, words of a plugin's own stay, counters are told apart") {
  CHECK(only("a=1us").value == 1e-6);
  CHECK(only("a=2KB").value == 2000.0);
  CHECK(only("a=2KiB;1;1").value == 2048.0);
  CHECK(only("a=2KiB;1").warning == PerfRange{0, 1024, false});
  CHECK(only("a=2MiB").unit == "bytes");
  CHECK(only("a=5%").unit == "percent");
  CHECK(only("a=5").unit.empty());
  CHECK(only("a=5users").unit == "users");
  CHECK(only("a=7c").counter);
  CHECK(only("a=5e3B").value == 5000.0);
  CHECK(only("a=5EB").unit == "EB");
  CHECK(only("a=-1.5").value == -1.5);
  CHECK(only("a=+.5").value == 0.5);
  CHECK_FALSE(only("a=U").value);
}

TEST_CASE("labels with blanks, quotes and signs") {
  CHECK(only("'a b'=1").label == "a b");
  CHECK(only("'it''s full'=1").label == "it's full");
  CHECK(only("/var/lib=1").label == "/var/lib");
  CHECK(only("::check_x::a=1").label == "::check_x::a");
  CHECK(parse_perfdata("a=1 'b c'=2\td=3").size() == 3);
}

TEST_CASE("what does not follow the grammar is left out, and the rest is read") {
  for (const std::string_view wrong :
       {"", " ", "a", "=1", "a=", "a=x", "a=1,5", "a=1.2.3", "a=1e999", "a=nan", "a=inf", "a=--1",
        "a=1;;;;;;x=", "'a=1", "''=1", "a=0x10", "a= 1"}) {
    INFO(wrong);
    const auto figures = parse_perfdata(std::string(wrong) + " good=7");
    REQUIRE_FALSE(figures.empty());
    CHECK(figures.back().label == "good");
    CHECK(figures.back().value == 7.0);
    CHECK(figures.size() <= 2);  // "a=1;;;;;;x=" has more fields than it should, and a value
  }
  CHECK(parse_perfdata("a=1 a=2").size() == 1);
  CHECK(parse_perfdata(std::string(kMaxPerfLabel + 1, 'x') + "=1").empty());
  CHECK(parse_perfdata("a=1" + std::string(kMaxPerfUnit + 1, 'x')).empty());
}

TEST_CASE("there is an end to figures and to labels") {
  std::string items;
  for (int i = 0; i < 1000; ++i) items += "l" + std::to_string(i) + "=1 ";
  CHECK(parse_perfdata(items).size() == kMaxPerfdata);

  std::vector<std::string> known;
  auto first = parse_perfdata("a=1 b=2");
  admit(first, known);
  CHECK(known == std::vector<std::string>{"a", "b"});
  auto many = parse_perfdata(items);
  admit(many, known);
  CHECK(many.size() == kMaxPerfdata - 2);
  auto again = parse_perfdata("new=1 a=3 l5=4");
  admit(again, known);
  REQUIRE(again.size() == 2);
  CHECK(again[0].label == "a");
  CHECK(known.size() == kMaxPerfdata);
}

TEST_CASE("where performance data stand in what a plugin wrote") {
  CHECK(perfdata_of("OK - fine\nmore\n").empty());
  CHECK(perfdata_of("OK - fine | a=1\n").size() == 1);
  const auto figures = perfdata_of("DISK OK | /=1MB\nlong text c=9\nmore | /boot=2MB\n/home=3MB\n");
  REQUIRE(figures.size() == 3);
  CHECK(figures[0].label == "/");
  CHECK(figures[1].label == "/boot");
  CHECK(figures[2].label == "/home");
  CHECK(perfdata_of("OK\nlong\ntext | a=1").size() == 1);
}

TEST_CASE("of an output that was cut only whole lines count") {
  CHECK(whole_lines("OK | a=1\nlong lines", 12) == "OK | a=1\n");
  CHECK(whole_lines("OK | a=1\n", 8).empty());
  CHECK(whole_lines("one long line", 8).empty());
}
