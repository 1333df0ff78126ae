#include "checks/tracker-probe-http/http_exchange.hpp"

#include <curl/urlapi.h>
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/http_findings.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace {

using checks::net::clean_text;
using checks::net::DnsFailure;
using checks::net::Reach;

constexpr std::size_t max_location = 8 * 1024;

Finding refused(std::string_view location, std::string_view why) {
  return critical("http.redirect_refused",
                  fmt::format("redirect to {} refused: {}", clean_text(location), why));
}

/// The parts of an absolute URL that matter for the next hop; its userinfo is left out.
class RedirectUrl {
 public:
  explicit RedirectUrl(const std::string& location) : url_(curl_url()) {
    good_ = curl_url_set(url_, CURLUPART_URL, location.c_str(),
                         CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) == CURLUE_OK;
    curl_url_set(url_, CURLUPART_USER, nullptr, 0);
    curl_url_set(url_, CURLUPART_PASSWORD, nullptr, 0);
    curl_url_set(url_, CURLUPART_FRAGMENT, nullptr, 0);
  }
  ~RedirectUrl() { curl_url_cleanup(url_); }
  RedirectUrl(const RedirectUrl&) = delete;
  RedirectUrl& operator=(const RedirectUrl&) = delete;

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string scheme() const { return part(CURLUPART_SCHEME); }
  [[nodiscard]] std::string text() const { return part(CURLUPART_URL); }
  [[nodiscard]] std::string host() const {
    auto out = part(CURLUPART_HOST);
    if (out.size() > 2 && out.front() == '[') out = out.substr(1, out.size() - 2);
    return out;
  }
  [[nodiscard]] std::uint16_t port() const {
    const auto digits = part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::uint16_t out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
  }

 private:
  [[nodiscard]] std::string part(CURLUPart which, unsigned flags = 0) const {
    char* text = nullptr;
    if (curl_url_get(url_, which, &text, flags) != CURLUE_OK) return {};
    std::string out(text);
    curl_free(text);
    return out;
  }
  CURLU* url_;
  bool good_ = false;
};

std::optional<Finding> lookup_problem(const checks::net::DnsAnswer& answer, std::string_view host,
                                      Family family) {
  const auto name = clean_text(host);
  switch (answer.failure) {
    case DnsFailure::none: break;
    case DnsFailure::no_such_host:
      return critical("dns.nxdomain",
                      fmt::format("DNS: {} does not exist (redirected there)", name));
    case DnsFailure::no_data: break;
    case DnsFailure::temporary:
    case DnsFailure::local:
      return Finding{"dns.temporary", State::unknown,
                     fmt::format("DNS: resolver failed for {} (redirected there)", name), false};
  }
  if (!answer.addresses.empty()) return std::nullopt;
  return critical("dns.nodata", fmt::format("DNS: {} has no {} address (redirected there)", name,
                                            checks::net::name_of(family)));
}

}  // namespace

HttpExchange::HttpExchange(ConversationHost& host, HttpAsk ask, Done done,
                           std::function<void()> sending)
    : host_(host), ask_(std::move(ask)), done_(std::move(done)), sending_(std::move(sending)) {
  send();
}

void HttpExchange::send() {
  HttpTransfer::Trace trace;
  if (host_.trace)
    trace = [this](bool sent, std::string_view bytes) {
      host_.trace(sent ? Direction::sent : Direction::received, ask_.endpoint, "http", bytes);
    };
  transfer_ =
      std::make_unique<HttpTransfer>(host_.curl, host_.options, ask_, std::move(trace), sending_,
                                     [this](HttpOutcome outcome) { replied(std::move(outcome)); });
}

void HttpExchange::note(const HttpOutcome& outcome) {
  if (result_.redirects == 0) {
    result_.connect_time = outcome.connect_time;
    result_.tls_time = outcome.tls_time;
  }
  result_.request_sent = result_.request_sent || outcome.request_sent;
}

void HttpExchange::replied(HttpOutcome outcome) {
  transfer_.reset();
  note(outcome);
  result_.outcome = std::move(outcome);
  auto problem =
      exchange_problem(result_.outcome, host_.options, ask_.host, std::chrono::system_clock::now());
  if (problem) return finish(std::move(problem));
  const int status = result_.outcome.status;
  const bool redirects = status >= 300 && status < 400 && !result_.outcome.location.empty();
  if (ask_.until == HttpAsk::Until::replied && redirects) return redirect();
  finish(std::nullopt);
}

void HttpExchange::redirect() {
  const auto& location = result_.outcome.location;
  const auto& limits = host_.options.limits;
  if (result_.redirects >= limits.max_redirects)
    return finish(critical("http.redirect_loop",
                           fmt::format("more than {} redirects", limits.max_redirects)));
  if (location.size() > max_location) return finish(refused(location, "longer than 8 KiB"));
  const RedirectUrl url(location);
  if (!url.good() || url.host().empty()) return finish(refused(location, "not a URL"));
  if (url.scheme() != "http" && url.scheme() != "https")
    return finish(refused(location, "neither http nor https"));
  if (result_.outcome.https && url.scheme() == "http")
    return finish(refused(location, "from https to http"));
  next_ = ask_;
  next_.url = url.text();
  next_.host = url.host();
  next_.url_port = url.port();
  next_.fresh = false;
  ++result_.redirects;
  result_.final_url = next_.url;
  if (next_.host == ask_.host) {
    auto endpoint = ask_.endpoint;
    endpoint.port = next_.url_port;
    return go_on(endpoint);
  }
  next_.credentials.clear();
  host_.resolve(next_.host, ask_.endpoint.address.family,
                [this, alive = std::weak_ptr<int>(alive_)](const checks::net::DnsAnswer& answer) {
                  if (alive.lock()) resolved(answer);
                });
}

void HttpExchange::resolved(const checks::net::DnsAnswer& answer) {
  if (auto problem = lookup_problem(answer, next_.host, ask_.endpoint.address.family))
    return finish(std::move(problem));
  const auto address = answer.addresses.front();
  const auto reach = reach_of(address);
  const bool nowhere =
      reach == Reach::multicast || reach == Reach::broadcast || reach == Reach::unspecified;
  const bool inwards = reach != Reach::global && reach_of(ask_.endpoint.address) == Reach::global;
  if (nowhere || inwards)
    return finish(refused(next_.url, fmt::format("{} is not a public address", to_text(address))));
  go_on({address, next_.url_port});
}

void HttpExchange::go_on(Endpoint endpoint) {
  next_.endpoint = endpoint;
  ask_ = std::move(next_);
  send();
}

void HttpExchange::finish(std::optional<Finding> problem) {
  result_.problem = std::move(problem);
  const auto done = std::move(done_);
  done(std::move(result_));
}

HttpExchangeResult HttpExchange::give_up() {
  if (transfer_) {
    auto outcome = transfer_->give_up();
    note(outcome);
    result_.problem =
        exchange_problem(outcome, host_.options, ask_.host, std::chrono::system_clock::now());
    result_.outcome = std::move(outcome);
  } else {
    result_.problem = Finding{
        "dns.timeout", State::unknown,
        fmt::format("DNS: no answer for {} (redirected there)", clean_text(next_.host)), false};
  }
  alive_.reset();
  return std::move(result_);
}

}  // namespace tracker_probe
