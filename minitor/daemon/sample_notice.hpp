// A notice made up to try an alert with.
#pragma once

#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/daemon/options.hpp"

namespace minitor {

// The notice of a monitor "Sample Monitor" that failed three times; of its recovery; or a plain
// test.
[[nodiscard]] Notice sample_notice(SampleKind kind, Timestamp now);

}  // namespace minitor
