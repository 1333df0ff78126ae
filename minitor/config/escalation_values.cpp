#include "minitor/config/escalation_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"
#include "minitor/core/alert_policy.hpp"

namespace minitor::config {
namespace {

void read_after(Reading& reading, const Cursor& value, EscalationDraft& draft) {
  draft.after_place = value.place();
  if (value.text() == "0") {
    reading.findings.error(value.place(),
                           "0: whoever is to be told at once stands in alerts of the monitor");
    return;
  }
  draft.after = read_alert_after(reading, value);
}

constexpr std::array kEscalationKeys{
    Key<EscalationDraft>{
        {"after", ValueKind::after,
         "When it is due, counted from when the problem was told: so long, or so many more failed "
         "checks. All steps of a ladder in the same way.",
         "required", "30m"},
        read_after},
    Key<EscalationDraft>{
        {"alerts", ValueKind::alert_names,
         "The alerts that tell of the problem then, once, and of its end when they can tell it.",
         "required", "[sms]"},
        [](Reading& r, const Cursor& v, EscalationDraft& d) { d.alerts = read_names(r, v); }},
};

// What is wrong with a step that comes after `before`; empty: nothing.
std::string wrong_order(const AlertAfter& before, const AlertAfter& after) {
  if (before.index() != after.index())
    return "a ladder counts in time or in failed checks, not in both; write all of its steps in "
           "one of them";
  const bool ascending =
      std::holds_alternative<AfterDuration>(after)
          ? std::get<AfterDuration>(after).duration > std::get<AfterDuration>(before).duration
          : std::get<AfterFailures>(after).count > std::get<AfterFailures>(before).count;
  if (ascending) return {};
  return fmt::format("{} is not after the step before it ({}); steps are ascending",
                     describe(after), describe(before));
}

}  // namespace

std::span<const Key<EscalationDraft>> escalation_keys() { return kEscalationKeys; }

std::vector<EscalationDraft> read_escalations(Reading& reading, const Cursor& value) {
  std::vector<EscalationDraft> steps;
  if (!value.is_sequence()) {
    read_escalation(reading, value, steps.emplace_back());
    return steps;
  }
  if (value.size() > kMostSteps) {
    reading.findings.error(value.place(), fmt::format("more than {} steps", kMostSteps));
    return steps;
  }
  for (std::size_t i = 0; i < value.size(); ++i)
    read_escalation(reading, value.item(i), steps.emplace_back());
  return steps;
}

void read_group(Reading& reading, const Cursor& value, AlertDraft& draft) {
  const auto wait = read_duration(reading, value);
  if (!wait) return;
  if (*wait > kLongestGroup) {
    reading.findings.error(value.place(),
                           fmt::format("{} is too long for a notice to wait; write 10m at most",
                                       format_duration(*wait)));
    return;
  }
  draft.storm.group = *wait;
}

void read_rate(Reading& reading, const Cursor& value, AlertDraft& draft) {
  const auto text = read_text(reading, value);
  if (!text) return;
  constexpr std::string_view kPer = " per ";
  const std::string_view whole = *text;
  const std::size_t per = whole.find(kPer);
  int count = 0;
  std::optional<Duration> within;
  if (per != std::string_view::npos) {
    const std::string_view number = whole.substr(0, per);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), count);
    if (read.ec != std::errc{} || read.ptr != number.data() + number.size()) count = 0;
    std::string_view rest = whole.substr(per + kPer.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    within = parse_duration(rest);
  }
  if (count < 1 || count > kMostRuns || !within || *within < kShortestDuration ||
      *within > kLongestDuration) {
    reading.findings.error(value.place(),
                           fmt::format("{} is no rate; write a number and a time, as in 10 per 1h",
                                       reading.findings.quoted(*text)));
    return;
  }
  draft.storm.rate = RateCap{count, *within};
}

std::vector<EscalationStep> resolve_ladder(const std::vector<EscalationDraft>& drafts,
                                           Findings& findings, const LookUpAlerts& look_up) {
  std::vector<EscalationStep> ladder;
  for (const EscalationDraft& draft : drafts) {
    if (!draft.is_map) continue;
    if (!draft.after_place) findings.error(draft.place, "has no after; add after: 15m");
    EscalationStep step;
    if (draft.alerts) step.alerts = look_up(*draft.alerts);
    if (!draft.alerts || draft.alerts->names.empty())
      findings.error(draft.alerts ? draft.alerts->place : draft.place,
                     "tells nobody; add alerts: [NAME]");
    if (!draft.after) continue;
    step.after = *draft.after;
    if (!ladder.empty()) {
      const std::string wrong = wrong_order(ladder.back().after, step.after);
      if (!wrong.empty()) findings.error(*draft.after_place, wrong);
    }
    ladder.push_back(std::move(step));
  }
  return ladder;
}

}  // namespace minitor::config
