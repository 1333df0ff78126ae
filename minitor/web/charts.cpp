#include "minitor/web/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "minitor/core/time_zone.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

enum class Day : std::uint8_t { none, good, bad, worse };

Day kind_of(const DayBar& bar) {
  const auto ratio = bar.uptime.ratio();
  if (!ratio) return Day::none;
  if (*ratio >= 1) return Day::good;
  return *ratio >= 0.99 ? Day::bad : Day::worse;
}

std::string date(Timestamp when) {
  static const TimeZone utc;
  return format_go(when, utc, "2006-01-02");
}

// The classes of a day in the style sheet.
std::string_view class_of(Day day) {
  switch (day) {
    case Day::none: return "n";
    case Day::good: return "g";
    case Day::bad: return "o";
    case Day::worse: return "r";
  }
  return "n";
}

std::string about(const DayBar& bar) {
  const auto ratio = bar.uptime.ratio();
  if (!ratio) return "not observed";
  if (bar.outages == 0) return percent(ratio);
  return fmt::format("{}, {} outage{}", percent(ratio), bar.outages, bar.outages == 1 ? "" : "s");
}

struct Scale {
  Timestamp from;
  double per_second;
  [[nodiscard]] double x(Timestamp when) const {
    return std::chrono::duration<double>(when - from).count() * per_second;
  }
};

double millis(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

constexpr double kWidth = 720;
constexpr double kHeight = 180;

// 1, 2 or 5 times a power of ten, not below `value`.
double round_up(double value) {
  double step = 0.001;
  while (true) {
    for (const double factor : {1.0, 2.0, 5.0})
      if (step * factor >= value) return step * factor;
    step *= 10;
  }
}

std::string axis_label(double milliseconds) {
  return milliseconds >= 1000 ? fmt::format("{:g} s", milliseconds / 1000)
                              : fmt::format("{:g} ms", milliseconds);
}

// The line through the means, broken where a stretch has none; and the band from shortest to longest.
struct Lines {
  std::string mean;
  std::string band;
};

Lines lines_of(const std::vector<Bucket>& buckets, const Scale& scale, double top,
               Resolution resolution, Duration interval) {
  const auto y = [top](Duration duration) {
    return kHeight - std::min(millis(duration) / top, 1.0) * kHeight;
  };
  const Duration step = length(resolution);
  const Duration apart = 2 * std::max(step, interval);
  Lines lines;
  for (std::size_t first = 0; first < buckets.size();) {
    if (buckets[first].told() == 0) {
      ++first;
      continue;
    }
    std::size_t last = first;
    while (last + 1 < buckets.size() && buckets[last + 1].told() > 0 &&
           buckets[last + 1].start - buckets[last].start <= apart)
      ++last;
    std::string up;
    std::string back;
    for (std::size_t i = first; i <= last; ++i) {
      const double x = std::clamp(scale.x(buckets[i].start + step / 2), 0.0, kWidth);
      lines.mean += fmt::format("{}{:.1f} {:.1f}", i == first ? "M" : "L", x, y(buckets[i].mean()));
      up += fmt::format("{}{:.1f} {:.1f}", i == first ? "M" : "L", x, y(buckets[i].longest));
      back.insert(0, fmt::format("L{:.1f} {:.1f}", x, y(buckets[i].shortest)));
    }
    if (first == last) lines.mean += "h1";
    lines.band += up + back + "Z";
    first = last + 1;
  }
  return lines;
}

}  // namespace

void write_day_bars(Html& html, const std::vector<DayBar>& bars, bool brief) {
  Uptime all;
  std::size_t days_with_outages = 0;
  for (const DayBar& bar : bars) {
    all.up += bar.uptime.up;
    all.down += bar.uptime.down;
    days_with_outages += kind_of(bar) == Day::bad || kind_of(bar) == Day::worse ? 1 : 0;
  }
  html << "<svg class=\"bars\" viewBox=\"0 0 "_html << bars.size()
       << " 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\""_html << bars.size()
       << " days: "_html << percent(all.ratio()) << " up, outages on "_html << days_with_outages
       << "\">"_html;
  for (std::size_t first = 0; first < bars.size();) {
    const Day kind = kind_of(bars[first]);
    std::size_t last = first;
    while (brief && (kind == Day::good || kind == Day::none) && last + 1 < bars.size() &&
           kind_of(bars[last + 1]) == kind)
      ++last;
    html << "<path class=\""_html << class_of(kind) << "\" d=\"M"_html << first << " 5h"_html
         << last - first + 1 << "\"><title>"_html << date(bars[first].start);
    if (last > first) html << " – "_html << date(bars[last].start);
    html << ": "_html << about(bars[first]) << "</title></path>"_html;
    first = last + 1;
  }
  html << "</svg>"_html;
}

void write_sparkline(Html& html, const std::vector<Bucket>& buckets, TimeRange range,
                     Resolution resolution, Duration interval) {
  const std::int64_t apart = 2 * std::max(length(resolution), interval) / length(resolution);
  Duration longest{1};
  for (const Bucket& bucket : buckets)
    if (bucket.told() > 0) longest = std::max(longest, bucket.mean());
  std::string path;
  std::optional<std::int64_t> before;
  for (const Bucket& bucket : buckets) {
    if (bucket.told() == 0) continue;
    const std::int64_t x = (bucket.start - floor(range.from, resolution)) / length(resolution);
    const auto y = 19 - bucket.mean() * 18 / longest;
    path += fmt::format("{}{} {}", before && x - *before <= apart ? "L" : "M", x, y);
    before = x;
  }
  if (path.empty()) return;
  const auto width = (range.to - range.from) / length(resolution) + 1;
  html
      << "<svg class=\"spark\" viewBox=\"0 0 "_html << width
      << " 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Duration of checks, up to "_html
      << human_duration(longest) << "\"><path d=\""_html << path << "\"/></svg>"_html;
}

void write_latency_graph(Html& html, const Site& site, const std::vector<Bucket>& buckets,
                         const std::vector<Stretch>& stretches, TimeRange range,
                         Resolution resolution, Duration interval) {
  Duration longest{};
  Duration total{};
  std::int64_t told = 0;
  for (const Bucket& bucket : buckets) {
    if (bucket.told() == 0) continue;
    longest = std::max(longest, bucket.longest);
    total += bucket.total;
    told += bucket.told();
  }
  const double span = std::chrono::duration<double>(range.to - range.from).count();
  const Scale scale{range.from, kWidth / span};
  const double top = round_up(std::max(millis(longest), 1.0));
  html
      << "<svg class=\"graph\" viewBox=\"-56 -8 784 212\" role=\"img\" aria-label=\"Duration of checks: "_html
      << (told == 0 ? std::string{"nothing known"}
                    : fmt::format("mean {}, longest {}", human_duration(total / told),
                                  human_duration(longest)))
      << "\">"_html;
  for (const Stretch& stretch : stretches) {
    if (stretch.kind == Stretch::Kind::up) continue;
    const bool down = stretch.kind == Stretch::Kind::down;
    const double x = scale.x(stretch.range.from);
    html << "<rect class=\""_html << (down ? "out" : "gap") << "\" y=\"0\" height=\"180\" x=\""_html
         << fmt::format("{:.1f}", x) << "\" width=\""_html
         << fmt::format("{:.1f}", std::max(scale.x(stretch.range.to) - x, 1.0)) << "\"><title>"_html
         << (down ? "Outage" : "Not observed") << " from "_html
         << format_local(stretch.range.from, site.zone) << ", "_html
         << short_duration(stretch.range.to - stretch.range.from) << "</title></rect>"_html;
  }
  for (const int part : {0, 1, 2}) {
    const double y = kHeight - kHeight * part / 2;
    html << "<path class=\"grid\" d=\"M0 "_html << fmt::format("{:g}", y)
         << "h720\"/><text text-anchor=\"end\" x=\"-6\" y=\""_html << fmt::format("{:g}", y + 4)
         << "\">"_html << axis_label(top * part / 2) << "</text>"_html;
  }
  const bool long_range = range.to - range.from > std::chrono::hours{48};
  for (const int part : {0, 1, 2, 3}) {
    const Timestamp when = range.from + (range.to - range.from) * part / 4;
    html << "<text x=\""_html << part * 180 << "\" y=\"200\">"_html
         << format_go(when, site.zone, long_range ? "Jan 2" : "15:04") << "</text>"_html;
  }
  const Lines lines = lines_of(buckets, scale, top, resolution, interval);
  if (!lines.band.empty())
    html << "<path class=\"band\" d=\""_html << lines.band << "\"/><path class=\"line\" d=\""_html
         << lines.mean << "\"/>"_html;
  html << "</svg>"_html;
}

}  // namespace minitor
