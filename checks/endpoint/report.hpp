// A result for a person and for Nagios, and as JSON. Pure; whatever a server said comes out clean.
#pragma once

#include <string>
#include <vector>

#include "checks/endpoint/result.hpp"

namespace checks::endpoint {

/// "HTTP OK - words | perfdata" and one more line for each address when there are several.
[[nodiscard]] std::string nagios_text(std::string_view check, const Target& target, Require require,
                                      const std::vector<Threshold>& thresholds);

/// One object on one line; times in seconds, null for what was not reached.
[[nodiscard]] std::string json_text(std::string_view check, const Target& target, Require require);

}  // namespace checks::endpoint
