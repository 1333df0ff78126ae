#include "checks/endpoint/report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/net/perfdata.hpp"

namespace checks::endpoint {

namespace {

constexpr std::size_t kMaxLine = 512;
constexpr std::size_t kMaxWords = 160;

std::string family_word(const AddressResult& address) {
  return address.endpoint.address.family == net::Family::v4 ? "v4" : "v6";
}

std::string range_of(const std::vector<Threshold>& thresholds, std::string_view name, State state) {
  for (const Threshold& threshold : thresholds)
    if (threshold.metric == name && threshold.state == state) return threshold.range.text;
  return {};
}

std::string address_line(const AddressResult& address) {
  return fmt::format("{} {}: {}", name_of(address.state), net::to_text(address.endpoint),
                     net::clean_text(address.words, kMaxWords));
}

// Empty for a family of which no address is known.
std::string where(const AddressResult& address) {
  const bool known = net::reach_of(address.endpoint.address) != net::Reach::unspecified;
  return known ? net::to_text(address.endpoint.address) + " " : std::string{};
}

// The bad first, with their address; the good in a word each.
std::string summary(const Target& target) {
  if (target.failed) return net::clean_text(target.words, kMaxWords);
  std::string bad;
  std::string good;
  for (const AddressResult& address : target.addresses) {
    std::string& list = address.state == State::ok ? good : bad;
    list += list.empty() ? "" : "; ";
    list += family_word(address) + " ";
    if (address.state != State::ok) list += where(address);
    list += net::clean_text(address.words, kMaxWords);
  }
  return bad + (bad.empty() || good.empty() ? "" : "; ") + good;
}

std::string figures(const Target& target, const std::vector<Threshold>& thresholds) {
  std::vector<net::PerfValue> values;
  for (const AddressResult& address : target.addresses) {
    if (address.state == State::skipped) continue;
    const auto add = [&](std::string_view name, std::string_view unit) {
      const auto value = metric(address, name);
      if (!value && name != "total") return;
      net::PerfValue item;
      item.label = family_word(address) + "_" + std::string(name);
      item.value = value;
      item.unit = unit;
      item.warn = range_of(thresholds, name, State::warning);
      item.crit = range_of(thresholds, name, State::critical);
      if (name != "cert_days") item.min = 0;
      values.push_back(std::move(item));
    };
    add("total", "s");
    add("dns", "s");
    add("connect", "s");
    add("tls", "s");
    add("first_byte", "s");
    add("cert_days", "");
    add("bytes", "B");
  }
  return net::perfdata_text(values);
}

}  // namespace

std::string nagios_text(std::string_view check, const Target& target, Require require,
                        const std::vector<Threshold>& thresholds) {
  std::string text = fmt::format("{} {} - {}: {}", check, name_of(overall(target, require)),
                                 net::clean_text(target.shown), summary(target));
  text = std::string(net::cut_utf8(text, kMaxLine));
  if (const std::string perf = figures(target, thresholds); !perf.empty()) text += " | " + perf;
  text += '\n';
  if (target.addresses.size() > 1)
    for (const AddressResult& address : target.addresses) text += address_line(address) + "\n";
  return text;
}

std::string json_text(std::string_view check, const Target& target, Require require) {
  net::JsonWriter out;
  const auto time = [&](std::string_view name, const std::optional<Microseconds>& value) {
    std::optional<double> seconds;
    if (value) seconds = static_cast<double>(value->count()) / 1e6;
    out.field(name, seconds);
  };
  const State state = overall(target, require);
  out.begin_object();
  out.field("check", check).field("target", target.shown).field("state", name_of(state));
  out.field("exit", static_cast<int>(state)).field("words", summary(target));
  out.key("addresses").begin_array();
  for (const AddressResult& address : target.addresses) {
    out.begin_object();
    out.field("address", net::to_text(address.endpoint.address));
    out.field("port", static_cast<int>(address.endpoint.port));
    out.field("family", number_of(address.endpoint.address.family));
    out.field("state", name_of(address.state)).field("words", address.words);
    time("dns", address.times.dns);
    time("connect", address.times.connect);
    time("tls", address.times.tls);
    time("first_byte", address.times.first_byte);
    time("total", address.times.total);
    out.field("cert_days", address.cert_days).field("status", address.status);
    out.field("redirects", address.redirects).field("bytes", address.bytes);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take() + "\n";
}

}  // namespace checks::endpoint
