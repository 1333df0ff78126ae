// Opening the history, whatever state its file is in.
#pragma once

#include <memory>
#include <string>

#include "minitor/store/history.hpp"

namespace minitor {

// The file is not for this program: a newer minitor's, or another program's. It stays as it is.
class HistoryRefused : public HistoryError {
  using HistoryError::HistoryError;
};

struct OpenedHistory {
  std::shared_ptr<History> history;
  SavedState state;     // what the last life left
  std::string warning;  // a damaged file was set aside, and as what; empty: all is well
};

// For writing. A damaged file is renamed, with the time in its new name, and a new one is begun.
// Throws HistoryRefused, or HistoryError for what may be better later (no right to write, a full
// disk, a file that is locked).
[[nodiscard]] OpenedHistory open_history(const std::string& path, Timestamp now);

// For reading, beside whoever writes.
[[nodiscard]] std::shared_ptr<HistoryReads> open_for_reading(const std::string& path);

}  // namespace minitor
