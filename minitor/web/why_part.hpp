// Why somebody was told of a monitor, or was not, on its page: the words of `minitor why`.
#pragma once

#include <cstddef>

#include "minitor/core/history.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// Nothing where nothing of it was saved yet.
void write_why(Html& html, const Site& site, std::size_t index, HistoryReads& history);

}  // namespace minitor
