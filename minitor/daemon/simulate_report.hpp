// A rehearsal as a table, as JSON and as a picture.
#pragma once

#include <string>

#include "minitor/core/config.hpp"
#include "minitor/core/rehearsal.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

[[nodiscard]] std::string rehearsal_table(const Rehearsal& rehearsal, const Config& config,
                                          const TimeZone& zone);
// One object: from, until, checks, repairs, notices, lines.
[[nodiscard]] std::string rehearsal_json(const Rehearsal& rehearsal, const Config& config,
                                         const TimeZone& zone);
// A lane for each monitor to which something happens; an SVG document.
[[nodiscard]] std::string rehearsal_svg(const Rehearsal& rehearsal, const Config& config,
                                        const TimeZone& zone);

}  // namespace minitor
