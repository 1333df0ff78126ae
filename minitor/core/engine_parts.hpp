// What the parts of the engine want to know of a configuration, in the order of its monitors.
#pragma once

#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/dependencies.hpp"
#include "minitor/core/recovery.hpp"

namespace minitor {

[[nodiscard]] std::vector<Duration> intervals(const Config& config);
[[nodiscard]] std::vector<Needs> needs(const Config& config);
[[nodiscard]] std::vector<Repairs::Ladder> ladders(const Config& config);

}  // namespace minitor
