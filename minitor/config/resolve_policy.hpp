// The part of resolve() that has to do with calendars and with who needs whom.
#pragma once

#include "minitor/config/drafts.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/config/load_config.hpp"
#include "minitor/core/config.hpp"

namespace minitor::config {

// Fills in the windows of `config`, and schedules, windows and parents of its monitors, of which
// there is one for each draft, in their order.
void resolve_policy(const TopDraft& draft, const ConfigWorld& world, Findings& findings,
                    Config& config);

// Says what is odd about canaries and scopes.
void note_scopes(const TopDraft& draft, const Config& config, Findings& findings);

}  // namespace minitor::config
