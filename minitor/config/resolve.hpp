// From drafts to a Config: names looked up, defaults filled in, the whole cross-checked.
#pragma once

#include "minitor/config/drafts.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/config/load_config.hpp"
#include "minitor/core/config.hpp"

namespace minitor::config {

// The timeout of a check that names none: its interval, within these.
inline constexpr Duration kShortestDefaultTimeout = std::chrono::seconds{10};
inline constexpr Duration kLongestDefaultTimeout = std::chrono::minutes{5};
inline constexpr Duration kDefaultAlertTimeout = std::chrono::seconds{60};
inline constexpr Duration kDefaultInterval = std::chrono::seconds{30};
// alert_after of Minitor for Python.
inline constexpr int kPythonAlertAfter = 4;

// Usable only when `findings` has no errors afterwards. The redactor is the caller's to add.
[[nodiscard]] Config resolve(TopDraft draft, const ConfigWorld& world, Findings& findings);

}  // namespace minitor::config
