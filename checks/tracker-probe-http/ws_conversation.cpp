// Probing one address of a WebTorrent tracker over one or two WebSocket connections: the steps of the
// plan, and the messages that end them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checks/net/random.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/http_targets.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"
#include "checks/tracker-probe-http/stepped_conversation.hpp"
#include "checks/tracker-probe-http/ws_link.hpp"
#include "checks/tracker-probe-http/ws_messages.hpp"

namespace tracker_probe {

namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

/// A session description that any parser takes and that leads nowhere.
constexpr std::string_view empty_sdp = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

/// How long the answers to two stops may take before the scrape that verifies them: one sent too early
/// would overtake one of them, and not every tracker answers a stop.
constexpr std::chrono::milliseconds stop_patience{500};

class WsConversation final : public SteppedConversation {
 public:
  WsConversation(ConversationHost& host, ProbeTask task, ConversationEvents events)
      : SteppedConversation(host, std::move(task), std::move(events)) {}
  ~WsConversation() override;

 private:
  /// A peer's connection. The second peer has one of its own, because trackers tell peers apart by that.
  using Peer = std::shared_ptr<WsLink>;

  void begin() override;
  void run(Step step) override;
  void out_of_time() override;
  void complete() override;
  void close() override;

  void open_link(Peer& peer);
  void opened(const Peer& peer);
  void received(const Peer& peer, std::string_view text);
  void broken(Finding finding);
  void on(const Peer& peer, const WsAnnounceReply& message);
  void on(const Peer& peer, const WsOffer& message);
  void on(const Peer& peer, const WsAnswer& message);
  void on(const Peer& peer, const WsScrape& message);
  void on(const Peer& peer, const WsFailure& message);
  void on(const Peer& peer, const WsOther& message);
  void announce(Step step);
  void stop(Step step);
  void stop_answered();
  void first_announced(const Reply& reply);
  void relayed();
  void fail(Finding finding);
  void link_closed();
  void ignored() { ++ignored_; }
  [[nodiscard]] bool is_a(const Peer& peer) const { return &peer == &a_; }
  [[nodiscard]] Peer& peer_of(Step step) { return is_of_b(step) ? b_ : a_; }
  [[nodiscard]] Microseconds waited() const {
    return duration_cast<Microseconds>(steady_clock::now() - began_);
  }

  Peer a_;
  Peer b_;
  OfferId offer_{};
  Instant began_ = steady_clock::now();  // waiting for what is awaited now
  unsigned ignored_ = 0;
  unsigned stops_sent_ = 0;
  int still_open_ = 0;  // links that are being closed
  bool closing_ = false;
  bool b_answered_ = false;
  bool offer_seen_ = false;
  bool answer_seen_ = false;
};

WsConversation::~WsConversation() {
  for (const auto& peer : {a_, b_})
    if (peer) peer->drop();
}

void WsConversation::begin() {
  checks::net::Random().fill(offer_);
  open_link(a_);
}

void WsConversation::open_link(Peer& peer) {
  const auto& url = task_.url;
  WsTarget target;
  target.tls = url.scheme == Scheme::wss;
  target.host = host_name();
  target.authority = url.authority();
  target.path = (url.path.empty() ? "/" : url.path) + url.query;
  target.credentials = percent_decode(url.userinfo);
  target.endpoint = task_.endpoint;
  WsLinkEvents events;
  events.open = [this, &peer] { opened(peer); };
  events.message = [this, &peer](std::string_view text) { received(peer, text); };
  events.failed = [this](Finding finding) { broken(std::move(finding)); };
  events.closed = [this] { link_closed(); };
  peer = make_ws_link(host_, std::move(target), std::move(events));
  peer->connect();
}

void WsConversation::opened(const Peer& peer) {
  if (is_a(peer)) return next();
  announce(Step::start_b);
}

void WsConversation::run(Step step) {
  began_ = steady_clock::now();
  switch (step) {
    case Step::connect: return step_over();
    case Step::start_a:
    case Step::only_stopped: return announce(step);
    case Step::start_b: return open_link(b_);
    case Step::scrape:
    case Step::verify: return a_->send(ws_scrape_text(task_.identity.info_hash));
    case Step::stop_a:
    case Step::stop_b: return stop(step);
    case Step::health: break;  // never over WebSocket
  }
}

void WsConversation::announce(Step step) {
  began_ = steady_clock::now();
  std::optional<WsOfferOut> offer;
  if (step == Step::start_b) offer = WsOfferOut{offer_, std::string(empty_sdp)};
  peer_of(step)->send(ws_announce_text(request(step), offer));
}

void WsConversation::stop(Step step) {
  set_owed(step, false);
  if (const auto& peer = peer_of(step); peer && peer->is_open()) {
    announce(step);
    ++stops_sent_;
  }
  const bool awaited = !plan_.empty() && plan_.front() == Step::verify && stops_sent_ > 0;
  if (!awaited) return next();
  alarm_.set(std::min(last_moment(), steady_clock::now() + stop_patience));
}

void WsConversation::stop_answered() {
  if (stops_sent_ > 0 && --stops_sent_ > 0) return;
  if (step_ != Step::stop_b) return;
  alarm_.set(last_moment());
  next();
}

void WsConversation::received(const Peer& peer, std::string_view text) {
  if (delivered_) return;
  auto message = read_ws_message(text);
  if (!message) return fail(message.error());
  std::visit([&](const auto& content) { on(peer, content); }, *message);
}

void WsConversation::on(const Peer& peer, const WsAnnounceReply& message) {
  if (message.info_hash != task_.identity.info_hash) return ignored();
  if (is_stop(step_)) return stop_answered();
  if (is_a(peer) && (step_ == Step::start_a || step_ == Step::only_stopped))
    return first_announced(message.reply);
  if (is_a(peer) || step_ != Step::start_b || b_answered_) return ignored();
  b_answered_ = true;
  began_ = steady_clock::now();
  relayed();
}

void WsConversation::first_announced(const Reply& reply) {
  auto& times = verdict_.result.times;
  (step_ == Step::only_stopped ? times.stopped : times.announce) = waited();
  times.first_byte = waited();
  if (!reply.interval) {
    verdict_.add(blemish("ws.no_interval", "reply has no \"interval\""));
  } else if (*reply.interval < 30 || *reply.interval > 86400) {
    verdict_.add(blemish("ws.odd_interval", fmt::format("interval of {} s", *reply.interval)));
  }
  take_first_reply(reply);
  step_over();
}

void WsConversation::on(const Peer& peer, const WsOffer& message) {
  const auto& identity = task_.identity;
  if (!is_a(peer) || message.info_hash != identity.info_hash || message.id != offer_)
    return ignored();
  if (message.from != identity.peer_b) return ignored();
  offer_seen_ = true;
  a_->send(ws_answer_text(identity.info_hash, identity.peer_a, identity.peer_b, offer_, empty_sdp));
}

void WsConversation::on(const Peer& peer, const WsAnswer& message) {
  const auto& identity = task_.identity;
  if (is_a(peer) || message.info_hash != identity.info_hash || message.id != offer_)
    return ignored();
  if (message.from != identity.peer_a) return ignored();
  answer_seen_ = true;
  relayed();
}

/// The second peer's announce was answered, or its offer: both have to happen, in any order.
void WsConversation::relayed() {
  if (step_ != Step::start_b || !b_answered_ || !answer_seen_) return;
  take_second_reply(true, 1);
  step_over();
}

void WsConversation::on(const Peer& peer, const WsScrape& message) {
  if (!is_a(peer) || !is_scrape(step_)) return ignored();
  std::optional<ScrapeReply> file;
  for (const auto& [hash, counts] : message.files)
    if (hash == task_.identity.info_hash) file = counts;
  if (step_ == Step::scrape) verdict_.result.times.scrape = waited();
  take_scrape(file);
  step_over();
}

void WsConversation::on(const Peer&, const WsFailure& message) {
  if (message.info_hash && *message.info_hash != task_.identity.info_hash) return ignored();
  if (is_stop(step_)) return stop_answered();
  auto finding = refusal(200, message.reason, std::nullopt);
  if (is_scrape(step_)) {
    verdict_.result.times.scrape = waited();
    if (task_.depth == Depth::scrape) verdict_.result.reply.emplace().failure = message.reason;
    take_scrape_problem(std::move(finding));
    return step_over();
  }
  if (!verdict_.result.reply) verdict_.result.reply.emplace();
  verdict_.result.reply->failure = message.reason;
  set_owed(step_, false);
  fail(std::move(finding));
}

void WsConversation::on(const Peer&, const WsOther&) { ignored(); }

void WsConversation::fail(Finding finding) {
  verdict_.add(std::move(finding));
  step_over();
}

void WsConversation::broken(Finding finding) {
  if (delivered_) return link_closed();
  fail(std::move(finding));
}

void WsConversation::complete() {
  auto& result = verdict_.result;
  auto& times = result.times;
  WsDetail all;
  for (const auto& peer : {a_, b_}) {
    if (!peer) continue;
    const auto& detail = peer->detail();
    if (all.status == 0) all.status = detail.status;
    all.messages += detail.messages;
    all.bytes += detail.bytes;
    if (detail.close_code) all.close_code = detail.close_code;
  }
  all.ignored = ignored_;
  if (all.status != 0) result.ws = all;
  const auto& first = *a_;
  times.connect = first.connect_time();
  times.tls = first.tls_time();
  if (!times.first_byte) times.first_byte = first.upgrade_time();
  note_tls(first.tls());
}

/// The stops have been queued; they and the close frames go out.
void WsConversation::close() {
  if (closing_) return;
  closing_ = true;
  for (const auto& peer : {a_, b_}) {
    if (!peer) continue;
    if (peer->is_open()) {
      ++still_open_;
      peer->close();
    } else {
      peer->drop();
    }
  }
  if (still_open_ == 0) alarm_.set(steady_clock::now());  // not from inside a link's event
}

void WsConversation::link_closed() {
  if (closing_ && --still_open_ <= 0) alarm_.set(steady_clock::now());
}

void WsConversation::out_of_time() {
  if (closing_) {
    alarm_.cancel();
    return events_.over();
  }
  if (step_ == Step::stop_b) {  // not answered; see stop_patience
    alarm_.set(last_moment());
    return next();
  }
  if (step_ == Step::start_b && b_answered_) {
    take_second_reply(false, 0);
    return fail(critical("roundtrip.peer_missing",
                         offer_seen_ ? "the first peer's answer did not reach the second peer"
                                     : "an offer of the second peer did not reach the first peer"));
  }
  std::string_view wanted = "reply to announce";
  if (is_scrape(step_)) wanted = "reply to scrape";
  if (step_ == Step::start_b) wanted = "reply to the second peer's announce";
  auto late = peer_of(step_)->timeout(wanted, waited(), ignored_);
  if (!is_scrape(step_)) return fail(std::move(late));
  take_scrape_problem(std::move(late));
  step_over();
}

}  // namespace

std::unique_ptr<Conversation> make_ws_conversation(ConversationHost& host, ProbeTask task,
                                                   ConversationEvents events) {
  return std::make_unique<WsConversation>(host, std::move(task), std::move(events));
}

}  // namespace tracker_probe
