// What conversations over HTTP and WebSocket have in common: the plan of steps and its way through
// them, what is owed at the end, what replies mean, and when the verdict is handed over.
//
// A step ends with step_over(). What fails the address ends the plan: the verdict goes out at once,
// and nothing but the stops that are owed comes after it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/steps.hpp"
#include "checks/tracker-probe-http/tls_witness.hpp"

namespace tracker_probe {

class SteppedConversation : public Conversation {
 public:
  void start() override;
  void abandon() override;

 protected:
  SteppedConversation(ConversationHost& host, ProbeTask task, ConversationEvents events);

  // What a protocol does.
  virtual void begin() { next(); }  ///< before the first step
  virtual void run(Step step) = 0;  ///< starts a step
  virtual void out_of_time() = 0;   ///< the alarm rang
  virtual void judged() {}     ///< what is left is clean-up; called once, before the first stop
  virtual void complete() {}   ///< the last chance to put something into the result
  virtual void drop_step() {}  ///< the step under way is of no use any more
  virtual void close() = 0;    ///< the plan is through; ends with events_.over()

  void next();
  void step_over();
  /// The verdict; later calls do nothing. Clean-up may go on for `clean_up_time`.
  void deliver();

  // What replies mean.
  void note_tls(const TlsSight& sight);
  void take_first_reply(Reply reply);
  void take_second_reply(bool first_seen, std::size_t listed);
  void take_scrape(const std::optional<ScrapeReply>& file);
  /// A scrape that failed decides only the depth scrape; beside an announce it is a warning, after
  /// the stops a note.
  void take_scrape_problem(Finding finding);

  [[nodiscard]] bool owes(Step step) const { return is_of_b(step) ? owes_b_ : owes_a_; }
  /// Whether the tracker may have this step's peer.
  void set_owed(Step step, bool owed) { (is_of_b(step) ? owes_b_ : owes_a_) = owed; }
  [[nodiscard]] AnnounceRequest request(Step step) const {
    return request_for(step, task_.identity, host_.options, tracker_id_);
  }
  [[nodiscard]] std::string host_name() const;
  [[nodiscard]] Instant last_moment() const { return task_.deadline - verdict_margin; }

  ConversationHost& host_;
  ProbeTask task_;
  ConversationEvents events_;
  Alarm alarm_;
  std::deque<Step> plan_;  ///< what comes after step_
  Step step_ = Step::connect;
  Verdict verdict_;
  std::optional<std::string> tracker_id_;
  Instant started_;
  bool delivered_ = false;

 private:
  bool owes_a_ = false;
  bool owes_b_ = false;
};

}  // namespace tracker_probe
