#include "checks/tracker-probe-http/stepped_conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"
#include "checks/tracker-probe-http/swarm_checks.hpp"

namespace tracker_probe {

using std::chrono::steady_clock;

SteppedConversation::SteppedConversation(ConversationHost& host, ProbeTask task,
                                         ConversationEvents events)
    : host_(host),
      task_(std::move(task)),
      events_(std::move(events)),
      alarm_(host.loop, [this] { out_of_time(); }),
      plan_(plan_of(task_, host.options)),
      started_(steady_clock::now()) {}

std::string SteppedConversation::host_name() const {
  return task_.url.host.substr(0, task_.url.host.find('%'));
}

void SteppedConversation::start() {
  const auto scheme = task_.url.scheme;
  verdict_.result.endpoint = task_.endpoint;
  if (host_.options.tls.insecure && (scheme == Scheme::https || scheme == Scheme::wss))
    verdict_.add(note("tls.insecure", "certificate not verified (--insecure)"));
  alarm_.set(last_moment());
  begin();
}

void SteppedConversation::next() {
  while (!plan_.empty() && is_stop(plan_.front()) && !owes(plan_.front())) plan_.pop_front();
  if (plan_.empty()) {
    deliver();
    return close();
  }
  step_ = plan_.front();
  plan_.pop_front();
  if (step_ == Step::start_a || step_ == Step::start_b)
    set_owed(step_, true);  // until we know that it did not arrive
  auto& total = verdict_.result.times.total;
  if (is_stop(step_) && !delivered_ && !total) {
    total = std::chrono::duration_cast<Microseconds>(steady_clock::now() - started_);
    judged();
  }
  run(step_);
}

void SteppedConversation::step_over() {
  if (verdict_.failed() && !delivered_) {
    std::erase_if(plan_, [](Step later) { return !is_stop(later); });
    deliver();
  }
  next();
}

void SteppedConversation::deliver() {
  if (delivered_) return;
  delivered_ = true;
  auto& total = verdict_.result.times.total;
  if (!total) total = std::chrono::duration_cast<Microseconds>(steady_clock::now() - started_);
  complete();
  alarm_.set(steady_clock::now() + clean_up_time);
  events_.done(verdict_.take());
}

void SteppedConversation::abandon() {
  if (delivered_) return;
  delivered_ = true;
  drop_step();
  alarm_.set(steady_clock::now() + clean_up_time);
  plan_ = {Step::stop_a, Step::stop_b};
  next();
}

void SteppedConversation::note_tls(const TlsSight& sight) {
  if (!sight.certificate || verdict_.result.tls) return;
  verdict_.result.tls = sight.detail();
  if (auto ending =
          certificate_ending(sight, host_.options.tls.warn_days, std::chrono::system_clock::now()))
    verdict_.add(std::move(*ending));
}

void SteppedConversation::take_first_reply(Reply reply) {
  if (reply.tracker_id) tracker_id_ = reply.tracker_id;
  if (reply.warning)
    verdict_.add(note("tracker.warning", fmt::format("warning message: \"{}\"",
                                                     checks::net::clean_text(*reply.warning))));
  verdict_.result.reply = std::move(reply);
}

void SteppedConversation::take_second_reply(bool first_seen, std::size_t listed) {
  RoundTrip trip;
  trip.peer_seen = first_seen;
  trip.peers_listed = listed;
  verdict_.result.roundtrip = trip;
}

void SteppedConversation::take_scrape(const std::optional<ScrapeReply>& file) {
  if (step_ == Step::verify) return verdict_.add(removal_findings(file, verdict_.result.roundtrip));
  verdict_.result.scrape = file;
  verdict_.add(
      scrape_findings(file, task_.depth, task_.identity.random_hash, verdict_.result.reply));
}

void SteppedConversation::take_scrape_problem(Finding finding) {
  if (task_.depth != Depth::scrape) {
    finding.state = step_ == Step::verify ? State::ok : std::min(finding.state, State::warning);
    finding.text = "scrape: " + finding.text;
  }
  verdict_.add(std::move(finding));
}

}  // namespace tracker_probe
