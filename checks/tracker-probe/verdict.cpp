#include "checks/tracker-probe/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/udp_loss.hpp"

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

bool has_failed(const AddressResult& address) {
  return address.state == State::critical || address.state == State::unknown;
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

std::optional<double> seconds(const std::optional<Microseconds>& time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count()) / 1e6;
}

template <typename Number>
std::optional<double> number(const std::optional<Number>& value) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
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

std::string shown_host(const TargetResult& target) {
  return checks::net::clean_text(target.host, 100);
}

bool unclear(LookupEnd end) {
  return end == LookupEnd::temporary || end == LookupEnd::timed_out || end == LookupEnd::local;
}

Finding lookup_failure(const TargetResult& target, const Lookups& lookups,
                       const VerdictOptions& options) {
  const State temporary = options.dns_temporary_is_critical ? State::critical : State::unknown;
  const std::string host = shown_host(target);
  const auto any = [&](LookupEnd end) { return lookups.v4 == end || lookups.v6 == end; };
  if (any(LookupEnd::timed_out)) {
    return {
        "dns.timeout", temporary,
        fmt::format("DNS: no answer for {} in {}", host, checks::net::describe(target.dns.took))};
  }
  if (any(LookupEnd::local)) {
    return {"local.resources", State::unknown, "DNS: this host has no resources left for a lookup"};
  }
  if (any(LookupEnd::temporary)) {
    return {"dns.temporary", temporary,
            fmt::format("DNS: resolver failed or timed out for {} (EAI_AGAIN after {})", host,
                        checks::net::describe(target.dns.took))};
  }
  if (any(LookupEnd::no_data)) {
    const bool both = lookups.v4 != LookupEnd::not_asked && lookups.v6 != LookupEnd::not_asked;
    if (both)
      return {"dns.nodata", State::critical,
              fmt::format("DNS: {} exists but has no A or AAAA record", host)};
    const bool v4 = lookups.v4 != LookupEnd::not_asked;
    return {v4 ? "dns.no_a" : "dns.no_aaaa", State::critical,
            fmt::format("DNS: {} has no {} record", host, v4 ? "A" : "AAAA")};
  }
  return {"dns.nxdomain", State::critical, fmt::format("DNS: {} does not exist (NXDOMAIN)", host)};
}

struct FamilyCount {
  unsigned good = 0;
  unsigned failed = 0;
  unsigned critical = 0;
  unsigned skipped = 0;
  [[nodiscard]] unsigned tested() const { return good + failed; }
};

FamilyCount count(const TargetResult& target, Family family) {
  FamilyCount result;
  for (const AddressResult& address : target.addresses) {
    if (address.endpoint.address.family != family) continue;
    if (address.state == State::skipped) {
      ++result.skipped;
    } else if (has_failed(address)) {
      ++result.failed;
      if (address.state == State::critical) ++result.critical;
    } else {
      ++result.good;
    }
  }
  return result;
}

State state_of_failures(const FamilyCount& count) {
  return count.critical > 0 ? State::critical : State::unknown;
}

State by_family(const FamilyCount& v4, const FamilyCount& v6) {
  State state = State::ok;
  for (const FamilyCount& family : {v4, v6}) {
    if (family.failed == 0) continue;
    state = worse(state, family.good == 0 ? state_of_failures(family) : State::warning);
  }
  return state;
}

void require_family(TargetResult& target, const FamilyCount& family, bool v6) {
  const char* name = v6 ? "IPv6" : "IPv4";
  const auto fail = [&](Finding finding) {
    target.state = worse(target.state, finding.state);
    if (target.error) {
      target.notes.push_back(std::move(finding));
    } else {
      target.error = std::move(finding);
    }
  };
  if (family.tested() > 0) return;
  if (family.skipped > 0) {
    fail({"local.no_route", State::unknown,
          fmt::format("{} required, but this host has no {} route", name, name)});
  } else {
    fail({v6 ? "dns.no_aaaa" : "dns.no_a", State::critical,
          fmt::format("DNS: no {} record, but {} is required", v6 ? "AAAA" : "A", name)});
  }
}

void apply_policy(TargetResult& target, const VerdictOptions& options) {
  const FamilyCount v4 = count(target, Family::v4);
  const FamilyCount v6 = count(target, Family::v6);
  const unsigned failed = v4.failed + v6.failed;
  State warned = State::ok;
  for (const AddressResult& address : target.addresses) {
    if (address.state == State::warning) warned = State::warning;
  }
  target.state = warned;
  if (v4.tested() + v6.tested() == 0) {
    target.state = State::unknown;
    if (!target.error) {
      target.error =
          Finding{"local.no_route", State::unknown, "no address could be tested from this host"};
    }
  } else if (options.policy == Policy::any) {
    if (v4.good + v6.good == 0) target.state = by_family(v4, v6);
  } else if (options.policy == Policy::all) {
    if (failed > 0) target.state = v4.critical + v6.critical > 0 ? State::critical : State::unknown;
  } else {
    target.state = worse(warned, by_family(v4, v6));
  }
  if (options.require == Require::v4 || options.require == Require::both)
    require_family(target, v4, false);
  if (options.require == Require::v6 || options.require == Require::both)
    require_family(target, v6, true);
}

void note_half_lookup(TargetResult& target, const Lookups& lookups, const VerdictOptions& options) {
  const bool v4 = unclear(lookups.v4);
  const bool v6 = unclear(lookups.v6);
  if (!v4 && !v6) return;
  const bool any = options.policy == Policy::any;
  Finding finding{
      "dns.family_failed", any ? State::ok : State::warning,
      fmt::format("DNS: {} lookup failed ({}) although {} succeeded", v6 ? "AAAA" : "A",
                  (v6 ? lookups.v6 : lookups.v4) == LookupEnd::timed_out ? "no answer in time"
                                                                         : "resolver error",
                  v6 ? "A" : "AAAA")};
  target.state = worse(target.state, finding.state);
  target.notes.push_back(std::move(finding));
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

const std::vector<std::string_view>& metric_names() {
  static const std::vector<std::string_view> names{
      "latency", "dns",      "connect", "tls",         "ttfb",      "announce",
      "scrape",  "total",    "loss",    "retransmits", "interval",  "min-interval",
      "seeders", "leechers", "peers",   "cert_days",   "redirects", "http-status"};
  return names;
}

std::optional<double> metric(const TargetResult& target, const AddressResult& address,
                             std::string_view name) {
  const StageTimes& times = address.times;
  if (name == "latency") {
    if (address.udp)
      return seconds(times.announce ? times.announce : times.scrape ? times.scrape : times.connect);
    return seconds(times.total);
  }
  if (name == "dns") return static_cast<double>(target.dns.took.count()) / 1e6;
  if (name == "connect") return seconds(times.connect);
  if (name == "tls") return seconds(times.tls);
  if (name == "ttfb") return seconds(times.first_byte);
  if (name == "announce") return seconds(times.announce);
  if (name == "scrape") return seconds(times.scrape);
  if (name == "total") return seconds(times.total);
  if (name == "loss" && address.udp && address.udp->sent > 0) {
    return 100 * loss_rate(address.udp->lost, address.udp->sent).rate;
  }
  if (name == "retransmits" && address.udp) return address.udp->retransmits;
  if (name == "cert_days" && address.tls && address.tls->not_after) {
    const auto left = *address.tls->not_after - target.time;
    return static_cast<double>(std::chrono::duration_cast<std::chrono::hours>(left).count()) / 24.0;
  }
  if (address.http && name == "redirects") return address.http->redirects;
  if (address.http && name == "http-status") return address.http->status;
  if (!address.reply) return std::nullopt;
  if (name == "interval") return number(address.reply->interval);
  if (name == "min-interval") return number(address.reply->min_interval);
  if (name == "seeders") return number(address.reply->seeders);
  if (name == "leechers") return number(address.reply->leechers);
  if (name == "peers") return number(address.reply->peers);
  return std::nullopt;
}

std::optional<Expectation> parse_expectation(std::string_view text) {
  Expectation expectation;
  const auto mark = text.find_first_of("<>=");
  if (mark == std::string_view::npos) return std::nullopt;
  expectation.metric = std::string(text.substr(0, mark));
  if (expectation.metric == "cert-days") expectation.metric = "cert_days";
  std::string_view rest = text.substr(mark);
  if (rest.substr(0, 2) == ">=") {
    expectation.compare = Compare::at_least;
    rest.remove_prefix(2);
  } else if (rest.substr(0, 2) == "<=") {
    expectation.compare = Compare::at_most;
    rest.remove_prefix(2);
  } else if (rest.front() == '=') {
    expectation.compare = Compare::equal;
    rest.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  const auto& names = metric_names();
  if (std::find(names.begin(), names.end(), expectation.metric) == names.end()) return std::nullopt;
  const auto value = checks::net::parse_quantity(rest);
  if (!value) return std::nullopt;
  expectation.value = *value;
  expectation.text = std::string(text);
  return expectation;
}

void judge(TargetResult& target, const Lookups& lookups, const VerdictOptions& options) {
  for (AddressResult& address : target.addresses) judge_address(target, address, options);
  if (target.addresses.empty()) {
    if (!target.error) target.error = lookup_failure(target, lookups, options);
    target.state = target.error->state;
    return;
  }
  apply_policy(target, options);
  note_half_lookup(target, lookups, options);
}

}  // namespace tracker_probe
