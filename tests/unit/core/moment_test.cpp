#include "minitor/core/moment.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

TEST_CASE("durations are read as Go writes them") {
  struct Case {
    std::string text;
    Duration value;
  };
  for (const auto& [text, value] : std::vector<Case>{{"0", 0s},
                                                     {"-0", 0s},
                                                     {"5s", 5s},
                                                     {"+5s", 5s},
                                                     {"-5s", -5s},
                                                     {"1h30m", 90min},
                                                     {"1.5s", 1500ms},
                                                     {".5s", 500ms},
                                                     {"1.s", 1s},
                                                     {"250ms", 250ms},
                                                     {"7us", 7us},
                                                     {"7µs", 7us},
                                                     {"7μs", 7us},
                                                     {"9ns", 9ns},
                                                     {"1d12h", 36h},
                                                     {"0.1m", 6s},
                                                     {"1m1m", 2min},
                                                     {"1.0000000001s", 1s},
                                                     {"9223372036854775807ns", Duration::max()}}) {
    INFO(text);
    CHECK(parse_duration(text) == value);
  }
}

TEST_CASE("what is no duration is refused") {
  for (const std::string text : {"",
                                 "-",
                                 "+",
                                 "5",
                                 "s",
                                 ".",
                                 ".s",
                                 "5x",
                                 "5 s",
                                 "1h 30m",
                                 " 5s",
                                 "5s ",
                                 "--5s",
                                 "1e3s",
                                 "0x5s",
                                 "5S",
                                 "9223372036854775808ns",
                                 "300000000000h",
                                 "99999999999999999999s",
                                 "1h-5m",
                                 "1:30"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("durations are written so that they read back") {
  struct Case {
    Duration value;
    std::string text;
  };
  for (const auto& [value, text] : std::vector<Case>{{0s, "0s"},
                                                     {90s, "1m30s"},
                                                     {90min, "1h30m"},
                                                     {1500ms, "1.5s"},
                                                     {250ms, "250ms"},
                                                     {1500us, "1.5ms"},
                                                     {1001ns, "1.001us"},
                                                     {7ns, "7ns"},
                                                     {-5s, "-5s"},
                                                     {24h, "1d"},
                                                     {36h + 1ns, "1d12h0.000000001s"},
                                                     {60s + 250ms, "1m0.25s"}}) {
    CHECK(format_duration(value) == text);
    CHECK(parse_duration(text) == value);
  }
  CHECK(parse_duration(format_duration(Duration::max())) == Duration::max());
  CHECK(format_duration(Duration::min()).front() == '-');
}

TEST_CASE("durations for people are rounded to what matters") {
  struct Case {
    Duration value;
    std::string text;
  };
  for (const auto& [value, text] : std::vector<Case>{{0s, "0 s"},
                                                     {3us, "under 1 ms"},
                                                     {320ms, "320 ms"},
                                                     {999600us, "1 s"},
                                                     {1240ms, "1.2 s"},
                                                     {9960ms, "10 s"},
                                                     {41s, "41 s"},
                                                     {59700ms, "1 min"},
                                                     {125s, "2 min 5 s"},
                                                     {2h + 5min + 20s, "2 h 5 min"},
                                                     {24h - 1s, "1 d"},
                                                     {76h, "3 d 4 h"},
                                                     {-41s, "-41 s"}}) {
    CHECK(human_duration(value) == text);
  }
}
