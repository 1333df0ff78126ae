// What is laid over a monitor, as its page and the status page show it.
#pragma once

#include <cstddef>

#include "minitor/web/html.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// "paused", or the badge of its status, and "silenced" or "acknowledged" beside it.
void write_badges(Html& html, const Site& site, std::size_t index, const MonitorNow& now);
// What holds, until when, and why a notice that is due is not told; who and why where the monitor shows
// its output. Nothing when there is nothing to say.
void write_overlays(Html& html, const Site& site, std::size_t index);
// The buttons that pause, silence and acknowledge, or end that: for the script, hidden without it. They
// stand apart from what the reader types, because they change with what is.
void write_overlay_buttons(Html& html, const Site& site, std::size_t index);
// What the reader types for them.
void write_overlay_fields(Html& html);

}  // namespace minitor
