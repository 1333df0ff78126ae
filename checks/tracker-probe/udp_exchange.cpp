// The plan and the sends; what comes in is in udp_exchange_replies.cpp, giving up and its words are
// in udp_exchange_verdict.cpp.
#include "checks/tracker-probe/udp_exchange.hpp"

#include <algorithm>
#include <utility>

namespace tracker_probe {

namespace {

using namespace std::chrono_literals;

constexpr Microseconds connection_id_life = 55s;  // BEP 15 says a minute; leave some for the road
constexpr unsigned clean_up_sends = 2;

}  // namespace

UdpExchange::UdpExchange(ExchangeSettings settings)
    : settings_(std::move(settings)),
      schedule_(std::chrono::duration_cast<Microseconds>(settings_.deadline - settings_.start),
                settings_.options->limits.sends_per_stage) {
  make_plan();
  sends_.reserve(4);
  result_.endpoint = settings_.endpoint;
}

void UdpExchange::make_plan() {
  const bool scrape = settings_.options->with_scrape;
  const auto add = [&](std::initializer_list<Step> steps) {
    for (const Step step : steps) plan_.at(steps_++) = step;
  };
  add({Step::connect});
  switch (settings_.depth) {
    case Depth::connect: break;
    case Depth::scrape: add({Step::scrape}); break;
    case Depth::stopped:
      add({Step::announce_a});
      if (scrape) add({Step::scrape});
      break;
    case Depth::announce:
      add({Step::announce_a});
      if (scrape) add({Step::scrape});
      add({Step::stop_a});
      break;
    case Depth::roundtrip:
      add({Step::announce_a, Step::announce_b, Step::again_a});
      if (scrape) add({Step::scrape});
      add({Step::stop_b, Step::stop_a});
      if (settings_.options->verify_cleanup) add({Step::scrape_after});
      break;
  }
}

bool UdpExchange::cleaning_up() const {
  return step() == Step::stop_a || step() == Step::stop_b || step() == Step::scrape_after;
}

void UdpExchange::enter(std::size_t at) {
  at_ = at;
  ++round_;
  next_send_.reset();
}

void UdpExchange::reconnect() {
  ++udp_.reconnects;
  resume_at_ = at_;
  enter(0);
}

void UdpExchange::skip_to_clean_up() {
  while (step() != Step::done && !cleaning_up()) ++at_;
  while ((step() == Step::stop_b && !told_b_) || (step() == Step::stop_a && !told_a_)) ++at_;
  if (step() == Step::scrape_after) at_ = steps_;
  enter(at_);
}

void UdpExchange::stop_here(Finding finding) {
  if (!result_.error) {
    result_.state = finding.state;
    result_.error = std::move(finding);
  } else {
    note(std::move(finding));
  }
  given_up_ = true;
}

void UdpExchange::fail_and_clean_up(Finding finding) {
  if (result_.error) return note(std::move(finding));
  result_.state = finding.state;
  result_.error = std::move(finding);
  skip_to_clean_up();
}

UdpExchange::Action UdpExchange::next(Instant now, TransactionIds& ids,
                                      std::vector<std::uint8_t>& packet) {
  const auto owed_or_finished = [&] {
    Action action;
    const bool owed = parting_stop(ids, packet);
    action.kind = owed ? Action::Kind::send : Action::Kind::finished;
    action.expects_reply = false;
    return action;
  };
  if (given_up_ || step() == Step::done) return owed_or_finished();
  if (now >= settings_.deadline) {
    on_stage_timeout(now);
    given_up_ = true;
    return owed_or_finished();
  }
  const unsigned sent = sends_of_round();
  if (step() != Step::connect && sent == 0 && now - connected_at_ > connection_id_life) reconnect();

  Instant give_up = settings_.deadline;
  if (step() == Step::connect) {
    const auto first = first_send_of_round();
    give_up = std::min(give_up, first.value_or(now) + schedule_.connect_limit());
  }
  const bool may_send = sends_of_round() < most_sends();
  const Instant due = next_send_.value_or(now);
  if (may_send && now >= due && now < give_up) return send(now, ids, packet);
  if (!may_send) give_up = std::min(give_up, due);
  if (now >= give_up) {
    on_stage_timeout(now);
    return next(now, ids, packet);
  }
  Action action;
  action.until = std::min(due, give_up);
  return action;
}

UdpExchange::Action UdpExchange::send(Instant now, TransactionIds& ids,
                                      std::vector<std::uint8_t>& packet) {
  const unsigned n = sends_of_round();
  const std::uint32_t transaction_id = ids.fresh();
  write_request(transaction_id, packet);
  sends_.push_back({transaction_id, now, step(), round_, false, false});
  next_send_ = now + gap_after(n);
  ++udp_.sent;
  if (n > 0) ++udp_.retransmits;
  Action action;
  action.kind = Action::Kind::send;
  action.transaction_id = transaction_id;
  return action;
}

void UdpExchange::write_request(std::uint32_t transaction_id, std::vector<std::uint8_t>& packet) {
  const ProbeOptions& options = *settings_.options;
  switch (step()) {
    case Step::connect: return write_connect(packet, transaction_id);
    case Step::announce_a: {
      const bool stopped_only = settings_.depth == Depth::stopped;
      told_a_ = told_a_ || !stopped_only;
      const auto event = stopped_only ? AnnounceEvent::stopped : AnnounceEvent::started;
      return write_announce_of(false, event, options.num_want, transaction_id, packet);
    }
    case Step::announce_b:
      told_b_ = true;
      return write_announce_of(true, AnnounceEvent::started, options.num_want_roundtrip,
                               transaction_id, packet);
    case Step::again_a:
      return write_announce_of(false, AnnounceEvent::none, options.num_want_roundtrip,
                               transaction_id, packet);
    case Step::stop_b:
      return write_announce_of(true, AnnounceEvent::stopped, 1, transaction_id, packet);
    case Step::stop_a:
      return write_announce_of(false, AnnounceEvent::stopped, 1, transaction_id, packet);
    case Step::scrape:
    case Step::scrape_after:
    case Step::done:
      return write_scrape(packet, connection_id_, transaction_id,
                          {&settings_.identity.info_hash, 1});
  }
}

void UdpExchange::write_announce_of(bool second, AnnounceEvent event, int num_want,
                                    std::uint32_t transaction_id,
                                    std::vector<std::uint8_t>& packet) const {
  const Identity& identity = settings_.identity;
  AnnounceRequest request;
  request.connection_id = connection_id_;
  request.transaction_id = transaction_id;
  request.info_hash = identity.info_hash;
  request.peer_id = second ? identity.peer_b : identity.peer_a;
  request.event = event;
  request.key = second ? ~identity.key : identity.key;
  request.num_want = num_want;
  request.port = second ? identity.port_b : identity.port_a;
  request.url_data = settings_.url_data;
  write_announce(packet, request);
}

bool UdpExchange::parting_stop(TransactionIds& ids, std::vector<std::uint8_t>& packet) {
  if (connection_id_ == 0 && !told_a_ && !told_b_) return false;
  if (!told_a_ && !told_b_) return false;
  const bool second = told_b_;
  (second ? told_b_ : told_a_) = false;
  write_announce_of(second, AnnounceEvent::stopped, 1, ids.fresh(), packet);
  return true;
}

Microseconds UdpExchange::gap_after(unsigned n) const {
  return step() == Step::connect ? schedule_.connect_gap(n) : schedule_.later_gap(n, round_trip_);
}

unsigned UdpExchange::most_sends() const {
  return cleaning_up() ? std::min(clean_up_sends, schedule_.sends()) : schedule_.sends();
}

unsigned UdpExchange::sends_of_round() const {
  unsigned count = 0;
  for (auto send = sends_.rbegin(); send != sends_.rend() && send->round == round_; ++send) ++count;
  return count;
}

std::optional<Instant> UdpExchange::first_send_of_round() const {
  for (const Send& send : sends_) {
    if (send.round == round_) return send.at;
  }
  return std::nullopt;
}

}  // namespace tracker_probe
