// Loss mode: connect packets to one address at a steady pace, none of them sent again, and what came
// back. No announce: no trace in any swarm. Pure, like udp_exchange.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/tracker-probe/udp_conversation.hpp"

namespace tracker_probe {

struct LossSettings {
  Endpoint endpoint;
  unsigned count = 20;
  Microseconds gap{250000};
  Microseconds patience{2000000};  // for the answer to the last one
  Instant start;
};

class UdpLoss final : public UdpConversation {
 public:
  explicit UdpLoss(const LossSettings& settings);

  Action next(Instant now, TransactionIds& ids, std::vector<std::uint8_t>& packet) override;
  void on_datagram(Instant at, const Endpoint& from, Bytes datagram, bool truncated) override;
  void on_icmp(Instant at, IcmpKind kind, const std::optional<IpAddress>& offender,
               std::uint32_t transaction_id) override;
  void on_send_error(Instant now, int error_number) override;
  bool parting_stop(TransactionIds&, std::vector<std::uint8_t>&) override { return false; }
  [[nodiscard]] AddressResult take_result(Instant now) override;
  [[nodiscard]] const Endpoint& endpoint() const override { return settings_.endpoint; }
  void each_transaction_id(const std::function<void(std::uint32_t)>& tell) const override;

 private:
  struct Send {
    std::uint32_t transaction_id = 0;
    Instant at;
    bool answered = false;
  };
  LossSettings settings_;
  std::vector<Send> sends_;
  UdpDetail udp_;
  LossDetail loss_;
  unsigned errors_ = 0;  // error packets: an answer, but not a healthy one
  int send_errno_ = 0;
};

/// The share lost, with Wilson's 95 % interval, in 0..1.
struct LossRate {
  double rate = 0;
  double low = 0;
  double high = 0;
};
[[nodiscard]] LossRate loss_rate(unsigned lost, unsigned sent);

struct RoundTripSummary {
  Microseconds least{0};
  Microseconds mean{0};
  Microseconds median{0};
  Microseconds p95{0};
  Microseconds most{0};
  Microseconds jitter{0};  // mean difference of neighbours
};
[[nodiscard]] std::optional<RoundTripSummary> summarise(
    const std::vector<Microseconds>& round_trips);

}  // namespace tracker_probe
