#include "minitor/web/process_info.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>

#include "tests/catch.hpp"

using namespace minitor;

TEST_CASE("the kernel tells about this process") {
  const ProcessInfo before = read_process_info();
  REQUIRE(before.open_fds);
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(read_process_info().open_fds == *before.open_fds + 1);
  ::close(file);
  CHECK(read_process_info().open_fds == before.open_fds);

  REQUIRE(before.resident_bytes);
  CHECK(*before.resident_bytes > 500'000);
  CHECK(*before.resident_bytes < *before.virtual_bytes);
  REQUIRE(before.start_time);
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(before.start_time->count() > now - 3600);
  CHECK(before.start_time->count() < now + 5);
  REQUIRE(before.cpu_time);
  CHECK(before.cpu_time->count() < 3600);
  REQUIRE(before.max_fds);
  CHECK(*before.max_fds > *before.open_fds);
}
