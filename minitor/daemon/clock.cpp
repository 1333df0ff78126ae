#include "minitor/daemon/clock.hpp"

namespace minitor {

Moment now() {
  return {Monotonic{std::chrono::steady_clock::now().time_since_epoch()},
          std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
}

}  // namespace minitor
