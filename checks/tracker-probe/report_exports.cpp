// For other programs: Prometheus' text format and the JSON of Torrust's tracker_checker.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/report.hpp"

namespace tracker_probe {

namespace {

using checks::net::JsonWriter;
using checks::net::number_text;
using checks::net::to_text;

std::string label_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// One metric family: its lines stand together, as the format wants.
class MetricFamily {
 public:
  MetricFamily(std::string name, std::string type, std::string help)
      : name_("tracker_probe_" + std::move(name)) {
    head_ = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help, type);
  }
  void add(const std::string& labels, double value) {
    lines_ += fmt::format("{}{{{}}} {}\n", name_, labels, number_text(value));
  }
  [[nodiscard]] std::string text() const { return lines_.empty() ? "" : head_ + lines_; }

 private:
  std::string name_;
  std::string head_;
  std::string lines_;
};

struct Families {
  MetricFamily up{"up", "gauge", "1 when the verdict on the target is OK or WARNING"};
  MetricFamily address_up{"address_up", "gauge", "1 when this address works"};
  MetricFamily duration{"duration_seconds", "gauge", "Time of one phase of the probe"};
  MetricFamily packets{"udp_packets", "gauge", "Datagrams of this probe by what became of them"};
  MetricFamily interval{"interval_seconds", "gauge", "Announce interval asked for by the tracker"};
  MetricFamily swarm{"swarm", "gauge", "What the tracker says of the swarm that was announced to"};
  MetricFamily certificate{"cert_not_after_timestamp_seconds", "gauge", "End of the certificate"};
  MetricFamily last_run{"last_run_timestamp_seconds", "gauge", "When the target was probed"};
  MetricFamily error{"error_info", "gauge", "1 for the error that was found"};
};

void add_address(Families& families, const TargetResult& target, const AddressResult& address,
                 const std::string& labels) {
  if (address.state == State::skipped) return;
  const std::string family = fmt::format("{},family=\"{}\",address=\"{}\"", labels,
                                         checks::net::number_of(address.endpoint.address.family),
                                         label_text(to_text(address.endpoint.address)));
  const bool up = address.state == State::ok || address.state == State::warning;
  families.address_up.add(family, up ? 1 : 0);
  const auto phase = [&](const char* name, const std::optional<Microseconds>& time) {
    if (!time) return;
    families.duration.add(fmt::format("{},phase=\"{}\"", family, name),
                          static_cast<double>(time->count()) / 1e6);
  };
  phase("connect", address.times.connect);
  phase("tls", address.times.tls);
  phase("ttfb", address.times.first_byte);
  phase("announce", address.times.announce);
  phase("scrape", address.times.scrape);
  phase("total", address.times.total);
  if (address.udp) {
    families.packets.add(family + ",result=\"answered\"", address.udp->answered);
    families.packets.add(family + ",result=\"late\"", address.udp->late);
    families.packets.add(family + ",result=\"lost\"", address.udp->lost);
  }
  if (address.tls && address.tls->not_after) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
        address.tls->not_after->time_since_epoch());
    families.certificate.add(family, static_cast<double>(seconds.count()));
  }
  if (address.error)
    families.error.add(fmt::format("{},code=\"{}\"", family, address.error->code), 1);
  for (const char* name : {"seeders", "leechers", "peers"}) {
    const auto value = metric(target, address, name);
    if (value) families.swarm.add(fmt::format("{},kind=\"{}\"", family, name), *value);
  }
  if (const auto value = metric(target, address, "interval")) families.interval.add(family, *value);
}

void stage(JsonWriter& json, const char* name, const std::optional<std::string>& error) {
  json.begin_array().value(name).begin_object();
  if (error) {
    json.field("Err", *error);
  } else {
    json.key("Ok").null();
  }
  json.end_object().end_array();
}

void udp_stages(JsonWriter& json, const AddressResult& address) {
  std::optional<std::string> error;
  if (address.error && address.state != State::warning) error = address.error->text;
  const bool connected = address.times.connect.has_value();
  stage(json, "Setup", std::nullopt);
  stage(json, "Connect", connected ? std::nullopt : error);
  if (!connected) return;
  const bool announced = address.times.announce.has_value();
  stage(json, "Announce", announced && !address.reply ? error : announced ? std::nullopt : error);
  if (address.times.scrape) stage(json, "Scrape", address.scrape ? std::nullopt : error);
}

std::string error_of(const TargetResult& target, const AddressResult* address) {
  if (address != nullptr && address->error) return address->error->text;
  return target.error ? target.error->text : "failed";
}

void health_object(JsonWriter& json, const TargetResult& target, const AddressResult* address,
                   bool good) {
  json.begin_object().key("Health").begin_object().key(good ? "Ok" : "Err").begin_object();
  json.field("url", target.target).key("result").begin_object();
  json.field(good ? "Ok" : "Err", good ? "200 OK" : error_of(target, address));
  json.end_object().end_object().end_object().end_object();
}

void tracker_object(JsonWriter& json, const TargetResult& target, const AddressResult* address) {
  const bool udp = target.scheme == "udp" || target.scheme.empty();
  const bool good =
      address != nullptr && (address->state == State::ok || address->state == State::warning);
  if (target.purpose == Purpose::health) return health_object(json, target, address, good);
  json.begin_object()
      .key(udp ? "Udp" : "Http")
      .begin_object()
      .key(good ? "Ok" : "Err")
      .begin_object();
  if (udp) {
    json.field("remote_addr", address != nullptr ? to_text(address->endpoint) : target.target);
  } else {
    json.field("url", target.target);
  }
  json.key("results").begin_array();
  if (address != nullptr && udp) {
    udp_stages(json, *address);
  } else {
    std::optional<std::string> error;
    if (!good) error = error_of(target, address);
    stage(json, udp ? "Setup" : "Announce", error);
  }
  json.end_array().end_object().end_object().end_object();
}

}  // namespace

std::string prometheus_text(const std::vector<TargetResult>& results) {
  Families families;
  for (const TargetResult& target : results) {
    const std::string labels = fmt::format("target=\"{}\",scheme=\"{}\"", label_text(target.target),
                                           label_text(target.scheme));
    const bool up = target.state == State::ok || target.state == State::warning;
    families.up.add(labels, up ? 1 : 0);
    families.duration.add(labels + ",family=\"\",address=\"\",phase=\"dns\"",
                          static_cast<double>(target.dns.took.count()) / 1e6);
    families.last_run.add(
        labels, static_cast<double>(
                    std::chrono::duration_cast<std::chrono::seconds>(target.time.time_since_epoch())
                        .count()));
    if (target.error) {
      families.error.add(
          fmt::format("{},family=\"\",address=\"\",code=\"{}\"", labels, target.error->code), 1);
    }
    for (const AddressResult& address : target.addresses)
      add_address(families, target, address, labels);
  }
  return families.up.text() + families.address_up.text() + families.duration.text() +
         families.packets.text() + families.interval.text() + families.swarm.text() +
         families.certificate.text() + families.last_run.text() + families.error.text();
}

std::string tracker_checker_text(const std::vector<TargetResult>& results) {
  JsonWriter json;
  json.begin_array();
  for (const TargetResult& target : results) {
    if (target.addresses.empty()) tracker_object(json, target, nullptr);
    for (const AddressResult& address : target.addresses) tracker_object(json, target, &address);
  }
  json.end_array();
  return json.take() + "\n";
}

}  // namespace tracker_probe
