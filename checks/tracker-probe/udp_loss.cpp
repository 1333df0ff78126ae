#include "checks/tracker-probe/udp_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <system_error>

#include "checks/net/threshold.hpp"

namespace tracker_probe {

UdpLoss::UdpLoss(const LossSettings& settings) : settings_(settings) {
  sends_.reserve(settings_.count);
}

UdpLoss::Action UdpLoss::next(Instant now, TransactionIds& ids, std::vector<std::uint8_t>& packet) {
  Action action;
  const Instant due = settings_.start + settings_.gap * sends_.size();
  if (sends_.size() < settings_.count) {
    if (now < due) {
      action.until = due;
      return action;
    }
    action.kind = Action::Kind::send;
    action.transaction_id = ids.fresh();
    write_connect(packet, action.transaction_id);
    sends_.push_back({action.transaction_id, now, false});
    ++udp_.sent;
    return action;
  }
  const bool all = udp_.answered + errors_ == udp_.sent;
  const Instant end = sends_.empty() ? now : sends_.back().at + settings_.patience;
  action.kind = all || now >= end ? Action::Kind::finished : Action::Kind::wait;
  action.until = end;
  return action;
}

void UdpLoss::on_datagram(Instant at, const Endpoint& from, Bytes datagram, bool) {
  if (from != settings_.endpoint) {
    ++udp_.foreign;
    if (!udp_.foreign_source) udp_.foreign_source = from;
    return;
  }
  const auto header = read_header(datagram);
  const auto send = std::find_if(sends_.begin(), sends_.end(), [&](const Send& candidate) {
    return header && candidate.transaction_id == header->transaction_id;
  });
  if (send == sends_.end()) {
    ++udp_.bad;
    return;
  }
  if (send->answered) {
    ++udp_.duplicates;
    return;
  }
  send->answered = true;
  if (header->action != 0 || !read_connect_reply(datagram)) {
    ++errors_;
    return;
  }
  ++udp_.answered;
  loss_.round_trips.push_back(std::chrono::duration_cast<Microseconds>(at - send->at));
}

void UdpLoss::on_icmp(Instant, IcmpKind kind, const std::optional<IpAddress>& offender,
                      std::uint32_t) {
  if (udp_.icmp.size() >= 8) return;
  std::string text(name_of(kind));
  if (offender) text += " from " + checks::net::to_text(*offender);
  udp_.icmp.push_back(text);
}

void UdpLoss::on_send_error(Instant, int error_number) { send_errno_ = error_number; }

AddressResult UdpLoss::take_result(Instant now) {
  AddressResult result;
  result.endpoint = settings_.endpoint;
  result.state = State::ok;
  result.times.total = std::chrono::duration_cast<Microseconds>(now - settings_.start);
  udp_.lost = udp_.sent - udp_.answered - errors_;
  loss_.sent = udp_.sent;
  if (const auto summary = summarise(loss_.round_trips)) result.times.connect = summary->mean;
  const auto fail = [&](const char* code, State state, std::string text) {
    result.state = state;
    result.error = Finding{code, state, std::move(text)};
  };
  if (udp_.answered == 0 && send_errno_ != 0) {
    fail("local.resources", State::unknown,
         fmt::format("sending failed on this host: {}",
                     std::generic_category().message(send_errno_)));
  } else if (udp_.answered == 0 && !udp_.icmp.empty()) {
    fail("udp.refused", State::critical, fmt::format("no reply: ICMP {}", udp_.icmp.front()));
  } else if (udp_.answered == 0) {
    fail("udp.connect_timeout", State::critical,
         fmt::format("no reply to any of {} connects", udp_.sent));
  } else if (errors_ > 0) {
    fail("udp.bad_action", State::critical,
         fmt::format("{} of {} connects answered with something else", errors_, udp_.sent));
  }
  result.udp = std::move(udp_);
  result.loss = std::move(loss_);
  return result;
}

void UdpLoss::each_transaction_id(const std::function<void(std::uint32_t)>& tell) const {
  for (const Send& send : sends_) tell(send.transaction_id);
}

LossRate loss_rate(unsigned lost, unsigned sent) {
  if (sent == 0) return {0, 0, 1};
  constexpr double z = 1.959964;  // 95 %
  const double n = sent;
  const double p = lost / n;
  const double centre = p + z * z / (2 * n);
  const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {p, std::max(0.0, (centre - spread) / scale), std::min(1.0, (centre + spread) / scale)};
}

std::optional<RoundTripSummary> summarise(const std::vector<Microseconds>& round_trips) {
  if (round_trips.empty()) return std::nullopt;
  std::vector<Microseconds> sorted = round_trips;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    const double last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::lround(share * last))];
  };
  RoundTripSummary summary;
  const auto count = static_cast<std::int64_t>(sorted.size());
  summary.least = sorted.front();
  summary.most = sorted.back();
  summary.median = at(0.5);
  summary.p95 = at(0.95);
  summary.mean = std::accumulate(sorted.begin(), sorted.end(), Microseconds{0}) / count;
  Microseconds differences{0};
  for (std::size_t i = 1; i < round_trips.size(); ++i) {
    differences += std::chrono::abs(round_trips[i] - round_trips[i - 1]);
  }
  if (count > 1) summary.jitter = differences / (count - 1);
  return summary;
}

}  // namespace tracker_probe
