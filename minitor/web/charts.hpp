// Bars, lines and graphs as inline SVG, without a script and without a style of their own.
#pragma once

#include <vector>

#include "minitor/core/history.hpp"
#include "minitor/web/html.hpp"
#include "minitor/web/site.hpp"

namespace minitor {

// A bar a day; neighbours of one kind in one element when `brief`.
void write_day_bars(Html& html, const std::vector<DayBar>& bars, bool brief);

// Lines are broken where there was no check for two of these and of `interval`, the monitor's own.
//
// Mean durations as a line over `range`, which is cut into stretches of `resolution`.
void write_sparkline(Html& html, const std::vector<Bucket>& buckets, TimeRange range,
                     Resolution resolution, Duration interval);

// Shortest, mean and longest durations over time, with outages and time without a look marked.
void write_latency_graph(Html& html, const Site& site, const std::vector<Bucket>& buckets,
                         const std::vector<Stretch>& stretches, TimeRange range,
                         Resolution resolution, Duration interval);

}  // namespace minitor
