// Probing one address of an HTTP(S) tracker: the steps of each depth, what their replies mean, and
// the stops that are owed at the end.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/http_exchange.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/http_replies.hpp"
#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"
#include "checks/tracker-probe-http/swarm_checks.hpp"

namespace tracker_probe {

namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

/// How long a connection stays open after a stop went out on it, if nobody waits for the answer.
constexpr std::chrono::milliseconds stop_linger{20};

enum class Step {
  connect,
  scrape,        // the whole of depth scrape, or beside an announce
  only_stopped,  // the whole of depth stopped
  start_a,
  start_b,
  stop_a,
  stop_b,
  verify,  // a scrape after the stops
};

bool is_stop(Step step) { return step == Step::stop_a || step == Step::stop_b; }
bool is_scrape(Step step) { return step == Step::scrape || step == Step::verify; }

std::deque<Step> plan_of(Depth depth, const ProbeOptions& options) {
  switch (depth) {
    case Depth::connect: return {Step::connect};
    case Depth::scrape: return {Step::scrape};
    case Depth::stopped: return {Step::only_stopped};
    case Depth::announce:
      if (options.with_scrape) return {Step::start_a, Step::scrape, Step::stop_a};
      return {Step::start_a, Step::stop_a};
    case Depth::roundtrip: break;
  }
  std::deque<Step> out = {Step::start_a, Step::start_b};
  if (options.with_scrape) out.push_back(Step::scrape);
  out.insert(out.end(), {Step::stop_a, Step::stop_b});
  if (options.verify_cleanup) out.push_back(Step::verify);
  return out;
}

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

class HttpConversation final : public Conversation {
 public:
  HttpConversation(ConversationHost& host, ProbeTask task, ConversationEvents events)
      : host_(host),
        task_(std::move(task)),
        events_(std::move(events)),
        alarm_(host.loop, [this] { out_of_time(); }),
        plan_(plan_of(task_.depth, host.options)) {}

  void start() override;
  void abandon() override;

 private:
  void next();
  void run(Step step);
  void judged();
  void stop_went_out();
  void ended(Step step, HttpExchangeResult result);
  void connected(const HttpExchangeResult& result);
  void announced(Step step, const HttpExchangeResult& result);
  void stop_answered(Step step, const HttpExchangeResult& result);
  void scraped(Step step, const HttpExchangeResult& result);
  void read_announce(Step step, const HttpOutcome& outcome);
  void second_peer(const AnnounceMessage& message);
  void note_first(const HttpExchangeResult& result);
  void note_tls(const TlsSight& sight);
  void out_of_time();
  void deliver();
  void wrap_up();
  [[nodiscard]] HttpAsk ask_for(Step step) const;
  [[nodiscard]] AnnounceRequest request_for(Step step) const;
  [[nodiscard]] std::string host_name() const;

  ConversationHost& host_;
  ProbeTask task_;
  ConversationEvents events_;
  Alarm alarm_;
  std::deque<Step> plan_;
  std::unique_ptr<HttpExchange> exchange_;
  Step step_ = Step::connect;
  Verdict verdict_;
  Instant started_ = steady_clock::now();
  bool stop_sent_ = false;  // the one under way
  bool delivered_ = false;
  bool first_done_ = false;  // a connection was made, or tried
  bool owes_a_ = false;      // the tracker may have this peer
  bool owes_b_ = false;
  std::optional<std::string> tracker_id_;
};

std::string HttpConversation::host_name() const {
  return task_.url.host.substr(0, task_.url.host.find('%'));
}

AnnounceRequest HttpConversation::request_for(Step step) const {
  const bool second = step == Step::start_b || step == Step::stop_b;
  const bool starting = step == Step::start_a || step == Step::start_b;
  AnnounceRequest out;
  out.info_hash = task_.identity.info_hash;
  out.peer_id = second ? task_.identity.peer_b : task_.identity.peer_a;
  out.port = second ? task_.identity.port_b : task_.identity.port_a;
  out.key = task_.identity.key;
  out.event = starting ? AnnounceEvent::started : AnnounceEvent::stopped;
  out.num_want = step == Step::start_b ? host_.options.num_want_roundtrip : host_.options.num_want;
  out.tracker_id = starting ? std::nullopt : tracker_id_;
  return out;
}

HttpAsk HttpConversation::ask_for(Step step) const {
  const auto& url = task_.url;
  HttpAsk ask;
  ask.host = host_name();
  ask.url_port = url.port;
  ask.endpoint = task_.endpoint;
  ask.credentials = percent_decode(url.userinfo);
  ask.fresh = !first_done_;
  std::string target = url.path.empty() ? "/" : url.path;
  if (step == Step::connect) {
    ask.until = HttpAsk::Until::connected;
  } else if (is_scrape(step)) {
    const auto& hash = task_.identity.info_hash;
    target = scrape_target(url.path, url.query, {&hash, 1}).value_or(target);
  } else {
    target = announce_target(url.path, url.query, request_for(step));
  }
  ask.url = fmt::format("{}://{}{}", name_of(url.scheme), url.authority(), target);
  return ask;
}

void HttpConversation::start() {
  verdict_.result.endpoint = task_.endpoint;
  if (host_.options.tls.insecure && task_.url.scheme == Scheme::https)
    verdict_.add(note("tls.insecure", "certificate not verified (--insecure)"));
  alarm_.set(task_.deadline - verdict_margin);
  next();
}

/// After the verdict a stop that has been sent is a stop done: its answer would only keep the
/// program.
void HttpConversation::stop_went_out() {
  stop_sent_ = true;
  if (delivered_) alarm_.set(steady_clock::now() + stop_linger);
}

/// The tracker has been judged, only clean-up is left. Its answer is waited for, because it is the
/// proof that the tracker heard it, but not for long.
void HttpConversation::judged() {
  auto& times = verdict_.result.times;
  if (delivered_ || times.total) return;
  const auto now = steady_clock::now();
  times.total = duration_cast<Microseconds>(now - started_);
  const auto patience = std::max<steady_clock::duration>(std::chrono::seconds(1), 4 * *times.total);
  alarm_.set(std::min(task_.deadline - verdict_margin, now + patience));
}

/// Runs the next step of the plan, or ends.
void HttpConversation::next() {
  if (plan_.empty()) return wrap_up();
  const auto step = plan_.front();
  plan_.pop_front();
  if ((step == Step::stop_a && !owes_a_) || (step == Step::stop_b && !owes_b_)) return next();
  if (is_scrape(step) && !scrape_path(task_.url.path)) {
    const std::string text = "URL has no \"announce\" segment: scrape not available";
    const bool whole = task_.depth == Depth::scrape;
    verdict_.add(Finding{"scrape.unsupported", whole ? State::skipped : State::ok, text, false});
    if (step == Step::verify || !whole) return next();
    return alarm_.set(steady_clock::now());  // no event from inside start()
  }
  run(step);
}

void HttpConversation::run(Step step) {
  step_ = step;
  if (is_stop(step)) judged();
  if (step == Step::start_a) owes_a_ = true;  // until we know that it did not arrive
  if (step == Step::start_b) owes_b_ = true;
  std::function<void()> sent;
  if (is_stop(step)) sent = [this] { stop_went_out(); };
  stop_sent_ = false;
  exchange_ = std::make_unique<HttpExchange>(
      host_, ask_for(step),
      [this, step](HttpExchangeResult result) { ended(step, std::move(result)); }, std::move(sent));
  first_done_ = true;
}

void HttpConversation::ended(Step step, HttpExchangeResult result) {
  exchange_.reset();
  note_tls(result.outcome.tls);
  switch (step) {
    case Step::connect: connected(result); break;
    case Step::scrape:
    case Step::verify: scraped(step, result); break;
    case Step::only_stopped:
    case Step::start_a:
    case Step::start_b: announced(step, result); break;
    case Step::stop_a:
    case Step::stop_b: stop_answered(step, result); break;
  }
  if (verdict_.failed() && !delivered_) {
    // Nothing more to find out; what was announced is taken back after the verdict.
    std::erase_if(plan_, [](Step later) { return !is_stop(later); });
    deliver();
  }
  next();
}

void HttpConversation::note_tls(const TlsSight& sight) {
  if (!sight.certificate || verdict_.result.tls) return;
  verdict_.result.tls = sight.detail();
  if (auto ending =
          certificate_ending(sight, host_.options.tls.warn_days, std::chrono::system_clock::now()))
    verdict_.add(std::move(*ending));
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

void HttpConversation::announced(Step step, const HttpExchangeResult& result) {
  note_first(result);
  if (!result.request_sent) (step == Step::start_b ? owes_b_ : owes_a_) = false;
  if (result.problem) return verdict_.add(*result.problem);
  const auto& outcome = result.outcome;
  auto& times = verdict_.result.times;
  (step == Step::only_stopped ? times.stopped : times.announce) = outcome.reply_time;
  read_announce(step, outcome);
}

void HttpConversation::read_announce(Step step, const HttpOutcome& outcome) {
  if (outcome.body.empty() && outcome.status == 200) {
    if (step == Step::only_stopped)
      return verdict_.add(blemish("http.empty", "the reply to event=stopped has an empty body"));
    return verdict_.add(critical("http.empty", "HTTP 200 with an empty body"));
  }
  AnnounceReading reading;
  reading.max_peers_kept = host_.options.limits.max_peers_kept;
  if (step == Step::start_b) reading.wanted_port = task_.identity.port_a;
  auto message = read_announce_reply(outcome.body, reading);
  const bool refused = message && message->reply.failure;
  if (refused || outcome.status != 200) (step == Step::start_b ? owes_b_ : owes_a_) = false;
  if (outcome.status != 200 && !refused) return verdict_.add(status_problem(outcome));
  if (!message) return verdict_.add(message.error());
  if (refused) {
    verdict_.result.reply = message->reply;
    return verdict_.add(refusal(outcome.status, *message->reply.failure, message->reply.retry_in));
  }
  if (message->reply.tracker_id) tracker_id_ = message->reply.tracker_id;
  if (step == Step::start_b) return second_peer(*message);
  if (message->reply.warning)
    verdict_.add(note(
        "tracker.warning",
        fmt::format("warning message: \"{}\"", checks::net::clean_text(*message->reply.warning))));
  verdict_.add(std::move(message->notes));
  verdict_.result.reply = std::move(message->reply);
}

void HttpConversation::second_peer(const AnnounceMessage& message) {
  RoundTrip trip;
  trip.peer_seen = message.wanted_seen;
  trip.peers_listed = message.listed;
  verdict_.result.roundtrip = trip;
  verdict_.result.reply = message.reply;  // the list with peers in it is the one to show
  if (!trip.peer_seen)
    verdict_.add(
        peer_missing(task_.identity.port_a, message.listed, task_.endpoint.address.family));
}

void HttpConversation::stop_answered(Step step, const HttpExchangeResult& result) {
  (step == Step::stop_a ? owes_a_ : owes_b_) = false;
  if (step != Step::stop_a || delivered_) return;
  if (!result.problem) verdict_.result.times.stopped = result.outcome.reply_time;
  // Whatever the answer to our clean-up is, the tracker's health has been judged already.
  if (result.problem || result.outcome.status != 200)
    verdict_.add(note("http.stopped", "event=stopped was not answered well: " +
                                          (result.problem ? result.problem->text
                                                          : status_problem(result.outcome).text)));
}

void HttpConversation::scraped(Step step, const HttpExchangeResult& result) {
  const bool whole = task_.depth == Depth::scrape;
  if (whole) note_first(result);
  const auto& outcome = result.outcome;
  // Beside an announce that went well, a scrape that fails is a warning.
  const auto add = [&](Finding finding) {
    if (!whole) {
      finding.state = step == Step::verify ? State::ok : std::min(finding.state, State::warning);
      finding.text = "scrape: " + finding.text;
    }
    verdict_.add(std::move(finding));
  };
  if (result.problem) return add(*result.problem);
  if (step == Step::scrape) verdict_.result.times.scrape = outcome.reply_time;
  if (outcome.body.empty() && outcome.status == 200)
    return add(critical("http.empty", "HTTP 200 with an empty body"));
  auto message = read_scrape_reply(outcome.body, {&task_.identity.info_hash, 1});
  const bool refused = message && message->failure;
  if (outcome.status != 200 && !refused) return add(status_problem(outcome));
  if (!message) return add(message.error());
  if (refused) {
    if (whole) verdict_.result.reply.emplace().failure = message->failure;
    return add(refusal(outcome.status, *message->failure, message->retry_in));
  }
  const auto file = message->files.front();
  if (step == Step::verify) return verdict_.add(removal_findings(file, verdict_.result.roundtrip));
  verdict_.add(std::move(message->notes));
  verdict_.result.scrape = file;
  verdict_.add(
      scrape_findings(file, task_.depth, task_.identity.random_hash, verdict_.result.reply));
}

/// The deadline, or the end of the time for clean-up.
void HttpConversation::out_of_time() {
  if (delivered_ && exchange_ && stop_sent_) {
    exchange_.reset();
    (step_ == Step::stop_a ? owes_a_ : owes_b_) = false;
    alarm_.set(steady_clock::now() + clean_up_time);
    return next();
  }
  if (delivered_ || !exchange_) return wrap_up();
  if (is_stop(step_)) {
    // The verdict stands. The stop goes on for a while, nothing comes after it but another stop.
    std::erase_if(plan_, [](Step later) { return !is_stop(later); });
    verdict_.add(note("http.stopped", "event=stopped was not answered in time"));
    return deliver();
  }
  ended(step_, exchange_->give_up());
}

/// Hands over the verdict. What is left of the plan goes on for a short time.
void HttpConversation::deliver() {
  if (delivered_) return;
  delivered_ = true;
  auto& times = verdict_.result.times;
  if (!times.total) times.total = duration_cast<Microseconds>(steady_clock::now() - started_);
  const bool sent = exchange_ && stop_sent_;
  alarm_.set(steady_clock::now() + (sent ? stop_linger : clean_up_time));
  events_.done(verdict_.take());
}

void HttpConversation::wrap_up() {
  deliver();
  exchange_.reset();
  alarm_.cancel();
  events_.over();
}

void HttpConversation::abandon() {
  if (!delivered_) {
    delivered_ = true;
    exchange_.reset();  // a stop goes out on a connection of its own
    alarm_.set(steady_clock::now() + clean_up_time);
    plan_ = {Step::stop_a, Step::stop_b};
    next();
  }
}

}  // namespace

std::unique_ptr<Conversation> make_http_conversation(ConversationHost& host, ProbeTask task,
                                                     ConversationEvents events) {
  return std::make_unique<HttpConversation>(host, std::move(task), std::move(events));
}

}  // namespace tracker_probe
