// Opens the module for HTTP, HTTPS and WebSocket at first use.
#pragma once

#include <memory>
#include <string>

#include "checks/tracker-probe/address_probe.hpp"

namespace tracker_probe {

/// Null, with the reason in `why`, when there is no module or it does not fit.
[[nodiscard]] std::unique_ptr<ProbeEngine> load_http_engine(const EngineContext& context,
                                                            std::string& why);

}  // namespace tracker_probe
