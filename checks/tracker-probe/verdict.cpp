#include "checks/tracker-probe/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/policy.hpp"

namespace tracker_probe {

namespace {

using checks::net::number_text;

int rank(State state) {
  switch (state) {
    case State::skipped: return 0;
    case State::ok: return 1;
    case State::unknown: return 2;
    case State::warning: return 3;
    case State::critical: return 4;
  }
  return 4;
}

void raise(AddressResult& address, Finding finding) {
  if (rank(finding.state) > rank(address.state)) {
    address.state = finding.state;
    if (address.error) address.notes.push_back(*address.error);
    address.error = std::move(finding);
  } else {
    address.notes.push_back(std::move(finding));
  }
}

void apply_strict(AddressResult& address) {
  for (Finding& finding : address.notes) {
    if (finding.strict && finding.state == State::ok) finding.state = State::warning;
    if (finding.state != State::warning || rank(address.state) >= rank(State::warning)) continue;
    address.state = State::warning;
    address.error = finding;
  }
}

bool is_refusal(const AddressResult& address) {
  return address.error && (address.error->code == "tracker.failure" ||
                           address.error->code == "tracker.not_authorized" ||
                           address.error->code == "tracker.retry");
}

bool is_tracker_text(const AddressResult& address) {
  return address.error && address.error->code.substr(0, 8) == "tracker.";
}

void accept_refusal(AddressResult& address) {
  Finding finding = std::move(*address.error);
  finding.state = State::ok;
  finding.text += " (accepted)";
  address.error.reset();
  address.state = State::ok;
  address.notes.push_back(std::move(finding));
}

void apply_expected_error(AddressResult& address, const std::string& pattern) {
  if (address.state == State::skipped) return;
  std::string text;
  if (address.reply && address.reply->failure) text = *address.reply->failure;
  if (text.empty() && address.error) text = address.error->text;
  text.resize(std::min<std::size_t>(text.size(), 1000));  // std::regex recurses on long text
  bool matches = false;
  if (is_tracker_text(address)) {
    matches =
        std::regex_search(text, std::regex(pattern, std::regex::ECMAScript | std::regex::icase));
  }
  if (matches) return accept_refusal(address);
  if (has_failed(address) && !is_tracker_text(address)) return;  // down is down
  address.state = State::ok;
  raise(
      address,
      {"assert.failure", State::critical,
       fmt::format("expected a refusal matching \"{}\", got {}", checks::net::clean_text(pattern),
                   text.empty() ? "a normal reply" : "\"" + checks::net::clean_text(text) + "\"")});
}

bool is_time(std::string_view name);

std::string value_text(std::string_view name, double value) {
  if (is_time(name)) return fmt::format("{} s", number_text(value));
  return number_text(value) + (name == "loss" ? " %" : "");
}

void apply_thresholds(const TargetResult& target, AddressResult& address,
                      const VerdictOptions& options) {
  if (has_failed(address) || address.state == State::skipped) return;
  for (const State level : {State::critical, State::warning}) {
    for (const Threshold& threshold : options.thresholds) {
      if (threshold.state != level) continue;
      const auto value = metric(target, address, threshold.metric);
      if (!value || !threshold.range.alerts(*value)) continue;
      raise(address, {"assert." + threshold.metric, level,
                      fmt::format("{} is {}, threshold {}", threshold.metric,
                                  value_text(threshold.metric, *value), threshold.range.text)});
    }
  }
}

bool is_time(std::string_view name) {
  static constexpr std::string_view times[] = {"latency", "dns",      "connect", "tls",
                                               "ttfb",    "announce", "scrape",  "total"};
  return std::find(std::begin(times), std::end(times), name) != std::end(times);
}

bool holds(const Expectation& expectation, double value) {
  switch (expectation.compare) {
    case Compare::at_least: return value >= expectation.value;
    case Compare::at_most: return value <= expectation.value;
    case Compare::equal: return value == expectation.value;
  }
  return false;
}

void apply_expectations(const TargetResult& target, AddressResult& address,
                        const VerdictOptions& options) {
  if (has_failed(address) || address.state == State::skipped) return;
  for (const Expectation& expectation : options.expectations) {
    const auto value = metric(target, address, expectation.metric);
    if (value && holds(expectation, *value)) continue;
    raise(address, {"assert." + expectation.metric, State::critical,
                    fmt::format("expected {}, got {}", expectation.text,
                                value ? number_text(*value) : "nothing")});
  }
}

void judge_address(const TargetResult& target, AddressResult& address,
                   const VerdictOptions& options) {
  if (is_refusal(address) && options.random_hash && !options.accept_refusal) {
    address.error->text +=
        "; random info-hash: for a private tracker use --accept-refusal or --info-hash";
  }
  if (options.accept_refusal && is_refusal(address)) accept_refusal(address);
  if (!options.expect_error.empty()) apply_expected_error(address, options.expect_error);
  if (options.strict) apply_strict(address);
  if (options.warn_on_warning && address.reply && address.reply->warning) {
    raise(address, {"tracker.warning", State::warning,
                    fmt::format("warning message: \"{}\"",
                                checks::net::clean_text(*address.reply->warning))});
  }
  apply_thresholds(target, address, options);
  apply_expectations(target, address, options);
}

}  // namespace

State worse(State a, State b) { return rank(a) >= rank(b) ? a : b; }

std::string_view name_of(State state) {
  switch (state) {
    case State::ok: return "OK";
    case State::warning: return "WARNING";
    case State::critical: return "CRITICAL";
    case State::unknown: return "UNKNOWN";
    case State::skipped: return "SKIPPED";
  }
  return "UNKNOWN";
}

void judge(TargetResult& target, const Lookups& lookups, const VerdictOptions& options) {
  for (AddressResult& address : target.addresses) judge_address(target, address, options);
  apply_policy(target, lookups, options);
}

}  // namespace tracker_probe
