#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/tracker-probe/report.hpp"
#include "checks/tracker-probe/udp_loss.hpp"

namespace tracker_probe {

namespace {

using checks::net::JsonWriter;
using checks::net::to_text;

constexpr std::size_t max_text = 1000;  // bytes of a tracker's text

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string_view name_of(Depth depth) {
  switch (depth) {
    case Depth::connect: return "connect";
    case Depth::scrape: return "scrape";
    case Depth::stopped: return "stopped";
    case Depth::announce: return "announce";
    case Depth::roundtrip: return "roundtrip";
  }
  return "?";
}

void time_field(JsonWriter& json, std::string_view name, const std::optional<Microseconds>& time) {
  json.key(name);
  if (time) {
    json.value(static_cast<std::int64_t>(time->count()));
  } else {
    json.null();
  }
}

/// Text from the tracker: as it is when it is UTF-8, else in hex under another key.
void raw_text(JsonWriter& json, const std::string& name, const std::optional<std::string>& text) {
  const bool printable = !text || checks::net::is_utf8(*text);
  json.key(name);
  if (text && printable) {
    json.value(checks::net::cut_utf8(*text, max_text));
  } else {
    json.null();
  }
  if (!printable)
    json.field(name + "_hex", checks::net::hex(std::string_view(*text).substr(0, max_text)));
}

void finding_object(JsonWriter& json, const Finding& finding) {
  json.begin_object().field("code", finding.code).field("state", name_of(finding.state));
  json.field("text", finding.text).end_object();
}

void error_field(JsonWriter& json, const std::optional<Finding>& error) {
  json.key("error");
  if (error) {
    finding_object(json, *error);
  } else {
    json.null();
  }
}

void notes_field(JsonWriter& json, const std::vector<Finding>& notes) {
  json.key("notes").begin_array();
  for (const Finding& note : notes) finding_object(json, note);
  json.end_array();
}

void udp_field(JsonWriter& json, const AddressResult& address) {
  json.key("udp");
  if (!address.udp) {
    json.null();
    return;
  }
  const UdpDetail& udp = *address.udp;
  json.begin_object()
      .field("sent", udp.sent)
      .field("answered", udp.answered)
      .field("late", udp.late);
  json.field("lost", udp.lost)
      .field("retransmits", udp.retransmits)
      .field("duplicates", udp.duplicates);
  json.field("foreign", udp.foreign).field("bad", udp.bad).field("reconnects", udp.reconnects);
  json.key("foreign_source");
  if (udp.foreign_source) {
    json.value(to_text(*udp.foreign_source));
  } else {
    json.null();
  }
  json.key("icmp").begin_array();
  for (const std::string& text : udp.icmp) json.value(text);
  json.end_array().field("cid_is_magic", udp.cid_is_magic).end_object();
}

void http_field(JsonWriter& json, const AddressResult& address) {
  json.key("http");
  if (!address.http) {
    json.null();
    return;
  }
  const HttpDetail& http = *address.http;
  json.begin_object().field("status", http.status).field("version", http.version);
  json.field("redirects", http.redirects).field("final_url", http.final_url);
  json.field("bytes", http.bytes).field("encoding", http.encoding).field("local_ip", http.local_ip);
  json.end_object();
}

void tls_field(JsonWriter& json, const TargetResult& target, const AddressResult& address) {
  json.key("tls");
  if (!address.tls) {
    json.null();
    return;
  }
  const TlsDetail& tls = *address.tls;
  json.begin_object()
      .field("version", tls.version)
      .field("cipher", tls.cipher)
      .field("verify", tls.verify);
  json.field("subject", tls.subject).field("issuer", tls.issuer);
  json.key("not_after");
  if (tls.not_after) {
    json.value(rfc3339(*tls.not_after));
  } else {
    json.null();
  }
  json.field("days_left", metric(target, address, "cert_days"))
      .field("san_match", tls.san_match)
      .end_object();
}

void ws_field(JsonWriter& json, const AddressResult& address) {
  json.key("ws");
  if (!address.ws) {
    json.null();
    return;
  }
  json.begin_object().field("status", address.ws->status).field("messages", address.ws->messages);
  json.field("ignored", address.ws->ignored).field("bytes", address.ws->bytes);
  json.field("close_code", address.ws->close_code).end_object();
}

void reply_field(JsonWriter& json, const AddressResult& address) {
  json.key("reply");
  if (!address.reply) {
    json.null();
    return;
  }
  const Reply& reply = *address.reply;
  json.begin_object().field("interval", reply.interval).field("min_interval", reply.min_interval);
  json.field("seeders", reply.seeders).field("leechers", reply.leechers);
  json.field("downloaded", reply.downloaded)
      .field("peers", reply.peers)
      .field("peers_v6", reply.peers_v6);
  raw_text(json, "warning", reply.warning);
  raw_text(json, "failure", reply.failure);
  raw_text(json, "retry_in", reply.retry_in);
  json.key("external_ip");
  if (reply.external_ip) {
    json.value(to_text(*reply.external_ip));
  } else {
    json.null();
  }
  raw_text(json, "tracker_id", reply.tracker_id);
  json.end_object();
}

void scrape_and_round_trip(JsonWriter& json, const AddressResult& address) {
  json.key("scrape");
  if (address.scrape) {
    json.begin_object().field("seeders", address.scrape->seeders);
    json.field("completed", address.scrape->completed)
        .field("leechers", address.scrape->leechers)
        .end_object();
  } else {
    json.null();
  }
  json.key("roundtrip");
  if (address.roundtrip) {
    json.begin_object().field("peer_seen", address.roundtrip->peer_seen);
    json.field("peers_listed", static_cast<std::uint64_t>(address.roundtrip->peers_listed));
    json.field("removed", address.roundtrip->removed).end_object();
  } else {
    json.null();
  }
}

void loss_field(JsonWriter& json, const AddressResult& address) {
  json.key("loss");
  if (!address.loss) {
    json.null();
    return;
  }
  const LossDetail& loss = *address.loss;
  const unsigned lost = loss.sent - static_cast<unsigned>(loss.round_trips.size());
  const LossRate rate = loss_rate(lost, loss.sent);
  json.begin_object()
      .field("sent", loss.sent)
      .field("lost", lost)
      .field("percent", 100 * rate.rate);
  json.field("percent_low", 100 * rate.low).field("percent_high", 100 * rate.high);
  const auto times = summarise(loss.round_trips).value_or(RoundTripSummary{});
  time_field(json, "min_us", times.least);
  time_field(json, "mean_us", times.mean);
  time_field(json, "median_us", times.median);
  time_field(json, "p95_us", times.p95);
  time_field(json, "max_us", times.most);
  time_field(json, "jitter_us", times.jitter);
  json.end_object();
}

void times_field(JsonWriter& json, const StageTimes& times) {
  json.key("times").begin_object();
  time_field(json, "connect_us", times.connect);
  time_field(json, "tls_us", times.tls);
  time_field(json, "ttfb_us", times.first_byte);
  time_field(json, "announce_us", times.announce);
  time_field(json, "scrape_us", times.scrape);
  time_field(json, "stopped_us", times.stopped);
  time_field(json, "total_us", times.total);
  json.end_object();
}

void address_object(JsonWriter& json, const TargetResult& target, const AddressResult& address) {
  json.begin_object().field("ip", to_text(address.endpoint.address));
  json.field("port", unsigned{address.endpoint.port});
  json.field("family", checks::net::number_of(address.endpoint.address.family));
  json.field("state", name_of(address.state));
  error_field(json, address.error);
  times_field(json, address.times);
  udp_field(json, address);
  http_field(json, address);
  tls_field(json, target, address);
  ws_field(json, address);
  reply_field(json, address);
  scrape_and_round_trip(json, address);
  loss_field(json, address);
  notes_field(json, address.notes);
  json.end_object();
}

void dns_field(JsonWriter& json, const DnsResult& dns) {
  json.key("dns").begin_object().field("us", static_cast<std::int64_t>(dns.took.count()));
  const auto list = [&](std::string_view name, const std::vector<IpAddress>& addresses) {
    json.key(name).begin_array();
    for (const IpAddress& address : addresses) json.value(to_text(address));
    json.end_array();
  };
  list("a", dns.a);
  list("aaaa", dns.aaaa);
  json.field("a_error", dns.a_error).field("aaaa_error", dns.aaaa_error).end_object();
}

}  // namespace

std::string json_text(const TargetResult& result, const ReportOptions& options) {
  JsonWriter json;
  json.begin_object().field("schema", 1).field("tool", "tracker-probe/" MINITOR_VERSION);
  json.field("time", rfc3339(result.time)).field("n", static_cast<std::uint64_t>(result.index));
  json.field("target", result.target).field("scheme", result.scheme);
  json.field("state", name_of(result.state))
      .field("exit", std::min(static_cast<int>(result.state), 3));
  json.field("total_us", static_cast<std::int64_t>(result.total.count()));
  error_field(json, result.error);
  dns_field(json, result.dns);
  json.field("info_hash", result.info_hash)
      .field("depth", result.purpose == Purpose::health ? "health" : name_of(options.depth));
  json.key("addresses").begin_array();
  for (const AddressResult& address : result.addresses) address_object(json, result, address);
  json.end_array();
  notes_field(json, result.notes);
  json.end_object();
  return json.take();
}

std::string json_summary(const std::vector<TargetResult>& results, State state) {
  std::uint64_t counts[5] = {};
  for (const TargetResult& result : results) ++counts[static_cast<int>(result.state)];
  JsonWriter json;
  json.begin_object().key("summary").begin_object();
  json.field("total", static_cast<std::uint64_t>(results.size())).field("ok", counts[0]);
  json.field("warning", counts[1]).field("critical", counts[2]).field("unknown", counts[3]);
  json.field("state", name_of(state)).end_object().end_object();
  return json.take();
}

}  // namespace tracker_probe
