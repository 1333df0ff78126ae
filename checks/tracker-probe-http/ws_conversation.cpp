// Probing one address of a WebTorrent tracker: the steps of each depth over one or two WebSocket
// connections.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/net/random.hpp"
#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"
#include "checks/tracker-probe-http/swarm_checks.hpp"
#include "checks/tracker-probe-http/ws_link.hpp"
#include "checks/tracker-probe-http/ws_messages.hpp"

namespace tracker_probe {

Finding WsLink::timeout(std::string_view waiting_for, Microseconds since, unsigned ignored) const {
  const auto time = seconds_text(since);
  switch (stage_) {
    case Stage::tcp: return critical("tcp.timeout", fmt::format("no TCP answer in {}", time));
    case Stage::tls:
      return critical("tls.timeout", fmt::format("TCP connected but no TLS answer in {}", time));
    case Stage::upgrade:
      return critical("ws.timeout", fmt::format("no answer to the WebSocket upgrade in {}", time));
    case Stage::open:
    case Stage::ended: break;
  }
  const auto others = ignored > 0 ? fmt::format(" ({} other messages came)", ignored) : "";
  return critical("ws.timeout", fmt::format("no {} in {}{}", waiting_for, time, others));
}

namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

/// A session description that any parser takes and that leads nowhere.
constexpr std::string_view empty_sdp = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

/// How long the answers to two stops may take before the scrape that verifies them.
constexpr std::chrono::milliseconds stop_patience{500};

enum class Stage {
  opening,       // the first connection
  announcing,    // the first peer, or the only message of depth stopped
  scraping,      // depth scrape, or beside an announce
  opening_b,     // the second connection
  announcing_b,  // the second peer with its offer
  relaying,      // its offer has to reach the first peer, and the answer has to come back
  stopping,      // both said they stopped; a scrape sent too early would overtake one of them
  verifying,     // the scrape after that
  ending,        // the verdict is out, the stops are being sent
};

class WsConversation final : public Conversation {
 public:
  WsConversation(ConversationHost& host, ProbeTask task, ConversationEvents events)
      : host_(host),
        task_(std::move(task)),
        events_(std::move(events)),
        alarm_(host.loop, [this] { out_of_time(); }) {}
  ~WsConversation() override;

  void start() override;
  void abandon() override;

 private:
  enum class Side { a, b };

  std::shared_ptr<WsLink> open_link(Side side);
  void opened(Side side);
  void received(Side side, std::string_view text);
  void broken(Side side, Finding finding);
  void on(Side side, const WsAnnounceReply& message);
  void on(Side side, const WsOffer& message);
  void on(Side side, const WsAnswer& message);
  void on(Side side, const WsScrape& message);
  void on(Side side, const WsFailure& message);
  void on(Side side, const WsOther& message);
  void announce(Side side, AnnounceEvent event);
  void after_announce();
  void ask_scrape(Stage stage);
  void relayed();
  void verify();
  void stop_peers();
  void go_to(Stage stage);
  void fail(Finding finding);
  void finish();
  void link_closed();
  void out_of_time();
  void collect_details();
  void ignored();
  [[nodiscard]] const std::shared_ptr<WsLink>& link(Side side) const {
    return side == Side::a ? a_ : b_;
  }
  [[nodiscard]] std::string_view waiting_for() const;

  ConversationHost& host_;
  ProbeTask task_;
  ConversationEvents events_;
  Alarm alarm_;
  std::shared_ptr<WsLink> a_;
  std::shared_ptr<WsLink> b_;
  Stage stage_ = Stage::opening;
  Verdict verdict_;
  OfferId offer_{};
  Instant started_ = steady_clock::now();
  Instant stage_began_ = started_;
  unsigned ignored_ = 0;
  unsigned stops_answered_ = 0;
  int open_links_ = 0;
  bool announced_a_ = false;
  bool announced_b_ = false;
  bool offer_seen_ = false;
  bool answer_seen_ = false;
  bool delivered_ = false;
};

WsConversation::~WsConversation() {
  for (const auto& each : {a_, b_})
    if (each) each->drop();
}

void WsConversation::start() {
  verdict_.result.endpoint = task_.endpoint;
  if (host_.options.tls.insecure && task_.url.scheme == Scheme::wss)
    verdict_.add(note("tls.insecure", "certificate not verified (--insecure)"));
  alarm_.set(task_.deadline - verdict_margin);
  checks::net::Random().fill(offer_);
  a_ = open_link(Side::a);
}

std::shared_ptr<WsLink> WsConversation::open_link(Side side) {
  const auto& url = task_.url;
  WsTarget target;
  target.tls = url.scheme == Scheme::wss;
  target.host = url.host.substr(0, url.host.find('%'));
  target.authority = url.authority();
  target.path = (url.path.empty() ? "/" : url.path) + url.query;
  target.credentials = percent_decode(url.userinfo);
  target.endpoint = task_.endpoint;
  WsLinkEvents events;
  events.open = [this, side] { opened(side); };
  events.message = [this, side](std::string_view text) { received(side, text); };
  events.failed = [this, side](Finding finding) { broken(side, std::move(finding)); };
  events.closed = [this] { link_closed(); };
  auto out = make_ws_link(host_, std::move(target), std::move(events));
  if (out) {
    out->connect();
  } else {
    alarm_.set(steady_clock::now());  // no event from inside start(); see out_of_time()
  }
  return out;
}

void WsConversation::go_to(Stage stage) {
  stage_ = stage;
  stage_began_ = steady_clock::now();
}

void WsConversation::opened(Side side) {
  ++open_links_;
  if (side == Side::b) {
    go_to(Stage::announcing_b);
    return announce(Side::b, AnnounceEvent::started);
  }
  switch (task_.depth) {
    case Depth::connect: return finish();
    case Depth::scrape: return ask_scrape(Stage::scraping);
    case Depth::stopped: go_to(Stage::announcing); return announce(Side::a, AnnounceEvent::stopped);
    case Depth::announce:
    case Depth::roundtrip: break;
  }
  go_to(Stage::announcing);
  announce(Side::a, AnnounceEvent::started);
}

void WsConversation::announce(Side side, AnnounceEvent event) {
  const bool second = side == Side::b;
  AnnounceRequest request;
  request.info_hash = task_.identity.info_hash;
  request.peer_id = second ? task_.identity.peer_b : task_.identity.peer_a;
  request.event = event;
  if (verdict_.result.reply && event == AnnounceEvent::stopped)
    request.tracker_id = verdict_.result.reply->tracker_id;
  (second ? announced_b_ : announced_a_) = event == AnnounceEvent::started;
  std::optional<WsOfferOut> offer;
  if (second && event == AnnounceEvent::started) offer = WsOfferOut{offer_, std::string(empty_sdp)};
  link(side)->send(ws_announce_text(request, offer));
}

void WsConversation::received(Side side, std::string_view text) {
  if (stage_ == Stage::ending) return;
  auto message = read_ws_message(text);
  if (!message) return fail(message.error());
  std::visit([&](const auto& content) { on(side, content); }, *message);
}

void WsConversation::ignored() { ++ignored_; }

void WsConversation::on(Side side, const WsAnnounceReply& message) {
  if (message.info_hash != task_.identity.info_hash) return ignored();
  if (stage_ == Stage::stopping) {
    if (++stops_answered_ == 2) verify();
    return;
  }
  if (side == Side::b) {
    if (stage_ != Stage::announcing_b) return ignored();
    go_to(Stage::relaying);
    return relayed();
  }
  if (stage_ != Stage::announcing) return ignored();
  auto& times = verdict_.result.times;
  const auto took = duration_cast<Microseconds>(steady_clock::now() - stage_began_);
  (task_.depth == Depth::stopped ? times.stopped : times.announce) = took;
  times.first_byte = took;
  const auto& reply = message.reply;
  verdict_.result.reply = reply;
  if (!reply.interval) {
    verdict_.add(blemish("ws.no_interval", "reply has no \"interval\""));
  } else if (*reply.interval < 30 || *reply.interval > 86400) {
    verdict_.add(blemish("ws.odd_interval", fmt::format("interval of {} s", *reply.interval)));
  }
  if (reply.warning)
    verdict_.add(note("tracker.warning", fmt::format("warning message: \"{}\"",
                                                     checks::net::clean_text(*reply.warning))));
  after_announce();
}

void WsConversation::after_announce() {
  if (task_.depth == Depth::roundtrip && !b_) {
    go_to(Stage::opening_b);
    b_ = open_link(Side::b);
    return;
  }
  if (host_.options.with_scrape && !verdict_.result.times.scrape)
    return ask_scrape(Stage::scraping);
  if (task_.depth == Depth::roundtrip && host_.options.verify_cleanup) {
    go_to(Stage::stopping);
    alarm_.set(std::min(task_.deadline - verdict_margin, steady_clock::now() + stop_patience));
    return stop_peers();
  }
  finish();
}

void WsConversation::ask_scrape(Stage stage) {
  go_to(stage);
  a_->send(ws_scrape_text(task_.identity.info_hash));
}

void WsConversation::verify() {
  alarm_.set(task_.deadline - verdict_margin);
  ask_scrape(Stage::verifying);
}

void WsConversation::on(Side side, const WsOffer& message) {
  const auto& identity = task_.identity;
  if (side != Side::a || message.info_hash != identity.info_hash || message.id != offer_)
    return ignored();
  if (message.from != identity.peer_b) return ignored();
  offer_seen_ = true;
  a_->send(ws_answer_text(identity.info_hash, identity.peer_a, identity.peer_b, offer_, empty_sdp));
}

void WsConversation::on(Side side, const WsAnswer& message) {
  const auto& identity = task_.identity;
  if (side != Side::b || message.info_hash != identity.info_hash || message.id != offer_)
    return ignored();
  if (message.from != identity.peer_a) return ignored();
  answer_seen_ = true;
  relayed();
}

/// The second peer's announce was answered, or its offer: both have to happen, in any order.
void WsConversation::relayed() {
  if (stage_ != Stage::relaying || !answer_seen_) return;
  RoundTrip trip;
  trip.peer_seen = true;
  trip.peers_listed = 1;
  verdict_.result.roundtrip = trip;
  after_announce();
}

void WsConversation::on(Side side, const WsScrape& message) {
  const bool verifying = stage_ == Stage::verifying;
  if (side != Side::a || (stage_ != Stage::scraping && !verifying)) return ignored();
  std::optional<ScrapeReply> file;
  for (const auto& [hash, counts] : message.files)
    if (hash == task_.identity.info_hash) file = counts;
  if (verifying) {
    verdict_.add(removal_findings(file, verdict_.result.roundtrip));
    return finish();
  }
  verdict_.result.times.scrape = duration_cast<Microseconds>(steady_clock::now() - stage_began_);
  verdict_.result.scrape = file;
  verdict_.add(
      scrape_findings(file, task_.depth, task_.identity.random_hash, verdict_.result.reply));
  if (task_.depth == Depth::scrape) return finish();
  after_announce();
}

void WsConversation::on(Side, const WsFailure& message) {
  if (message.info_hash && *message.info_hash != task_.identity.info_hash) return ignored();
  auto finding = refusal(200, message.reason, std::nullopt);
  if (stage_ == Stage::scraping && task_.depth != Depth::scrape) {
    finding.state = State::warning;
    finding.text = "scrape: " + finding.text;
    verdict_.result.times.scrape = duration_cast<Microseconds>(steady_clock::now() - stage_began_);
    verdict_.add(std::move(finding));
    return after_announce();
  }
  if (stage_ == Stage::verifying) {
    verdict_.add(note("roundtrip.not_verified", "scrape: " + finding.text));
    return finish();
  }
  if (!verdict_.result.reply) verdict_.result.reply.emplace();
  verdict_.result.reply->failure = message.reason;
  (stage_ == Stage::announcing_b || stage_ == Stage::relaying ? announced_b_ : announced_a_) =
      false;
  fail(std::move(finding));
}

void WsConversation::on(Side, const WsOther&) { ignored(); }

void WsConversation::broken(Side side, Finding finding) {
  if (link(side)->is_open()) --open_links_;
  if (stage_ == Stage::ending) return link_closed();
  fail(std::move(finding));
}

void WsConversation::fail(Finding finding) {
  verdict_.add(std::move(finding));
  finish();
}

void WsConversation::stop_peers() {
  if (announced_a_ && a_ && a_->is_open()) announce(Side::a, AnnounceEvent::stopped);
  if (announced_b_ && b_ && b_->is_open()) announce(Side::b, AnnounceEvent::stopped);
}

void WsConversation::collect_details() {
  auto& result = verdict_.result;
  auto& times = result.times;
  WsDetail all;
  for (const auto& each : {a_, b_}) {
    if (!each) continue;
    const auto& detail = each->detail();
    if (all.status == 0) all.status = detail.status;
    all.messages += detail.messages;
    all.bytes += detail.bytes;
    if (detail.close_code) all.close_code = detail.close_code;
  }
  all.ignored = ignored_;
  if (all.status != 0) result.ws = all;
  if (!a_) return;
  times.connect = a_->connect_time();
  times.tls = a_->tls_time();
  if (!times.first_byte) times.first_byte = a_->upgrade_time();
  if (!a_->tls().certificate) return;
  result.tls = a_->tls().detail();
  if (auto ending = certificate_ending(a_->tls(), host_.options.tls.warn_days,
                                       std::chrono::system_clock::now()))
    verdict_.add(std::move(*ending));
}

/// Hands over the verdict; then stops and close frames go out.
void WsConversation::finish() {
  if (delivered_) return;
  delivered_ = true;
  collect_details();
  go_to(Stage::ending);
  verdict_.result.times.total = duration_cast<Microseconds>(steady_clock::now() - started_);
  events_.done(verdict_.take());
  abandon();
}

void WsConversation::abandon() {
  delivered_ = true;
  go_to(Stage::ending);
  alarm_.set(steady_clock::now() + clean_up_time);
  stop_peers();
  announced_a_ = announced_b_ = false;
  open_links_ = 0;
  for (const auto& each : {a_, b_}) {
    if (!each) continue;
    if (each->is_open()) {
      ++open_links_;
      each->close();
    } else {
      each->drop();
    }
  }
  if (open_links_ == 0) alarm_.set(steady_clock::now());
}

void WsConversation::link_closed() {
  if (stage_ == Stage::ending && --open_links_ <= 0) alarm_.set(steady_clock::now());
}

std::string_view WsConversation::waiting_for() const {
  switch (stage_) {
    case Stage::scraping: return "reply to scrape";
    case Stage::announcing_b: return "reply to the second peer's announce";
    case Stage::opening:
    case Stage::opening_b:
    case Stage::announcing:
    case Stage::relaying:
    case Stage::stopping:
    case Stage::verifying:
    case Stage::ending: break;
  }
  return "reply to announce";
}

void WsConversation::out_of_time() {
  const auto waited = duration_cast<Microseconds>(steady_clock::now() - stage_began_);
  if (stage_ == Stage::ending) {
    alarm_.cancel();
    return events_.over();
  }
  if (!a_)
    return fail(Finding{"local.ca_file", State::unknown,
                        "cannot read the file of trusted certificates", false});
  if (stage_ == Stage::relaying) {
    verdict_.result.roundtrip.emplace();
    return fail(critical("roundtrip.peer_missing",
                         offer_seen_ ? "the first peer's answer did not reach the second peer"
                                     : "an offer of the second peer did not reach the first peer"));
  }
  if (stage_ == Stage::stopping) return verify();  // not every tracker answers a stop
  if (stage_ == Stage::verifying) {
    verdict_.add(note("roundtrip.not_verified", "no reply to the scrape after clean-up"));
    return finish();
  }
  if (stage_ == Stage::scraping && task_.depth != Depth::scrape) {
    verdict_.add(
        Finding{"ws.timeout", State::warning, "announce ok but no reply to scrape", false});
    return finish();
  }
  const auto& waiting = stage_ == Stage::opening_b || stage_ == Stage::announcing_b ? b_ : a_;
  fail(waiting->timeout(waiting_for(), waited, ignored_));
}

}  // namespace

std::unique_ptr<Conversation> make_ws_conversation(ConversationHost& host, ProbeTask task,
                                                   ConversationEvents events) {
  return std::make_unique<WsConversation>(host, std::move(task), std::move(events));
}

}  // namespace tracker_probe
