// A hostile tracker against the UDP conversation: the input says when what arrives. Whatever it is,
// the conversation ends by its deadline, sends few datagrams and its account adds up.
#include <cstdlib>

#include "checks/tracker-probe/udp_exchange.hpp"

namespace {

using namespace tracker_probe;

class CountingIds final : public TransactionIds {
 public:
  std::uint32_t fresh() override { return ++last; }
  std::uint32_t last = 0;
};

struct Input {
  const std::uint8_t* data;
  std::size_t left;
  std::uint8_t byte() { return left == 0 ? 0 : (--left, *data++); }
};

void check(bool good) {
  if (!good) std::abort();
}

void receive(Input& input, UdpExchange& exchange, Instant now, std::uint32_t last_id) {
  const std::uint8_t kind = input.byte();
  std::vector<std::uint8_t> datagram{0, 0, 0, static_cast<std::uint8_t>(kind & 3), 0, 0, 0, 0};
  const std::uint32_t id = kind & 4 ? last_id : input.byte();
  for (int i = 0; i < 4; ++i)
    datagram[4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(id >> (24 - 8 * i));
  const std::size_t size = input.byte();
  for (std::size_t i = 0; i < size && input.left > 0; ++i) datagram.push_back(input.byte());
  if (kind & 8) datagram.resize(std::min<std::size_t>(datagram.size(), kind >> 5));
  Endpoint from = exchange.endpoint();
  if (kind & 16) from.port ^= 1;
  exchange.on_datagram(now, from, datagram, (kind & 0x60) == 0x60);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  ProbeOptions options;
  const std::uint8_t flags = input.byte();
  options.with_scrape = flags & 8;
  options.verify_cleanup = flags & 16;
  ExchangeSettings settings;
  settings.options = &options;
  settings.endpoint = {*checks::net::parse_ip(flags & 32 ? "::1" : "127.0.0.1"), 1};
  settings.depth = static_cast<Depth>((flags & 7) % 5);
  settings.identity.port_a = 50001;
  settings.identity.port_b = 50002;
  const Instant start = Instant{} + std::chrono::seconds(10);
  settings.start = start;
  settings.deadline = start + std::chrono::seconds(10);
  UdpExchange exchange(settings);
  CountingIds ids;
  std::vector<std::uint8_t> packet;
  Instant now = start;
  unsigned sends = 0;
  for (unsigned turn = 0;; ++turn) {
    check(turn < 100000);
    const auto action = exchange.next(now, ids, packet);
    if (action.kind == UdpExchange::Action::Kind::finished) break;
    if (action.kind == UdpExchange::Action::Kind::send) {
      check(++sends < 64 && packet.size() >= 16);
      continue;
    }
    check(action.until > now && action.until <= settings.deadline);
    if (input.left == 0) {
      now = action.until;
    } else if (const std::uint8_t what = input.byte(); what < 128) {
      now += std::chrono::milliseconds(what);
      receive(input, exchange, now, ids.last);
    } else if (what < 160) {
      exchange.on_icmp(now, static_cast<IcmpKind>(what % 6), std::nullopt,
                       what & 16 ? ids.last : 1);
    } else if (what < 164) {
      exchange.on_send_error(now, input.byte());
    } else {
      now += std::chrono::milliseconds(4 * what);
    }
  }
  check(now <=
        settings.deadline + std::chrono::milliseconds(4 * 255));  // one advance beyond at most
  const AddressResult result = exchange.take_result(now);
  const UdpDetail& udp = *result.udp;
  check(udp.answered + udp.late + udp.lost <= udp.sent);
  check((result.state == State::ok) == !result.error || result.state == State::warning);
  return 0;
}
