// What was done about the trouble of one monitor, for its page: repairs, notices, and notices that were
// held back.
#pragma once

#include <string_view>

#include "minitor/core/history.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// So much of an output stands on the page; the API has all that is kept.
inline constexpr std::size_t kOutputOnPage = 2048;

// An output that opens when it is asked for. `cut`: it is not all there was.
void write_output(Html& html, std::string_view output, bool cut);

// Nothing where none was tried.
void write_repairs(Html& html, const Site& site, const Monitor& monitor, HistoryReads& history);
// With those that were held back, each at its time.
void write_notices(Html& html, const Site& site, const Monitor& monitor, HistoryReads& history);

}  // namespace minitor
