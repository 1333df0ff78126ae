#include "checks/endpoint/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace checks::endpoint {

namespace {

constexpr std::array<std::string_view, 8> kMetrics = {
    "total", "dns", "connect", "tls", "first_byte", "cert_days", "bytes", "redirects"};

std::optional<double> seconds(const std::optional<Microseconds>& time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count()) / 1e6;
}

}  // namespace

const char* name_of(State state) {
  switch (state) {
    case State::ok: return "OK";
    case State::warning: return "WARNING";
    case State::critical: return "CRITICAL";
    case State::unknown: return "UNKNOWN";
    case State::skipped: return "SKIPPED";
  }
  return "UNKNOWN";
}

bool is_metric(std::string_view name) {
  return std::find(kMetrics.begin(), kMetrics.end(), name) != kMetrics.end();
}

std::optional<double> metric(const AddressResult& address, std::string_view name) {
  if (name == "total") return seconds(address.times.total);
  if (name == "dns") return seconds(address.times.dns);
  if (name == "connect") return seconds(address.times.connect);
  if (name == "tls") return seconds(address.times.tls);
  if (name == "first_byte") return seconds(address.times.first_byte);
  if (name == "cert_days") return address.cert_days;
  if (name == "bytes" && address.bytes) return static_cast<double>(*address.bytes);
  if (name == "redirects" && address.redirects) return *address.redirects;
  return std::nullopt;
}

std::optional<Threshold> parse_threshold(std::string_view text, State state) {
  Threshold result{"total", state, {}};
  if (const auto equals = text.find('='); equals != std::string_view::npos) {
    result.metric = std::string(text.substr(0, equals));
    text.remove_prefix(equals + 1);
  }
  auto range = net::parse_range(text);
  if (!range || !is_metric(result.metric)) return std::nullopt;
  result.range = std::move(*range);
  return result;
}

void judge(Target& target, const std::vector<Threshold>& thresholds) {
  for (AddressResult& address : target.addresses) {
    if (address.state != State::ok) continue;
    for (const Threshold& threshold : thresholds) {
      const auto value = metric(address, threshold.metric);
      if (!value || !threshold.range.alerts(*value) || threshold.state <= address.state) continue;
      address.state = threshold.state;
      address.words = fmt::format("{} is {}, outside of {}", threshold.metric,
                                  net::number_text(*value), threshold.range.text);
    }
  }
}

State overall(const Target& target, Require require) {
  if (target.failed) return *target.failed;
  bool good = false;
  bool warned = false;
  std::optional<State> bad;
  for (const AddressResult& address : target.addresses) {
    switch (address.state) {
      case State::ok: good = true; break;
      case State::warning: warned = true; break;
      // What is known to be broken is worse than what could not be told.
      case State::critical: bad = State::critical; break;
      case State::unknown: bad = bad.value_or(State::unknown); break;
      case State::skipped: break;
    }
  }
  if (bad && require == Require::all) return *bad;
  if (bad) return good || warned ? State::warning : *bad;
  if (warned) return State::warning;
  return good ? State::ok : State::unknown;
}

}  // namespace checks::endpoint
