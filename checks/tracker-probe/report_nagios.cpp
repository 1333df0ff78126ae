#include <fmt/format.h>

#include "checks/net/clean_text.hpp"
#include "checks/net/perfdata.hpp"
#include "checks/tracker-probe/report.hpp"

namespace tracker_probe {

namespace {

using checks::net::describe;
using checks::net::PerfValue;

constexpr std::size_t max_line = 512;
constexpr std::size_t max_perfdata = 3500;

std::string address_summary(const TargetResult& result, const AddressResult& address) {
  const bool v6 = address.endpoint.address.family == Family::v6;
  std::string text = v6 ? "v6" : "v4";
  if (address.error) {
    const std::string where = checks::net::to_text(address.endpoint.address);
    return text + (v6 ? " [" + where + "] " : " " + where + " ") + address.error->text;
  }
  text += " ok";
  if (const auto latency = metric(result, address, "latency")) {
    text += " " + describe(Microseconds(static_cast<std::int64_t>(*latency * 1e6)));
  }
  return text;
}

std::string target_summary(const TargetResult& result) {
  std::string text = result.host.empty()
                         ? result.target
                         : fmt::format("{}:{}/{}", result.host, result.port, result.scheme);
  text += ": ";
  std::string bad;
  std::string good;
  if (result.error) bad = result.error->text;
  for (const AddressResult& address : result.addresses) {
    std::string& list = address.error ? bad : good;
    list += (list.empty() ? "" : "; ") + address_summary(result, address);
  }
  text += bad;
  if (!good.empty()) text += (bad.empty() ? "" : "; ") + good;
  return text;
}

std::string range_for(const ReportOptions& options, std::string_view name, State state) {
  for (const Threshold& threshold : options.thresholds) {
    if (threshold.metric == name && threshold.state == state) return threshold.range.text;
  }
  return {};
}

void add_value(std::vector<PerfValue>& values, const ReportOptions& options,
               const TargetResult& target, const AddressResult& address, const std::string& label,
               std::string_view name, std::string unit) {
  PerfValue value;
  value.label = label;
  value.value = metric(target, address, name);
  value.unit = std::move(unit);
  value.warn = range_for(options, name, State::warning);
  value.crit = range_for(options, name, State::critical);
  if (name == "announce" || name == "total") {
    if (value.warn.empty()) value.warn = range_for(options, "latency", State::warning);
    if (value.crit.empty()) value.crit = range_for(options, "latency", State::critical);
  }
  value.min = 0;
  const bool is_time = value.unit == "s" && name != "interval";
  if (is_time && value.value) value.max = static_cast<double>(options.timeout.count()) / 1e6;
  if (value.unit == "%") value.max = 100;
  values.push_back(std::move(value));
}

void add_address(std::vector<PerfValue>& values, const ReportOptions& options,
                 const TargetResult& target, const AddressResult& address) {
  if (address.state == State::skipped) return;
  const std::string family = address.endpoint.address.family == Family::v4 ? "v4_" : "v6_";
  const auto add = [&](std::string_view name, std::string unit) {
    add_value(values, options, target, address, family + std::string(name), name, std::move(unit));
  };
  add("connect", "s");
  if (target.scheme == "udp") {
    if (options.depth != Depth::connect && options.depth != Depth::scrape) add("announce", "s");
    add("loss", "%");
    add("retransmits", "");
  } else {
    add("total", "s");
  }
  if (address.times.scrape) add("scrape", "s");
  if (address.reply && address.reply->interval) add("interval", "s");
  if (address.reply && address.reply->seeders) add("seeders", "");
  if (address.reply && address.reply->leechers) add("leechers", "");
  if (address.tls) add("cert_days", "");
}

}  // namespace

std::string nagios_text(const std::vector<TargetResult>& results, const ReportOptions& options) {
  const State state = overall(results) == State::skipped ? State::unknown : overall(results);
  std::vector<PerfValue> values;
  std::string words;
  if (results.size() > 1) {
    std::size_t good = 0;
    for (const TargetResult& result : results) good += result.state == State::ok ? 1 : 0;
    words = fmt::format("{} of {} targets ok", good, results.size());
  }
  for (const TargetResult& result : results) {
    if (results.size() == 1 || result.state != State::ok) {
      words += (words.empty() ? "" : "; ") + target_summary(result);
    }
    for (const AddressResult& address : result.addresses)
      add_address(values, options, result, address);
  }
  std::string line =
      fmt::format("TRACKER {} - {}", name_of(state), checks::net::cut_utf8(words, max_line - 60));
  const std::string perfdata = checks::net::perfdata_text(values, max_perfdata);
  if (!perfdata.empty()) line += " |" + perfdata;
  return line + "\n";
}

}  // namespace tracker_probe
