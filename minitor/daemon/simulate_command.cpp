// `minitor simulate`: reads what is to fail, and shows what that would lead to.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/rehearsal.hpp"
#include "minitor/core/wall_clock.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/simulate_report.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {
namespace {

// Prints what is wrong with the command line.
std::nullopt_t refuse(const std::string& what) {
  fmt::print(stderr, "minitor: simulate: {}\n", what);
  return std::nullopt;
}

std::optional<Duration> duration(const std::string& option, const std::string& text,
                                 Duration most) {
  const auto value = parse_duration(text);
  if (!value || *value <= Duration::zero() || *value > most)
    return refuse(fmt::format("{} {} is no duration up to {}; write 90m or 7d", option,
                              one_line(text), format_duration(most)));
  return value;
}

template <typename Named>
std::optional<std::uint32_t> find(const std::vector<Named>& all, const std::string& wanted,
                                  std::string_view what) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == wanted; });
  if (found == all.end())
    return refuse(fmt::format("no {} is named \"{}\"", what, one_line(wanted)));
  return static_cast<std::uint32_t>(found - all.begin());
}

std::optional<RehearsalPlan> read_plan(const Config& config, const SimulateOptions& options,
                                       Timestamp start, const TimeZone& zone) {
  RehearsalPlan plan;
  const auto length = duration("--for", options.length, kLongestRehearsal);
  if (!length) return std::nullopt;
  plan.length = *length;
  for (const std::string& name : options.monitors) {
    const auto monitor = find(config.monitors, name, "monitor");
    if (!monitor) return std::nullopt;
    plan.failing.insert(*monitor);
  }
  for (const std::string& name : options.broken_alerts) {
    const auto alert = find(config.alerts, name, "alert");
    if (!alert) return std::nullopt;
    plan.broken.insert(*alert);
  }
  if (!options.flap.empty()) {
    const auto flap = duration("--flap", options.flap, kLongestRehearsal);
    if (!flap) return std::nullopt;
    plan.flap = *flap;
  }
  plan.spans = {{Duration::zero(), plan.length}};
  if (!options.fail.empty()) {
    auto spans = parse_spans(options.fail, start, plan.length, zone);
    if (const auto* wrong = std::get_if<std::string>(&spans)) return refuse("--fail " + *wrong);
    plan.spans = std::get<std::vector<RehearsalPlan::Span>>(std::move(spans));
  }
  plan.cascade = options.cascade;
  plan.repairs_help = options.repairs_help;
  plan.checks = options.checks;
  return plan;
}

}  // namespace

int simulate(Config config, const SimulateOptions& options, SystemZones& zones) {
  const TimeZone zone = zones.local();
  Timestamp start = std::chrono::floor<std::chrono::seconds>(now().wall);
  if (!options.from.empty()) {
    const auto shown = parse_wall_time(options.from);
    if (!shown) {
      refuse(
          fmt::format("--from {} is no time; write \"2026-12-01 22:00\"", one_line(options.from)));
      return kExitUsage;
    }
    start = instants(*shown, zone).first;
  }
  const auto plan = read_plan(config, options, start, zone);
  if (!plan) return kExitUsage;
  const auto shared = std::make_shared<const Config>(std::move(config));
  const Rehearsal rehearsal = rehearse(shared, *plan, start, MessageContext{zone, &zones});
  switch (options.format) {
    case SimulateOptions::Format::table:
      fmt::print("{}", rehearsal_table(rehearsal, *shared, zone));
      break;
    case SimulateOptions::Format::json:
      fmt::print("{}", rehearsal_json(rehearsal, *shared, zone));
      break;
    case SimulateOptions::Format::svg:
      fmt::print("{}", rehearsal_svg(rehearsal, *shared, zone));
      break;
  }
  return kExitOk;
}

}  // namespace minitor
