// The check of one UDP tracker address: connect, announce, stop, as deep as the user asked.
//
// Every send carries a fresh transaction id and all of them stay live, so that a late answer counts
// for its own send: no guess about round trips, and a true account of what was lost.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"
#include "checks/tracker-probe/udp_conversation.hpp"
#include "checks/tracker-probe/udp_schedule.hpp"

namespace tracker_probe {

struct ExchangeSettings {
  const ProbeOptions* options = nullptr;  // outlives the exchange
  Endpoint endpoint;
  Identity identity;
  Depth depth = Depth::announce;
  std::string url_data;  // BEP 41: path and query, or empty
  Instant start;
  Instant deadline;
};

class UdpExchange final : public UdpConversation {
 public:
  explicit UdpExchange(ExchangeSettings settings);

  Action next(Instant now, TransactionIds& ids, std::vector<std::uint8_t>& packet) override;
  void on_datagram(Instant at, const Endpoint& from, Bytes datagram, bool truncated) override;
  void on_icmp(Instant at, IcmpKind kind, const std::optional<IpAddress>& offender,
               std::uint32_t transaction_id) override;
  void on_send_error(Instant now, int error_number) override;
  bool parting_stop(TransactionIds& ids, std::vector<std::uint8_t>& packet) override;
  [[nodiscard]] AddressResult take_result(Instant now) override;
  [[nodiscard]] const Endpoint& endpoint() const override { return settings_.endpoint; }
  void each_transaction_id(const std::function<void(std::uint32_t)>& tell) const override {
    for (const Send& send : sends_) tell(send.transaction_id);
  }

 private:
  enum class Step {
    connect,
    announce_a,
    announce_b,
    again_a,
    scrape,
    stop_b,
    stop_a,
    scrape_after,
    done
  };
  struct Send {
    std::uint32_t transaction_id = 0;
    Instant at;
    Step step = Step::connect;
    unsigned round = 0;  // of entering a step; a reconnect enters one again
    bool answered = false;
    bool icmp = false;
  };
  struct Local {
    int error_number = 0;
    unsigned count = 0;
  };

  // The plan.
  void make_plan();
  [[nodiscard]] Step step() const { return at_ < steps_ ? plan_[at_] : Step::done; }
  [[nodiscard]] bool cleaning_up() const;
  void enter(std::size_t at);
  void advance() { enter(at_ + 1); }
  void reconnect();
  void skip_to_clean_up();
  void stop_here(Finding finding);  // nothing more is asked; owed stops are sent unanswered
  void fail_and_clean_up(Finding finding);
  void note(Finding finding) { result_.notes.push_back(std::move(finding)); }

  // Sending.
  Action send(Instant now, TransactionIds& ids, std::vector<std::uint8_t>& packet);
  void write_request(std::uint32_t transaction_id, std::vector<std::uint8_t>& packet);
  void write_announce_of(bool second, AnnounceEvent event, int num_want,
                         std::uint32_t transaction_id, std::vector<std::uint8_t>& packet) const;
  [[nodiscard]] Microseconds gap_after(unsigned n) const;
  [[nodiscard]] unsigned most_sends() const;
  [[nodiscard]] unsigned sends_of_round() const;
  [[nodiscard]] std::optional<Instant> first_send_of_round() const;

  // Receiving.
  [[nodiscard]] Send* find(std::uint32_t transaction_id);
  void count_answer(const Send& send);
  void on_foreign(const Endpoint& from, Bytes datagram);
  void on_undecodable(Bytes datagram);
  void on_answer(Instant at, const Send& send, const UdpHeader& header, Bytes datagram);
  void on_tracker_error(const UdpHeader& header, Bytes datagram);
  void on_connect_reply(Instant at, const Send& send, Bytes datagram);
  void on_announce_reply(Instant at, const Send& send, Bytes datagram);
  void on_scrape_reply(Instant at, const Send& send, Bytes datagram);
  void keep_reply(const AnnounceReply& reply);
  void judge_reply(const AnnounceReply& reply);
  void look_for_peer(const AnnounceReply& reply, std::uint16_t port, const char* who);
  void note_time(Step step, Microseconds took);

  // Giving up.
  void on_stage_timeout(Instant now);
  [[nodiscard]] Finding timeout_finding(Instant now) const;
  [[nodiscard]] std::optional<Finding> evidence() const;  // more specific than a timeout
  [[nodiscard]] std::optional<Finding> local_finding() const;
  void count_losses(Instant now);

  ExchangeSettings settings_;
  UdpSchedule schedule_;
  std::array<Step, 8> plan_{};
  std::size_t steps_ = 0;  // of the plan
  std::size_t at_ = 0;
  unsigned round_ = 0;
  std::optional<Instant> next_send_;  // empty: at once
  std::vector<Send> sends_;
  AddressResult result_;
  UdpDetail udp_;

  std::uint64_t connection_id_ = 0;
  Instant connected_at_;
  Microseconds round_trip_{0};
  std::size_t resume_at_ = 1;  // where to go on after a reconnect
  bool told_a_ = false;        // announced and not yet stopped: a stop is owed
  bool told_b_ = false;
  bool given_up_ = false;  // send what is owed and finish

  // Evidence for the words.
  std::optional<Endpoint> misplaced_reply_;  // a foreign datagram that had our transaction id
  std::string first_garbage_;
  unsigned garbage_ = 0;
  unsigned wrong_transactions_ = 0;
  std::string stray_error_;  // an error text without our transaction id
  std::optional<IcmpKind> icmp_kind_;
  std::string icmp_text_;
  Local local_;
};

}  // namespace tracker_probe
