#include "minitor/core/delivery.hpp"

#include <cerrno>
#include <csignal>
#include <string>

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

TEST_CASE("what the end of an alert command says") {
  CHECK(read_delivery(Exited{0}, "").end == DeliveryEnd::delivered);
  CHECK(read_delivery(Exited{75}, "").end == DeliveryEnd::failed);
  CHECK(read_delivery(Exited{78}, "").end == DeliveryEnd::never);
  // curl and msmtp use these for things that pass.
  for (const int code : {1, 2, 22, 64, 65, 67, 68, 69, 70, 74, 76, 77, 79, 126, 127, 255})
    CHECK(read_delivery(Exited{code}, "") == Delivery{DeliveryEnd::failed, std::nullopt});
  CHECK(read_delivery(Killed{SIGKILL}, "").end == DeliveryEnd::failed);
  CHECK(read_delivery(TimedOut{30s}, "").end == DeliveryEnd::failed);
  CHECK(read_delivery(Unkillable{30s}, "").end == DeliveryEnd::failed);
  CHECK(read_delivery(NotStarted{StartStage::spawn, ENOENT}, "").end == DeliveryEnd::failed);
  CHECK(read_delivery(NotStarted{StartStage::spawn, EAGAIN}, "").end == DeliveryEnd::excused);
  CHECK(read_delivery(Stopped{}, "").end == DeliveryEnd::stopped);
}

TEST_CASE("how long a command asks to wait") {
  const auto wait = [](const std::string& output) {
    return read_delivery(Exited{75}, output).wait;
  };
  CHECK(wait("retry-after: 30") == 30s);
  CHECK(wait("Retry-After: 30\r\n") == 30s);
  CHECK(wait("429 Too Many Requests\nretry-after:7\n\n \n") == 7s);
  CHECK(wait("retry-after: 0\n") == 0s);
  CHECK(wait("retry-after: 900") == kMaxRetryAfter);
  CHECK(wait("retry-after: 901") == kMaxRetryAfter);
  CHECK(wait("retry-after: " + std::string(10'000, '9')) == kMaxRetryAfter);
  CHECK_FALSE(wait(""));
  CHECK_FALSE(wait("\n\n"));
  CHECK_FALSE(wait("retry-after:"));
  CHECK_FALSE(wait("retry-after: -5"));
  CHECK_FALSE(wait("retry-after: 1.5"));
  CHECK_FALSE(wait("retry-after: Sat, 21 Nov 2026 00:00:00 GMT"));
  CHECK_FALSE(wait("retry-after: 30\nbut that was not the last line"));
  CHECK_FALSE(wait("please retry-after: 30"));
  CHECK_FALSE(wait(std::string("retry-after: 3\0", 15)));
  // Only who asks to be tried again is asked when.
  CHECK_FALSE(read_delivery(Exited{1}, "retry-after: 30").wait);
  CHECK_FALSE(read_delivery(Exited{78}, "retry-after: 30").wait);
}
