// What the engine recorded, as lines of the log.
#pragma once

#include "minitor/core/config.hpp"
#include "minitor/core/event.hpp"
#include "minitor/daemon/log.hpp"

namespace minitor {

// Writes the line that belongs to a record; effects that are no records are passed over.
void log_effect(Log& log, const Config& config, const Effect& effect, Timestamp when);

}  // namespace minitor
