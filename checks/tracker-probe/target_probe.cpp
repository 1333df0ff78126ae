#include "checks/tracker-probe/target_probe.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>

#include "checks/net/clean_text.hpp"
#include "checks/net/resolver.hpp"
#include "checks/tracker-probe/info_hash.hpp"
#include "checks/tracker-probe/udp_socket.hpp"

namespace tracker_probe {

namespace {

namespace asio = boost::asio;
using checks::net::DnsAnswer;
using checks::net::DnsFailure;
using checks::net::Reach;

constexpr std::size_t max_shown_target = 300;
using namespace std::chrono_literals;
constexpr std::chrono::milliseconds longest_head_start{100};
constexpr Microseconds longest_lookup = std::chrono::seconds(5);

LookupEnd end_of(const DnsAnswer& answer) {
  switch (answer.failure) {
    case DnsFailure::none: return LookupEnd::found;
    case DnsFailure::no_such_host: return LookupEnd::no_such_host;
    case DnsFailure::no_data: return LookupEnd::no_data;
    case DnsFailure::temporary: return LookupEnd::temporary;
    case DnsFailure::local: return LookupEnd::local;
  }
  return LookupEnd::temporary;
}

bool has_no_v6(int error) {
  return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

/// Lives until its last callback has run: each of them holds a reference.
class TargetProbe : public std::enable_shared_from_this<TargetProbe> {
 public:
  TargetProbe(const Surroundings& surroundings, const TargetSpec& spec, const Identity& identity,
              std::function<void(TargetResult)> done)
      : around_(surroundings),
        spec_(spec),
        identity_(identity),
        done_(std::move(done)),
        timer_(*surroundings.loop),
        start_(std::chrono::steady_clock::now()) {
    result_.index = spec.index;
    result_.purpose = spec.purpose;
    result_.time = std::chrono::system_clock::now();
    result_.info_hash = to_hex(identity.info_hash);
    const bool open = around_.options->show_secrets;
    if (const auto* url = std::get_if<TrackerUrl>(&spec_.url)) {
      result_.target =
          checks::net::clean_text(open ? url->text() : url->redacted(), max_shown_target);
      result_.scheme = std::string(name_of(url->scheme));
      result_.host = url->host;
      result_.port = url->port;
    } else {
      result_.target = checks::net::clean_text(open ? spec.text : redact_text(spec.text));
    }
  }

  void run() {
    if (const auto* error = std::get_if<UrlError>(&spec_.url)) {
      const char* wanted = spec_.purpose == Purpose::health ? "health check" : "tracker";
      return fail(
          {"target.invalid", State::unknown,
           fmt::format("not a {} URL: \"{}\" ({})", wanted, result_.target, error->reason)});
    }
    std::string why;
    engine_ = around_.engine(url().scheme, why);
    if (engine_ == nullptr) return fail({"internal", State::unknown, why});
    const auto& pinned = around_.target_options->pinned;
    const auto fixed = around_.target_options->fixed_addresses.find(url().host);
    if (!pinned.empty()) return use_fixed(pinned);
    if (url().literal) return use_fixed({*url().literal});
    if (fixed != around_.target_options->fixed_addresses.end()) return use_fixed(fixed->second);
    look_up();
  }

 private:
  [[nodiscard]] const TrackerUrl& url() const { return *std::get_if<TrackerUrl>(&spec_.url); }
  /// The module answers by way of another thread: on a crowded machine its verdict needs a head start.
  [[nodiscard]] Instant deadline() const {
    const auto timeout = around_.options->timeout;
    const bool module = url().scheme != Scheme::udp;
    return start_ + timeout - (module ? std::min(longest_head_start, timeout / 20) : 0ms);
  }

  [[nodiscard]] bool wants(Family family) const {
    const Families families = around_.target_options->families;
    if (url().only && *url().only != family) return false;
    return families == Families::both || (families == Families::v4) == (family == Family::v4);
  }

  void fail(Finding finding) {
    result_.state = finding.state;
    result_.error = std::move(finding);
    finish();
  }

  void use_fixed(const std::vector<IpAddress>& addresses) {
    for (const Family family : {Family::v4, Family::v6}) {
      if (!wants(family)) continue;
      DnsAnswer answer;
      for (const IpAddress& address : addresses) {
        if (address.family == family) answer.addresses.push_back(address);
      }
      answer.failure = answer.addresses.empty() ? DnsFailure::no_data : DnsFailure::none;
      ++lookups_open_;
      answers_.emplace_back(family, std::move(answer));
    }
    for (const auto& [family, answer] : answers_) on_answer(family, answer);
    if (lookups_open_ == 0) finish_if_done();
  }

  void look_up() {
    const auto self = shared_from_this();
    for (const Family family : {Family::v4, Family::v6}) {
      if (!wants(family)) continue;
      ++lookups_open_;
      around_.resolver->resolve(url().host, family, [self, family](const DnsAnswer& answer) {
        if (self->end_for(family) == LookupEnd::not_asked) self->on_answer(family, answer);
      });
    }
    timer_.expires_at(start_ +
                      std::min<Microseconds>(longest_lookup, around_.options->timeout / 2));
    timer_.async_wait([self](const boost::system::error_code& error) {
      if (!error) self->on_lookup_deadline();
    });
  }

  [[nodiscard]] LookupEnd& end_for(Family family) {
    return family == Family::v4 ? lookups_.v4 : lookups_.v6;
  }

  void on_lookup_deadline() {
    for (const Family family : {Family::v4, Family::v6}) {
      if (!wants(family) || end_for(family) != LookupEnd::not_asked) continue;
      end_for(family) = LookupEnd::timed_out;
      (family == Family::v4 ? result_.dns.a_error : result_.dns.aaaa_error) = "no answer in time";
      result_.dns.took =
          std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - start_);
      --lookups_open_;
    }
    finish_if_done();
  }

  void on_answer(Family family, const DnsAnswer& answer) {
    end_for(family) = end_of(answer);
    --lookups_open_;
    result_.dns.took = std::max(result_.dns.took, answer.took);
    const bool v4 = family == Family::v4;
    if (answer.failure != DnsFailure::none && answer.failure != DnsFailure::no_data) {
      (v4 ? result_.dns.a_error : result_.dns.aaaa_error) = answer.detail;
    }
    (v4 ? result_.dns.a : result_.dns.aaaa) = answer.addresses;
    for (const IpAddress& address : answer.addresses) start_address(address);
    if (lookups_open_ == 0) timer_.cancel();
    finish_if_done();
  }

  void start_address(const IpAddress& address) {
    if (addresses_seen_ >= around_.options->limits.max_addresses) {
      ++left_out_;
      return;
    }
    ++addresses_seen_;
    const Endpoint endpoint{address, url().port};
    // Kept only once there is something to tell: ten thousand probes in flight are to stay small.
    const auto settle = [&](const char* code, State state, std::string text) {
      AddressResult& entry = result_.addresses.emplace_back();
      entry.endpoint = endpoint;
      entry.state = state;
      entry.error = Finding{code, state, std::move(text)};
    };
    const Reach reach = checks::net::reach_of(address);
    if (reach == Reach::multicast || reach == Reach::broadcast || reach == Reach::unspecified) {
      return settle("target.invalid", State::unknown,
                    "refusing to probe a multicast, broadcast or unspecified address");
    }
    if (address.family == Family::v6 && has_no_v6(route_error(endpoint))) {
      const bool asked_for = url().literal || !wants(Family::v4);
      return settle(
          "local.no_route", asked_for ? State::unknown : State::skipped,
          asked_for ? "no IPv6 route on this host" : "no IPv6 route on this host: IPv6 not tested");
    }
    ++addresses_open_;
    const Instant now = std::chrono::steady_clock::now();
    const Instant at = around_.pacer != nullptr ? around_.pacer->reserve(address, now) : now;
    if (at <= now) return launch(endpoint, deadline());
    auto wait = std::make_shared<asio::steady_timer>(*around_.loop, at);
    wait->async_wait([self = shared_from_this(), wait, endpoint,
                      late = at - now](const boost::system::error_code& error) {
      if (!error) self->launch(endpoint, self->deadline() + late);
    });
  }

  void launch(const Endpoint& endpoint, Instant until) {
    ProbeTask task;
    task.url = url();
    task.endpoint = endpoint;
    task.identity = identity_;
    task.depth = around_.options->depth;
    task.purpose = spec_.purpose;
    task.deadline = until;
    engine_->start(std::move(task), [self = shared_from_this()](AddressResult found) {
      self->result_.addresses.push_back(std::move(found));
      --self->addresses_open_;
      self->finish_if_done();
    });
  }

  void finish_if_done() {
    if (lookups_open_ > 0 || addresses_open_ > 0 || finished_) return;
    if (left_out_ > 0) {
      result_.notes.push_back(
          {"dns.many", State::ok, fmt::format("{} more addresses not probed", left_out_)});
    }
    std::stable_sort(
        result_.addresses.begin(), result_.addresses.end(),
        [](const AddressResult& a, const AddressResult& b) { return a.endpoint < b.endpoint; });
    VerdictOptions options = around_.target_options->verdict;
    if (spec_.purpose == Purpose::health) {  // these are about trackers
      options.expect_error.clear();
      options.expectations.clear();
    }
    judge(result_, lookups_, options);
    finish();
  }

  void finish() {
    finished_ = true;
    result_.total =
        std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - start_);
    asio::post(*around_.loop,
               [self = shared_from_this()] { self->done_(std::move(self->result_)); });
  }

  const Surroundings& around_;
  const TargetSpec& spec_;
  Identity identity_;
  std::function<void(TargetResult)> done_;
  asio::steady_timer timer_;
  Instant start_;
  ProbeEngine* engine_ = nullptr;
  TargetResult result_;
  Lookups lookups_;
  std::vector<std::pair<Family, DnsAnswer>> answers_;
  unsigned lookups_open_ = 0;
  unsigned addresses_open_ = 0;
  std::size_t addresses_seen_ = 0;
  std::size_t left_out_ = 0;
  bool finished_ = false;
};

}  // namespace

TargetSpec make_target(std::string text, Scheme default_scheme, std::size_t index) {
  UrlResult url = parse_tracker_url(text, default_scheme);
  return {std::move(text), std::move(url), index};
}

TargetSpec make_health_target(std::string text, std::size_t index) {
  UrlResult url = parse_health_url(text);
  return {std::move(text), std::move(url), index, Purpose::health};
}

Instant Pacer::reserve(const IpAddress& address, Instant now) {
  if (gap_ <= 0) return now;
  Instant& next = next_[address];
  const Instant at = std::max(next, now);
  next = at + std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(gap_));
  return at;
}

void probe_target(const Surroundings& surroundings, const TargetSpec& spec,
                  const Identity& identity, std::function<void(TargetResult)> done) {
  std::make_shared<TargetProbe>(surroundings, spec, identity, std::move(done))->run();
}

}  // namespace tracker_probe
