// The UDP engine: one socket a family for the whole run, a table from transaction id to
// conversation, one timer.
#pragma once

#include <memory>

#include "checks/tracker-probe/address_probe.hpp"

namespace tracker_probe {

[[nodiscard]] std::unique_ptr<ProbeEngine> make_udp_engine(const EngineContext& context);

}  // namespace tracker_probe
