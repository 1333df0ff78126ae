// The one place where the time is read.
#pragma once

#include "minitor/core/moment.hpp"

namespace minitor {

// Both clocks, now: CLOCK_MONOTONIC and CLOCK_REALTIME.
[[nodiscard]] Moment now();

// How long the machine was suspended since it booted. Of any thread.
[[nodiscard]] Duration suspended();

}  // namespace minitor
