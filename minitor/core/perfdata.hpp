// The figures that a plugin of the Nagios API writes behind its words ("OK - 12 ms | time=0.012s;1;2"):
// read from what a check wrote. Pure, and forgiving: what does not follow the grammar is left out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minitor {

// Figures kept of one run, and labels that one monitor may ever have in metrics.
inline constexpr std::size_t kMaxPerfdata = 64;
// A figure whose label or unit is longer than this, in bytes, is left out.
inline constexpr std::size_t kMaxPerfLabel = 128;
inline constexpr std::size_t kMaxPerfUnit = 16;

// A range of the plugin API: a value outside of it alerts; for `inside` ("@10:20") one that lies in it.
struct PerfRange {
  double low = 0;   // may be -infinity
  double high = 0;  // may be +infinity
  bool inside = false;
  friend bool operator==(const PerfRange&, const PerfRange&) = default;
};

// One figure in base units: "ms" has become "seconds", "KB" and "KiB" have become "bytes".
struct PerfFigure {
  std::string label;            // never empty; may hold any bytes but newlines
  std::optional<double> value;  // finite; none: "U", the plugin could not tell
  std::string unit;             // "seconds", "bytes", "percent", "", or the plugin's own word
  bool counter = false;         // "c": it only grows, until it starts again
  std::optional<PerfRange> warning;
  std::optional<PerfRange> critical;
  std::optional<double> min;
  std::optional<double> max;
  friend bool operator==(const PerfFigure&, const PerfFigure&) = default;
};

// The items of one stretch of performance data: "'a b'=1ms;2;3 c=4". Of two with one label the first
// counts; at most kMaxPerfdata.
[[nodiscard]] std::vector<PerfFigure> parse_perfdata(std::string_view items);

// What a plugin wrote: "TEXT | perfdata", then lines of text up to a second "|", behind which all is
// performance data. Of an output that was cut pass the part before the cut, without its last line.
[[nodiscard]] std::vector<PerfFigure> perfdata_of(std::string_view output);

// The part of a cut output that is whole: the lines that end within its first `kept_head` bytes.
[[nodiscard]] std::string_view whole_lines(std::string_view output, std::size_t kept_head);

// Keeps those figures whose label is among the first kMaxPerfdata that ever came; `known` grows by the
// new ones. A plugin whose labels change with every run cannot fill the metrics.
void admit(std::vector<PerfFigure>& figures, std::vector<std::string>& known);

}  // namespace minitor
