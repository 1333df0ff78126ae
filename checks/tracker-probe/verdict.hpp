// From what was found at each address to one verdict on the target: strictness, accepted refusals,
// thresholds, expectations, and the policy over families and addresses. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

enum class Policy { family, all, any };
enum class Require { none, v4, v6, both };

struct Threshold {
  std::string metric;  // one of metric_names()
  checks::net::Range range;
  State state = State::warning;
};

enum class Compare { at_least, at_most, equal };
struct Expectation {
  std::string metric;
  Compare compare = Compare::at_least;
  double value = 0;
  std::string text;  // as the user wrote it
};

struct VerdictOptions {
  Policy policy = Policy::family;
  Require require = Require::none;
  bool accept_refusal = false;
  bool strict = false;
  bool random_hash = true;  // so a refusal deserves a hint
  bool warn_on_warning = false;
  bool dns_temporary_is_critical = false;
  std::string expect_error;  // a regular expression that the tracker's refusal must match
  std::vector<Threshold> thresholds;
  std::vector<Expectation> expectations;
};

/// Which lookups were made and how they ended; filled in by the target probe.
enum class LookupEnd { not_asked, found, no_such_host, no_data, temporary, local, timed_out };
struct Lookups {
  LookupEnd v4 = LookupEnd::not_asked;
  LookupEnd v6 = LookupEnd::not_asked;
};

/// The worse of two: CRITICAL > WARNING > UNKNOWN > OK > skipped.
[[nodiscard]] State worse(State a, State b);
[[nodiscard]] std::string_view name_of(State state);  // "OK", "WARNING", …

[[nodiscard]] const std::vector<std::string_view>& metric_names();
/// In base units (seconds, percent, counts); nothing when it was not measured.
[[nodiscard]] std::optional<double> metric(const TargetResult& target, const AddressResult& address,
                                           std::string_view name);

/// "peers>=1", "interval<=1800", "redirects=0"; the reason when it is none.
[[nodiscard]] std::optional<Expectation> parse_expectation(std::string_view text);

/// Sets the states of the addresses and of the target.
void judge(TargetResult& target, const Lookups& lookups, const VerdictOptions& options);

}  // namespace tracker_probe
