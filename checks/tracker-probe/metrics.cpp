// The numbers that thresholds and expectations are about, by their names.
#include <algorithm>

#include "checks/tracker-probe/udp_loss.hpp"
#include "checks/tracker-probe/verdict.hpp"

namespace tracker_probe {

namespace {

std::optional<double> seconds(const std::optional<Microseconds>& time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count()) / 1e6;
}

template <typename Number>
std::optional<double> number(const std::optional<Number>& value) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

}  // namespace

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

}  // namespace tracker_probe
