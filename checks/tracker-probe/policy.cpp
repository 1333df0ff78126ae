#include "checks/tracker-probe/policy.hpp"

#include <fmt/format.h>

#include "checks/net/clean_text.hpp"

namespace tracker_probe {

namespace {

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

/// Every address was skipped: why, and whether that is the target's nature or this host's lack.
Finding nothing_tested(const TargetResult& target) {
  const auto& why = target.addresses.front().error;
  if (why && why->code == "scrape.unsupported") return *why;
  return {"local.no_route", State::unknown, "no address could be tested from this host"};
}

void judge_families(TargetResult& target, const VerdictOptions& options) {
  const FamilyCount v4 = count(target, Family::v4);
  const FamilyCount v6 = count(target, Family::v6);
  const unsigned failed = v4.failed + v6.failed;
  State warned = State::ok;
  for (const AddressResult& address : target.addresses) {
    if (address.state == State::warning) warned = State::warning;
  }
  target.state = warned;
  if (v4.tested() + v6.tested() == 0) {
    if (!target.error) target.error = nothing_tested(target);
    target.state = target.error->state;
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

bool has_failed(const AddressResult& address) {
  return address.state == State::critical || address.state == State::unknown;
}

void apply_policy(TargetResult& target, const Lookups& lookups, const VerdictOptions& options) {
  if (target.addresses.empty()) {
    if (!target.error) target.error = lookup_failure(target, lookups, options);
    target.state = target.error->state;
    return;
  }
  judge_families(target, options);
  note_half_lookup(target, lookups, options);
}

}  // namespace tracker_probe
