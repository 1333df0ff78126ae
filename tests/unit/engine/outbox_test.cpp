#include "minitor/core/outbox.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("the wait doubles up to its cap, however long it goes on") {
  CHECK(retry_wait(seconds{5}, 1) == seconds{5});
  CHECK(retry_wait(seconds{5}, 2) == seconds{10});
  CHECK(retry_wait(seconds{5}, 6) == seconds{160});
  CHECK(retry_wait(seconds{5}, 7) == kRetryCap);
  CHECK(retry_wait(milliseconds{1}, 2'000'000'000) == kRetryCap);
  CHECK(retry_wait(hours{24 * 366}, 1) == kRetryCap);
}
