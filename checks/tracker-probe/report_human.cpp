#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/report.hpp"
#include "checks/tracker-probe/udp_loss.hpp"

namespace tracker_probe {

namespace {

using checks::net::describe;
using checks::net::to_text;

std::string_view short_name(State state) {
  switch (state) {
    case State::ok: return "OK   ";
    case State::warning: return "WARN ";
    case State::critical: return "CRIT ";
    case State::unknown: return "UNKN ";
    case State::skipped: return "SKIP ";
  }
  return "?";
}

std::string coloured(State state, std::string_view text, bool colour) {
  if (!colour) return std::string(text);
  const char* code = "33";
  if (state == State::ok) code = "32";
  if (state == State::critical) code = "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string shown_address(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.family == Family::v6;
  return v6 ? "v6 [" + to_text(endpoint.address) + "]" : "v4 " + to_text(endpoint.address);
}

void append_times(std::string& out, const AddressResult& address, Depth depth) {
  const StageTimes& times = address.times;
  const auto add = [&](std::string_view name, const std::optional<Microseconds>& time) {
    if (time)
      fmt::format_to(std::back_inserter(out), "{}{} {}", out.empty() ? "" : ", ", name,
                     describe(*time));
  };
  add(depth == Depth::stopped ? "stopped" : "announce", times.announce);
  add("scrape", times.scrape);
  add("connect", times.connect);
  add("tls", times.tls);
  if (!address.udp) add("total", times.total);
}

void append_reply(std::string& out, const AddressResult& address) {
  const auto add = [&](std::string_view name, const auto& value, std::string_view unit) {
    if (value) fmt::format_to(std::back_inserter(out), "  {} {}{}", name, *value, unit);
  };
  if (address.reply) {
    add("interval", address.reply->interval, "s");
    add("seeders", address.reply->seeders, "");
    add("leechers", address.reply->leechers, "");
    add("peers", address.reply->peers, "");
  } else if (address.scrape) {
    fmt::format_to(std::back_inserter(out), "  seeders {} leechers {} completed {}",
                   address.scrape->seeders, address.scrape->leechers, address.scrape->completed);
  }
  if (address.roundtrip && address.roundtrip->peer_seen) out += "  round trip ok";
  if (address.udp) {
    if (address.udp->retransmits > 0)
      fmt::format_to(std::back_inserter(out), "  retransmits {}", address.udp->retransmits);
    if (address.udp->lost > 0)
      fmt::format_to(std::back_inserter(out), "  lost {}/{}", address.udp->lost, address.udp->sent);
    if (address.udp->foreign > 0)
      fmt::format_to(std::back_inserter(out), "  foreign {}", address.udp->foreign);
    if (address.udp->duplicates > 0)
      fmt::format_to(std::back_inserter(out), "  duplicates {}", address.udp->duplicates);
  }
}

std::string address_text(const AddressResult& address, Depth depth) {
  std::string out;
  if (address.error) out = address.error->text;
  if (!address.error || address.state == State::warning) {
    std::string times;
    append_times(times, address, depth);
    append_reply(times, address);
    out += (out.empty() ? "" : "  ") + times;
  }
  return out;
}

std::string down_families(const TargetResult& result) {
  std::string families;
  for (const Family family : {Family::v4, Family::v6}) {
    unsigned good = 0;
    unsigned bad = 0;
    for (const AddressResult& address : result.addresses) {
      if (address.endpoint.address.family != family || address.state == State::skipped) continue;
      ++(address.state == State::ok || address.state == State::warning ? good : bad);
    }
    if (bad > 0 && good == 0)
      families += (families.empty() ? "" : " and ") + std::string(checks::net::name_of(family));
  }
  return families;
}

std::string summary_line(const TargetResult& result) {
  unsigned tested = 0;
  unsigned failed = 0;
  for (const AddressResult& address : result.addresses) {
    if (address.state == State::skipped) continue;
    ++tested;
    if (address.state == State::critical || address.state == State::unknown) ++failed;
  }
  std::string text =
      fmt::format("{}: {} of {} addresses failed", name_of(result.state), failed, tested);
  const std::string families = down_families(result);
  if (!families.empty()) text += fmt::format(" ({} down)", families);
  return text;
}

}  // namespace

State overall(const std::vector<TargetResult>& results) {
  State state = results.empty() ? State::unknown : State::skipped;
  for (const TargetResult& result : results) state = worse(state, result.state);
  return state;
}

std::string human_text(const TargetResult& result, const ReportOptions& options) {
  std::string out;
  for (const AddressResult& address : result.addresses) {
    out += fmt::format(
        "{} {}  {}  {}\n", coloured(address.state, short_name(address.state), options.colour),
        result.target, shown_address(address.endpoint), address_text(address, options.depth));
    for (const Finding& note : address.notes) {
      out += fmt::format("      {}: {}\n", note.state == State::ok ? "note" : "warning", note.text);
    }
  }
  if (result.error) {
    out +=
        fmt::format("{} {}  {}\n", coloured(result.state, short_name(result.state), options.colour),
                    result.target, result.error->text);
  }
  for (const Finding& note : result.notes) out += fmt::format("      note: {}\n", note.text);
  if (result.addresses.size() > 1) out += summary_line(result) + "\n";
  return out;
}

std::string short_text(const TargetResult& result, const ReportOptions& options) {
  std::string out(coloured(result.state, short_name(result.state), options.colour));
  out += ' ';
  out += result.target;
  if (result.error) out += "  " + result.error->text;
  for (const AddressResult& address : result.addresses) {
    const char* family = address.endpoint.address.family == Family::v4 ? "v4" : "v6";
    if (address.error) {
      fmt::format_to(std::back_inserter(out), "  {}: {}", family, address.error->text);
      continue;
    }
    const auto latency = metric(result, address, "latency");
    if (!latency) continue;
    fmt::format_to(std::back_inserter(out), "  {} {}", family,
                   describe(Microseconds(static_cast<std::int64_t>(*latency * 1e6))));
  }
  out += '\n';
  return out;
}

std::string loss_text(const TargetResult& result) {
  std::string out;
  for (const AddressResult& address : result.addresses) {
    out += fmt::format("{} {}  {}  ", short_name(address.state), result.target,
                       shown_address(address.endpoint));
    if (!address.loss) {
      out += (address.error ? address.error->text : "not tested") + "\n";
      continue;
    }
    const unsigned lost =
        address.loss->sent - static_cast<unsigned>(address.loss->round_trips.size());
    const LossRate rate = loss_rate(lost, address.loss->sent);
    fmt::format_to(std::back_inserter(out), "{} of {} lost: {:.1f} % (95 %: {:.1f} to {:.1f} %)",
                   lost, address.loss->sent, 100 * rate.rate, 100 * rate.low, 100 * rate.high);
    if (const auto times = summarise(address.loss->round_trips)) {
      fmt::format_to(std::back_inserter(out), "  rtt min/avg/p95/max {}/{}/{}/{}  jitter {}",
                     describe(times->least), describe(times->mean), describe(times->p95),
                     describe(times->most), describe(times->jitter));
    }
    if (address.udp && address.udp->foreign > 0)
      out += fmt::format("  foreign {}", address.udp->foreign);
    if (address.error) out += "  " + address.error->text;
    out += '\n';
  }
  if (result.error)
    out += fmt::format("{} {}  {}\n", short_name(result.state), result.target, result.error->text);
  return out;
}

}  // namespace tracker_probe
