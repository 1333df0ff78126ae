// Giving up on a stage, the words for it, and the final account.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "checks/net/clean_text.hpp"
#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/udp_exchange.hpp"

namespace tracker_probe {

namespace {

using checks::net::clean_text;
using checks::net::describe;
using checks::net::to_text;

std::string times_sent(unsigned count, Microseconds span) {
  return fmt::format("{} sent in {}", count, describe(span));
}

}  // namespace

std::string_view name_of(IcmpKind kind) {
  switch (kind) {
    case IcmpKind::port_unreachable: return "port unreachable";
    case IcmpKind::host_unreachable: return "host unreachable";
    case IcmpKind::net_unreachable: return "net unreachable";
    case IcmpKind::prohibited: return "administratively prohibited";
    case IcmpKind::ttl_exceeded: return "TTL exceeded";
    case IcmpKind::other: return "destination unreachable";
  }
  return "?";
}

void UdpExchange::on_stage_timeout(Instant now) {
  switch (step()) {
    case Step::stop_a:
    case Step::stop_b:
      note({"udp.stopped_timeout", State::ok, "no reply to the closing stopped announce"});
      (step() == Step::stop_b ? told_b_ : told_a_) = false;
      return advance();
    case Step::scrape_after:
      note({"udp.scrape_timeout", State::warning, "no reply to the scrape after clean-up"});
      return advance();
    case Step::scrape:
      if (settings_.depth != Depth::scrape) {
        note({"udp.scrape_timeout", State::warning, "announce ok but no reply to scrape"});
        return advance();
      }
      [[fallthrough]];
    default: break;
  }
  const auto specific = evidence();
  stop_here(specific ? *specific : timeout_finding(now));
}

std::optional<Finding> UdpExchange::evidence() const {
  if (misplaced_reply_) {
    const bool same_host = misplaced_reply_->address == settings_.endpoint.address;
    if (same_host) {
      return Finding{"udp.reply_from_other_port", State::critical,
                     fmt::format("reply came from port {} instead of {}: clients will ignore it",
                                 misplaced_reply_->port, settings_.endpoint.port)};
    }
    return Finding{
        "udp.reply_from_other_address", State::critical,
        fmt::format("reply came from {}, not from the address probed: clients will ignore "
                    "it (asymmetric routing or NAT)",
                    to_text(*misplaced_reply_))};
  }
  if (icmp_kind_ == IcmpKind::port_unreachable) {
    return Finding{"udp.refused", State::critical,
                   fmt::format("port closed: ICMP {} (connection refused)", icmp_text_)};
  }
  if (icmp_kind_) return Finding{"udp.unreachable", State::critical, "ICMP " + icmp_text_};
  return local_finding();
}

std::optional<Finding> UdpExchange::local_finding() const {
  if (local_.count == 0) return std::nullopt;
  const bool v6 = settings_.endpoint.address.family == Family::v6;
  const auto name = std::string(checks::net::name_of(settings_.endpoint.address.family));
  switch (local_.error_number) {
    case EPERM:
    case EACCES:
      return Finding{"local.denied", State::unknown,
                     fmt::format("sending refused by this host ({}: local firewall?)",
                                 ::strerrorname_np(local_.error_number))};
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return Finding{"local.no_route", v6 ? State::skipped : State::unknown,
                     fmt::format("no {0} route on this host: {0} not tested", name)};
    case EHOSTUNREACH:
      return Finding{"udp.unreachable", State::critical,
                     "host unreachable (EHOSTUNREACH on sending)"};
    case ECONNREFUSED: return std::nullopt;  // told in full by the ICMP that caused it
    default:
      return Finding{"local.resources", State::unknown,
                     fmt::format("sending failed on this host: {}",
                                 std::generic_category().message(local_.error_number))};
  }
}

Finding UdpExchange::timeout_finding(Instant now) const {
  const auto first = first_send_of_round();
  const auto span = std::chrono::duration_cast<Microseconds>(now - first.value_or(now));
  const unsigned count = sends_of_round();
  std::string tail;
  if (!stray_error_.empty()) {
    tail =
        fmt::format("; an error came without our transaction id: \"{}\"", clean_text(stray_error_));
  }
  if (garbage_ > 0 || (!first_garbage_.empty() && wrong_transactions_ > 0)) {
    return {"udp.garbage", State::critical,
            fmt::format("{} datagrams from the tracker, none decodable (first: {})", udp_.bad,
                        first_garbage_)};
  }
  if (wrong_transactions_ > 0 && stray_error_.empty()) {
    return {
        "udp.bad_transaction", State::critical,
        fmt::format("only replies with a wrong transaction id ({} received)", wrong_transactions_)};
  }
  if (step() == Step::connect) {
    return {"udp.connect_timeout", State::critical,
            fmt::format("no reply to connect: {}{}", times_sent(count, span), tail)};
  }
  const std::string connected = fmt::format("connect answered in {} but ", describe(round_trip_));
  if (step() == Step::scrape) {
    return {"udp.scrape_timeout", State::critical,
            fmt::format("{}no reply to scrape: {}{}", connected, times_sent(count, span), tail)};
  }
  return {"udp.announce_timeout", State::critical,
          fmt::format("{}no reply to announce: {}{}", connected, times_sent(count, span), tail)};
}

void UdpExchange::count_losses(Instant now) {
  // A send of an answered stage that is younger than two round trips may still be answered.
  const Microseconds patience = 2 * round_trip_ + std::chrono::milliseconds(5);
  for (const Send& send : sends_) {
    if (send.answered || send.icmp) continue;
    const bool stage_answered = std::any_of(sends_.begin(), sends_.end(), [&](const Send& other) {
      return other.round == send.round && other.answered;
    });
    if (!stage_answered || now - send.at > patience) ++udp_.lost;
  }
}

AddressResult UdpExchange::take_result(Instant now) {
  count_losses(now);
  result_.times.total = std::chrono::duration_cast<Microseconds>(now - settings_.start);
  if (!result_.error) {
    result_.state = State::ok;
    for (const Finding& finding : result_.notes) {
      if (finding.state == State::warning) result_.state = State::warning;
    }
  }
  if (udp_.lost > 0 && result_.state == State::ok) {
    note({"udp.partial_loss", State::ok,
          fmt::format("{} of {} datagrams unanswered", udp_.lost, udp_.sent)});
  }
  result_.udp = std::move(udp_);
  return std::move(result_);
}

}  // namespace tracker_probe
