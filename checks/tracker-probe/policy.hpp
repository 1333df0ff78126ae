// The second half of the verdict: from judged addresses, or none, to the state of the target.
#pragma once

#include "checks/tracker-probe/verdict.hpp"

namespace tracker_probe {

/// CRITICAL or UNKNOWN: this address does not work, or nobody knows.
[[nodiscard]] bool has_failed(const AddressResult& address);

/// Sets the target's state, and its error where no address is to blame.
void apply_policy(TargetResult& target, const Lookups& lookups, const VerdictOptions& options);

}  // namespace tracker_probe
