// The saved state as JSON: one document for each monitor, incident and lock of repairs. Keys that are not known
// are passed over and what is missing is as in a new monitor, so that an older and a newer minitor
// read each other's. A field that is added to the structs of saved_state.hpp is added here, too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/saved_state.hpp"

namespace minitor {

[[nodiscard]] std::string saved_json(const SavedLife& life);
[[nodiscard]] std::string saved_json(const SavedMonitor& monitor);
[[nodiscard]] std::string saved_json(const SavedIncident& incident);
[[nodiscard]] std::string saved_json(const SavedLock& lock);

// None when the text is not such a document. Numbers that no engine would write are brought within
// bounds: what comes out is fit to go on from, whatever went in.
[[nodiscard]] std::optional<SavedLife> saved_life(std::string_view json);
[[nodiscard]] std::optional<SavedMonitor> saved_monitor(std::string_view json);
[[nodiscard]] std::optional<SavedIncident> saved_incident(std::string_view json);
[[nodiscard]] std::optional<SavedLock> saved_lock(std::string_view json);

}  // namespace minitor
