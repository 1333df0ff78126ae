// Probing one address of an HTTP(S) tracker: each step of the plan is one exchange.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/http_exchange.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/http_replies.hpp"
#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"
#include "checks/tracker-probe-http/stepped_conversation.hpp"
#include "checks/tracker-probe-http/swarm_checks.hpp"

namespace tracker_probe {

namespace {

using std::chrono::steady_clock;

/// How long a connection stays open after a stop went out on it, if nobody waits for the answer.
constexpr std::chrono::milliseconds stop_linger{20};

/// A URL as it may be shown: secrets out, and of a redirect's copy of our query nothing but the
/// start.
std::string shown_url(const TrackerUrl& asked, std::string final_url) {
  if (final_url.empty()) return asked.redacted();
  for (const auto* ours : {"?info_hash=", "&info_hash="})
    final_url = final_url.substr(0, final_url.find(ours));
  const auto parsed = parse_tracker_url(final_url);
  if (const auto* url = std::get_if<TrackerUrl>(&parsed)) return url->redacted();
  return "(a URL of an odd form)";
}

class HttpConversation final : public SteppedConversation {
 public:
  HttpConversation(ConversationHost& host, ProbeTask task, ConversationEvents events)
      : SteppedConversation(host, std::move(task), std::move(events)) {}

 private:
  void run(Step step) override;
  void out_of_time() override;
  void judged() override;
  void drop_step() override { exchange_.reset(); }  // a stop goes out on a connection of its own
  void close() override;

  void stop_went_out();
  void ended(const HttpExchangeResult& result);
  void connected(const HttpExchangeResult& result);
  void announced(const HttpExchangeResult& result);
  void read_announce(const HttpOutcome& outcome);
  void stop_answered(const HttpExchangeResult& result);
  void scraped(const HttpExchangeResult& result);
  void health_answered(const HttpExchangeResult& result);
  void note_first(const HttpExchangeResult& result);
  [[nodiscard]] HttpAsk ask() const;

  std::unique_ptr<HttpExchange> exchange_;
  bool stop_sent_ = false;   // the one under way
  bool first_done_ = false;  // a connection was made, or tried
  bool redirected_ = false;
};

HttpAsk HttpConversation::ask() const {
  const auto& url = task_.url;
  HttpAsk ask;
  ask.host = host_name();
  ask.url_port = url.port;
  ask.endpoint = task_.endpoint;
  ask.credentials = percent_decode(url.userinfo);
  ask.fresh = !first_done_;
  ask.last = plan_.empty() && !redirected_;  // a redirect may lead to the same place again
  std::string target = url.path.empty() ? "/" : url.path;
  if (step_ == Step::connect) {
    ask.until = HttpAsk::Until::connected;
  } else if (step_ == Step::health) {
    target += url.query;
  } else if (is_scrape(step_)) {
    const auto& hash = task_.identity.info_hash;
    target = scrape_target(url.path, url.query, {&hash, 1}).value_or(target);
  } else {
    target = announce_target(url.path, url.query, request(step_));
  }
  ask.url = fmt::format("{}://{}{}", name_of(url.scheme), url.authority(), target);
  return ask;
}

/// After the verdict a stop that has been sent is a stop done: its answer would only keep the
/// program.
void HttpConversation::stop_went_out() {
  stop_sent_ = true;
  if (delivered_) alarm_.set(steady_clock::now() + stop_linger);
}

/// The answer to a stop is waited for, because it is the proof that the tracker heard it, but not
/// for long.
void HttpConversation::judged() {
  const auto patience =
      std::max<steady_clock::duration>(std::chrono::seconds(1), 4 * *verdict_.result.times.total);
  alarm_.set(std::min(last_moment(), steady_clock::now() + patience));
}

void HttpConversation::run(Step step) {
  if (is_scrape(step) && !scrape_path(task_.url.path)) {
    const std::string text = "URL has no \"announce\" segment: scrape not available";
    const bool whole = task_.depth == Depth::scrape;
    verdict_.add(Finding{"scrape.unsupported", whole ? State::skipped : State::ok, text, false});
    if (!whole) return next();
    return alarm_.set(steady_clock::now());  // no event from inside start()
  }
  std::function<void()> sending;
  if (is_stop(step)) sending = [this] { stop_went_out(); };
  stop_sent_ = false;
  exchange_ = std::make_unique<HttpExchange>(
      host_, ask(), [this](const HttpExchangeResult& result) { ended(result); },
      std::move(sending));
  first_done_ = true;
}

void HttpConversation::ended(const HttpExchangeResult& result) {
  exchange_.reset();
  redirected_ = redirected_ || result.redirects > 0;
  note_tls(result.outcome.tls);
  switch (step_) {
    case Step::connect: connected(result); break;
    case Step::health: health_answered(result); break;
    case Step::scrape:
    case Step::verify: scraped(result); break;
    case Step::only_stopped:
    case Step::start_a:
    case Step::start_b: announced(result); break;
    case Step::stop_a:
    case Step::stop_b: stop_answered(result); break;
  }
  step_over();
}

/// What the first exchange showed of the way there.
void HttpConversation::note_first(const HttpExchangeResult& result) {
  auto& times = verdict_.result.times;
  const auto& outcome = result.outcome;
  if (outcome.connected && !times.connect) times.connect = result.connect_time;
  if (outcome.tls_done && !times.tls) times.tls = result.tls_time;
  if (verdict_.result.http) return;
  HttpDetail http;
  http.status = outcome.status;
  http.version = outcome.http_version;
  http.redirects = result.redirects;
  http.final_url = shown_url(task_.url, result.final_url);
  http.bytes = outcome.body.size();
  if (!outcome.encoding.empty()) http.encoding = checks::net::clean_text(outcome.encoding);
  if (!outcome.local_ip.empty()) http.local_ip = outcome.local_ip;
  if (outcome.header_complete && outcome.first_byte_time.count() > 0)
    times.first_byte = outcome.first_byte_time;
  if (result.redirects > 0 && !result.problem)
    verdict_.add(
        note("http.redirected", fmt::format("{} redirect{} to {}", result.redirects,
                                            result.redirects == 1 ? "" : "s", http.final_url)));
  verdict_.result.http = std::move(http);
}

void HttpConversation::connected(const HttpExchangeResult& result) {
  note_first(result);
  verdict_.result.http.reset();  // nothing was asked
  if (result.problem) verdict_.add(*result.problem);
}

void HttpConversation::announced(const HttpExchangeResult& result) {
  note_first(result);
  if (!result.request_sent) set_owed(step_, false);
  if (result.problem) return verdict_.add(*result.problem);
  const auto& outcome = result.outcome;
  auto& times = verdict_.result.times;
  (step_ == Step::only_stopped ? times.stopped : times.announce) = outcome.reply_time;
  read_announce(outcome);
}

void HttpConversation::read_announce(const HttpOutcome& outcome) {
  if (outcome.body.empty() && outcome.status == 200) {
    if (step_ == Step::only_stopped)
      return verdict_.add(blemish("http.empty", "the reply to event=stopped has an empty body"));
    return verdict_.add(critical("http.empty", "HTTP 200 with an empty body"));
  }
  AnnounceReading reading;
  reading.max_peers_kept = host_.options.limits.max_peers_kept;
  if (step_ == Step::start_b) reading.wanted_port = task_.identity.port_a;
  auto message = read_announce_reply(outcome.body, reading);
  const bool refused = message && message->reply.failure;
  if (refused || outcome.status != 200) set_owed(step_, false);
  if (outcome.status != 200 && !refused) return verdict_.add(status_problem(outcome));
  if (!message) return verdict_.add(message.error());
  if (refused) {
    verdict_.result.reply = message->reply;
    return verdict_.add(refusal(outcome.status, *message->reply.failure, message->reply.retry_in));
  }
  if (step_ != Step::start_b) {
    verdict_.add(std::move(message->notes));
    return take_first_reply(std::move(message->reply));
  }
  take_second_reply(message->wanted_seen, message->listed);
  verdict_.result.reply =
      std::move(message->reply);  // the list with peers in it is the one to show
  if (!message->wanted_seen)
    verdict_.add(
        peer_missing(task_.identity.port_a, message->listed, task_.endpoint.address.family));
}

void HttpConversation::stop_answered(const HttpExchangeResult& result) {
  set_owed(step_, false);
  if (step_ != Step::stop_a || delivered_) return;
  if (!result.problem) verdict_.result.times.stopped = result.outcome.reply_time;
  // Whatever the answer to our clean-up is, the tracker's health has been judged already.
  if (result.problem || result.outcome.status != 200)
    verdict_.add(note("http.stopped", "event=stopped was not answered well: " +
                                          (result.problem ? result.problem->text
                                                          : status_problem(result.outcome).text)));
}

void HttpConversation::scraped(const HttpExchangeResult& result) {
  const bool whole = task_.depth == Depth::scrape;
  if (whole) note_first(result);
  if (result.problem) return take_scrape_problem(*result.problem);
  const auto& outcome = result.outcome;
  if (step_ == Step::scrape) verdict_.result.times.scrape = outcome.reply_time;
  if (outcome.body.empty() && outcome.status == 200)
    return take_scrape_problem(critical("http.empty", "HTTP 200 with an empty body"));
  auto message = read_scrape_reply(outcome.body, {&task_.identity.info_hash, 1});
  const bool refused = message && message->failure;
  if (outcome.status != 200 && !refused) return take_scrape_problem(status_problem(outcome));
  if (!message) return take_scrape_problem(message.error());
  if (refused) {
    if (whole) verdict_.result.reply.emplace().failure = message->failure;
    return take_scrape_problem(refusal(outcome.status, *message->failure, message->retry_in));
  }
  if (step_ == Step::scrape) verdict_.add(std::move(message->notes));
  take_scrape(message->files.front());
}

/// The body says nothing that could be judged: Torrust's answers 200 or 500, and what it checked in words.
void HttpConversation::health_answered(const HttpExchangeResult& result) {
  note_first(result);
  if (result.problem) return verdict_.add(*result.problem);
  const auto& outcome = result.outcome;
  if (outcome.status != 200)
    verdict_.add(critical("health.status", "health check " + status_text(outcome)));
}

/// The deadline, or the end of the time for clean-up.
void HttpConversation::out_of_time() {
  if (delivered_ && exchange_ && stop_sent_) {
    exchange_.reset();
    set_owed(step_, false);
    alarm_.set(steady_clock::now() + clean_up_time);
    return next();
  }
  if (delivered_ || !exchange_) {
    deliver();
    return close();
  }
  if (!is_stop(step_)) return ended(exchange_->give_up());
  // The verdict stands. The stop goes on for a while, nothing comes after it but another stop.
  std::erase_if(plan_, [](Step later) { return !is_stop(later); });
  verdict_.add(note("http.stopped", "event=stopped was not answered in time"));
  deliver();
  if (stop_sent_) alarm_.set(steady_clock::now() + stop_linger);
}

void HttpConversation::close() {
  exchange_.reset();
  alarm_.cancel();
  events_.over();
}

}  // namespace

std::unique_ptr<Conversation> make_http_conversation(ConversationHost& host, ProbeTask task,
                                                     ConversationEvents events) {
  return std::make_unique<HttpConversation>(host, std::move(task), std::move(events));
}

}  // namespace tracker_probe
