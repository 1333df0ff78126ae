// What comes in: datagrams, ICMP errors, failed sends. Nothing here trusts a byte of it.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/udp_exchange.hpp"

namespace tracker_probe {

namespace {

using checks::net::clean_text;
using checks::net::hex_start;
using checks::net::to_text;

constexpr std::size_t max_icmp_texts = 8;
constexpr std::uint32_t shortest_sane_interval = 60;
constexpr std::uint32_t longest_sane_interval = 86400;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string lower_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  const std::string plain = lower_ascii(text);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

/// Does the tracker complain about the connection id? ("Connection ID missmatch.", "connection id
/// expired", "cookie value is expired")
bool is_about_connection_id(const std::string& text) {
  return mentions(text, {"connection id", "connectionid", "connection_id", "cookie"});
}

bool is_refusal(const std::string& text) {
  return mentions(text, {"whitelist", "not allowed", "not authorized", "unauthorized",
                         "not registered", "unregistered", "disallowed", "blacklist"});
}

Finding blemish(std::string code, std::string text) {
  return {std::move(code), State::ok, std::move(text), true};
}

std::string_view action_name(std::uint32_t action) {
  switch (action) {
    case 0: return "connect";
    case 1: return "announce";
    case 2: return "scrape";
    default: return "unknown";
  }
}

}  // namespace

UdpExchange::Send* UdpExchange::find(std::uint32_t transaction_id) {
  const auto found = std::find_if(sends_.begin(), sends_.end(), [&](const Send& send) {
    return send.transaction_id == transaction_id;
  });
  return found == sends_.end() ? nullptr : &*found;
}

void UdpExchange::count_answer(const Send& send) {
  const bool sent_again = std::any_of(sends_.begin(), sends_.end(), [&](const Send& other) {
    return other.round == send.round && other.at > send.at;
  });
  ++(sent_again ? udp_.late : udp_.answered);
}

void UdpExchange::on_datagram(Instant at, const Endpoint& from, Bytes datagram, bool truncated) {
  if (from != settings_.endpoint) return on_foreign(from, datagram);
  const auto header = read_header(datagram);
  if (!header) return on_undecodable(datagram);
  Send* send = find(header->transaction_id);
  if (send == nullptr) {
    ++udp_.bad;
    ++wrong_transactions_;
    const bool error = is_error_action(header->action) && header->transaction_id == 0;
    if (error && stray_error_.empty()) stray_error_ = read_error_text(datagram);
    if (header->action > 3 && !is_error_action(header->action) && first_garbage_.empty()) {
      first_garbage_ = hex_start(as_text(datagram));
    }
    return;
  }
  if (send->answered) {
    ++udp_.duplicates;
    return;
  }
  send->answered = true;
  count_answer(*send);
  if (send->round != round_ || given_up_) return;  // the stage has been answered already
  if (truncated) {
    const auto limit = settings_.options->limits.udp_buffer;
    return stop_here(
        {"udp.reply_too_big", State::critical, fmt::format("reply larger than {} bytes", limit)});
  }
  const Send copy = *send;
  on_answer(at, copy, *header, datagram);
}

void UdpExchange::on_foreign(const Endpoint& from, Bytes datagram) {
  ++udp_.foreign;
  if (!udp_.foreign_source) udp_.foreign_source = from;
  const auto header = read_header(datagram);
  if (header && !misplaced_reply_ && find(header->transaction_id) != nullptr) {
    misplaced_reply_ = from;
    udp_.foreign_source = from;
  }
}

void UdpExchange::on_undecodable(Bytes datagram) {
  ++udp_.bad;
  ++garbage_;
  if (first_garbage_.empty()) first_garbage_ = hex_start(as_text(datagram));
}

void UdpExchange::on_answer(Instant at, const Send& send, const UdpHeader& header, Bytes datagram) {
  if (is_error_action(header.action)) return on_tracker_error(header, datagram);
  std::uint32_t expected = 1;
  if (send.step == Step::connect) expected = 0;
  if (send.step == Step::scrape || send.step == Step::scrape_after) expected = 2;
  if (header.action != expected) {
    ++udp_.bad;
    if (cleaning_up()) return advance();
    return stop_here({"udp.bad_action", State::critical,
                      fmt::format("reply to {} has action {:#x} ({})", action_name(expected),
                                  header.action, action_name(header.action))});
  }
  switch (expected) {
    case 0: return on_connect_reply(at, send, datagram);
    case 1: return on_announce_reply(at, send, datagram);
    default: return on_scrape_reply(at, send, datagram);
  }
}

void UdpExchange::on_tracker_error(const UdpHeader& header, Bytes datagram) {
  const std::string text = read_error_text(datagram);
  const std::string shown = text.empty() ? "(no text)" : "\"" + clean_text(text) + "\"";
  if (header.action == swapped_error_action) {
    note({"udp.byte_swapped", State::ok,
          "tracker sends error action in little-endian (old opentracker)"});
  }
  if (cleaning_up()) {
    (step() == Step::stop_b ? told_b_ : told_a_) = false;
    note({"tracker.error", State::ok, "clean-up answered with an error: " + shown});
    return advance();
  }
  const bool about_id = step() != Step::connect && is_about_connection_id(text);
  if (about_id && udp_.reconnects == 0) {
    note({"tracker.connection_id", State::ok, "connection id rejected once: " + shown});
    return reconnect();
  }
  if (!result_.reply) result_.reply.emplace();
  result_.reply->failure = text;
  if (about_id) {
    told_a_ = told_b_ = false;  // a stop with the same id would only be one more bad packet
    return stop_here({"tracker.connection_id", State::critical,
                      "tracker rejected its own connection id twice: " + shown});
  }
  if (step() == Step::scrape && settings_.depth != Depth::scrape) {
    note({"tracker.error", State::warning, "scrape answered with an error: " + shown});
    return advance();
  }
  // A tracker that answers the announce with an error has not listed us.
  (step() == Step::announce_b ? told_b_ : told_a_) = false;
  if (is_refusal(text)) {
    return fail_and_clean_up({"tracker.not_authorized", State::critical,
                              "tracker does not serve this info-hash: " + shown});
  }
  fail_and_clean_up({"tracker.error", State::critical, "tracker error: " + shown});
}

void UdpExchange::on_connect_reply(Instant at, const Send& send, Bytes datagram) {
  const auto id = read_connect_reply(datagram);
  if (!id) {
    return stop_here({"udp.short_reply", State::critical,
                      fmt::format("connect reply too short: {} bytes, need {}", datagram.size(),
                                  connect_reply_bytes)});
  }
  connection_id_ = *id;
  connected_at_ = at;
  round_trip_ = std::chrono::duration_cast<Microseconds>(at - send.at);
  note_time(Step::connect, round_trip_);
  if (*id == udp_magic && !udp_.cid_is_magic) {
    udp_.cid_is_magic = true;
    note(blemish("udp.cid_is_magic",
                 "the connection id is the protocol's magic number: anyone can guess it"));
  }
  if (udp_.reconnects > 0) {
    enter(resume_at_);
  } else {
    advance();
  }
}

void UdpExchange::on_announce_reply(Instant at, const Send& send, Bytes datagram) {
  const auto reply = read_announce_reply(datagram, settings_.endpoint.address.family);
  note_time(send.step, std::chrono::duration_cast<Microseconds>(at - send.at));
  if (cleaning_up()) {
    (step() == Step::stop_b ? told_b_ : told_a_) = false;
    return advance();
  }
  if (!reply) {
    if (datagram.size() == 8) {
      told_a_ = told_b_ = false;
      return stop_here(
          {"tracker.not_authorized", State::critical,
           "tracker does not serve this info-hash (8-byte reply, opentracker access list)"});
    }
    return stop_here({"udp.short_reply", State::critical,
                      fmt::format("announce reply too short: {} bytes, need {}", datagram.size(),
                                  announce_reply_bytes)});
  }
  switch (send.step) {
    case Step::announce_b:
      result_.roundtrip.emplace();
      result_.roundtrip->peers_listed = reply->peers;
      keep_reply(*reply);
      look_for_peer(*reply, settings_.identity.port_a, "a second peer");
      break;
    case Step::again_a: look_for_peer(*reply, settings_.identity.port_b, "the first peer"); break;
    default:
      keep_reply(*reply);
      judge_reply(*reply);
      break;
  }
  advance();
}

void UdpExchange::keep_reply(const AnnounceReply& reply) {
  Reply& kept = result_.reply ? *result_.reply : result_.reply.emplace();
  kept.interval = reply.interval;
  kept.seeders = reply.seeders;
  kept.leechers = reply.leechers;
  kept.peers = reply.peers;
  const std::size_t count = std::min(reply.peers, settings_.options->limits.max_peers_kept);
  kept.peer_list.clear();
  kept.peer_list.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    kept.peer_list.push_back(peer_at(reply, settings_.endpoint.address.family, i));
  }
}

void UdpExchange::judge_reply(const AnnounceReply& reply) {
  const Family family = settings_.endpoint.address.family;
  if (reply.misaligned) {
    note(blemish(
        "udp.bad_peers_length",
        fmt::format("peer list is {} bytes, not a multiple of {} ({})", reply.peer_list_bytes,
                    family == Family::v4 ? 6 : 18, checks::net::name_of(family))));
  }
  if (reply.interval >= 0x80000000U) {
    note(blemish(
        "reply.interval",
        fmt::format("interval {} is negative for a client that reads it signed", reply.interval)));
  } else if (reply.interval < shortest_sane_interval || reply.interval > longest_sane_interval) {
    note(blemish("reply.interval",
                 fmt::format("interval {} s is outside 60 to 86400", reply.interval)));
  }
  const auto& peers = result_.reply->peer_list;
  if (std::any_of(peers.begin(), peers.end(),
                  [](const Endpoint& peer) { return peer.port == 0; })) {
    note(blemish("reply.port_zero", "the peer list has an entry with port 0"));
  }
}

void UdpExchange::look_for_peer(const AnnounceReply& reply, std::uint16_t port, const char* who) {
  const Family family = settings_.endpoint.address.family;
  for (std::size_t i = 0; i < reply.peers; ++i) {
    if (peer_at(reply, family, i).port == port) {
      result_.roundtrip->peer_seen = !result_.error;
      return;
    }
  }
  result_.roundtrip->peer_seen = false;
  const std::uint32_t known = reply.leechers + reply.seeders;
  Finding finding{
      "roundtrip.peer_missing", State::critical,
      fmt::format("peer announced on port {} is not in the list given to {} (list has {} of "
                  "{} peers): {} peers are not returned",
                  port, who, reply.peers, known, checks::net::name_of(family))};
  if (result_.error) return note(std::move(finding));
  result_.state = finding.state;  // and go on: what was announced is taken back in order
  result_.error = std::move(finding);
}

void UdpExchange::on_scrape_reply(Instant at, const Send& send, Bytes datagram) {
  const auto entries = read_scrape_reply(datagram);
  note_time(send.step, std::chrono::duration_cast<Microseconds>(at - send.at));
  if (send.step == Step::scrape_after) {
    const bool gone = entries.empty() || entries.front().seeders + entries.front().leechers == 0;
    if (result_.roundtrip) result_.roundtrip->removed = gone;
    if (!gone) {
      note({"roundtrip.not_removed", State::warning, "stopped peer still counted after clean-up"});
    }
    return advance();
  }
  if (entries.empty()) {
    const bool short_reply = datagram.size() > 8;
    note({short_reply ? "udp.short_reply" : "scrape.missing_hash", State::warning,
          short_reply ? fmt::format("scrape reply too short: {} bytes, need 20", datagram.size())
                      : "scrape answered but without our info-hash"});
    return advance();
  }
  result_.scrape = entries.front();
  const bool announced =
      result_.reply && (settings_.depth == Depth::announce || settings_.depth == Depth::roundtrip);
  if (announced && entries.front().seeders + entries.front().leechers == 0) {
    note({"scrape.inconsistent", State::warning, "we are announced, but scrape counts nobody"});
  }
  advance();
}

void UdpExchange::note_time(Step of, Microseconds took) {
  switch (of) {
    case Step::connect: result_.times.connect = took; break;
    case Step::announce_a:
      (settings_.depth == Depth::stopped ? result_.times.stopped : result_.times.announce) = took;
      if (settings_.depth == Depth::stopped) result_.times.announce = took;
      break;
    case Step::scrape: result_.times.scrape = took; break;
    case Step::stop_a: result_.times.stopped = took; break;
    case Step::announce_b:
    case Step::again_a:
    case Step::stop_b:
    case Step::scrape_after:
    case Step::done: break;
  }
}

void UdpExchange::on_icmp(Instant at, IcmpKind kind, const std::optional<IpAddress>& offender,
                          std::uint32_t transaction_id) {
  Send* send = find(transaction_id);
  if (send == nullptr || send->icmp || send->answered)
    return;  // not about us: a forgery or an old one
  send->icmp = true;
  std::string text = std::string(name_of(kind));
  if (offender) text += " from " + to_text(*offender);
  if (udp_.icmp.size() < max_icmp_texts) udp_.icmp.push_back(text);
  icmp_kind_ = kind;
  icmp_text_ = text;
  if (send->round != round_ || given_up_) return;
  if (sends_of_round() < 2) {
    // One more try: the tracker may be starting again, and anybody can forge one ICMP.
    next_send_ = std::min(next_send_.value_or(at), at + schedule_.gap_after_icmp());
    return;
  }
  if (cleaning_up()) return advance();
  if (const auto finding = evidence()) stop_here(*finding);
}

void UdpExchange::on_send_error(Instant now, int error_number) {
  local_.error_number = error_number;
  ++local_.count;
  if (error_number == ENOBUFS || error_number == EAGAIN || error_number == ENOMEM) {
    next_send_ = std::min(next_send_.value_or(now), now + schedule_.gap_after_icmp());
    return;  // the next send of the schedule tries again
  }
  if (const auto finding = local_finding()) stop_here(*finding);
}

}  // namespace tracker_probe
