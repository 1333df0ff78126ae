// What the owner of a UDP socket asks of a conversation: no socket and no clock in here. It asks
// next() what to do, and tells what came: a datagram, an ICMP error, a failed send, or merely that
// time has passed. In the end there is one AddressResult.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "checks/tracker-probe/result.hpp"
#include "checks/tracker-probe/udp_messages.hpp"

namespace tracker_probe {

/// Where transaction ids come from: the kernel's randomness, or a counter in tests.
class TransactionIds {
 public:
  virtual ~TransactionIds() = default;
  virtual std::uint32_t fresh() = 0;
};

enum class IcmpKind {
  port_unreachable,
  host_unreachable,
  net_unreachable,
  prohibited,
  ttl_exceeded,
  other
};
[[nodiscard]] std::string_view name_of(IcmpKind kind);

class UdpConversation {
 public:
  virtual ~UdpConversation() = default;

  struct Action {
    enum class Kind { send, wait, finished };
    Kind kind = Kind::wait;
    std::uint32_t transaction_id = 0;  // of the datagram in `packet`, for send
    bool expects_reply = true;         // false: a parting stop, its answer is nobody's
    Instant until;                     // for wait: call next() again then, or after news
  };
  /// To be called until it says wait or finished. `packet` receives the datagram of a send.
  virtual Action next(Instant now, TransactionIds& ids, std::vector<std::uint8_t>& packet) = 0;

  /// `at`: when it arrived. Anything may be thrown at it.
  virtual void on_datagram(Instant at, const Endpoint& from, Bytes datagram, bool truncated) = 0;
  /// An ICMP error that quoted one of our datagrams.
  virtual void on_icmp(Instant at, IcmpKind kind, const std::optional<IpAddress>& offender,
                       std::uint32_t transaction_id) = 0;
  /// The last send failed with this errno.
  virtual void on_send_error(Instant now, int error_number) = 0;

  /// The stops that are still owed, one per call, when the program is about to end.
  virtual bool parting_stop(TransactionIds& ids, std::vector<std::uint8_t>& packet) = 0;

  /// After finished; to be taken once.
  [[nodiscard]] virtual AddressResult take_result(Instant now) = 0;

  [[nodiscard]] virtual const Endpoint& endpoint() const = 0;
  /// The ids given out, so that the owner can forget them.
  virtual void each_transaction_id(const std::function<void(std::uint32_t)>& tell) const = 0;
};

}  // namespace tracker_probe
