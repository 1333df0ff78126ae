// `minitor windows`: the instants at which windows open and close.
#include <fmt/format.h>

#include "minitor/core/calendar.hpp"
#include "minitor/core/clean_text.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"

namespace minitor {
namespace {

void print(const Window& window, const Period& period, std::string_view mark) {
  fmt::print("  {} to {}  {}{}\n", format_rfc3339(period.from, window.zone),
             format_rfc3339(period.until, window.zone), human_duration(period.until - period.from),
             mark);
}

}  // namespace

int print_windows(const Config& config, const WindowsOptions& options) {
  const Timestamp start = now().wall;
  if (config.windows.empty()) fmt::print("no windows are configured\n");
  for (const Window& window : config.windows) {
    fmt::print("{} ({})\n", one_line(window.name), window.zone.name());
    int left = options.next;
    Timestamp after = start;
    if (const auto open = open_at(window, start)) {
      print(window, *open, ", open now");
      after = open->until;
      --left;
    }
    for (; left > 0; --left) {
      const auto next = next_period(window, after);
      if (!next) break;
      print(window, *next, "");
      after = next->until - Duration{1};
    }
    if (left == options.next) fmt::print("  does not open again\n");
  }
  return kExitOk;
}

}  // namespace minitor
