// Opens the HTTP and WebSocket module as tracker-probe does and probes one address, so that the
// module can be tried, timed and run under sanitizers without the rest of the program.
//   module_driver MODULE.so URL [--depth D] [--timeout MS] [--with-scrape] [--verify-cleanup]
//                 [--insecure] [--cacert FILE] [--cert-days N] [--count N] [--parallel N]
//                 [--info-hash HEX] [--abandon-after MS] [--trace]
// Prints one JSON object a probe, in the shape of tracker-probe's "addresses" entries, and exits by
// state.
#include <dlfcn.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_writer.hpp"
#include "checks/net/random.hpp"
#include "checks/net/resolver.hpp"
#include "checks/tracker-probe/address_probe.hpp"
#include "checks/tracker-probe/info_hash.hpp"

using namespace tracker_probe;
using checks::net::JsonWriter;

namespace {

struct Settings {
  std::string url;
  std::optional<InfoHash> info_hash;  // random if not given
  ProbeOptions options;
  int count = 1;
  std::chrono::milliseconds abandon_after = std::chrono::hours(1);
  int parallel = 1;
};

Depth depth_of(std::string_view name) {
  if (name == "connect") return Depth::connect;
  if (name == "scrape") return Depth::scrape;
  if (name == "stopped") return Depth::stopped;
  if (name == "roundtrip") return Depth::roundtrip;
  return Depth::announce;
}

Settings read_settings(const std::vector<std::string>& words) {
  Settings out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const auto value = [&] { return i + 1 < words.size() ? words[++i] : std::string(); };
    if (word == "--depth")
      out.options.depth = depth_of(value());
    else if (word == "--timeout")
      out.options.timeout = std::chrono::milliseconds(std::stoi(value()));
    else if (word == "--with-scrape")
      out.options.with_scrape = true;
    else if (word == "--verify-cleanup")
      out.options.verify_cleanup = true;
    else if (word == "--insecure")
      out.options.tls.insecure = true;
    else if (word == "--cacert")
      out.options.tls.ca_file = value();
    else if (word == "--cert-days")
      out.options.tls.warn_days = std::stoi(value());
    else if (word == "--info-hash")
      out.info_hash = parse_info_hash(value());
    else if (word == "--count")
      out.count = std::stoi(value());
    else if (word == "--parallel")
      out.parallel = std::stoi(value());
    else if (word == "--abandon-after")
      out.abandon_after = std::chrono::milliseconds(std::stoi(value()));
    else if (word == "--trace")
      out.options.trace = true;
    else
      out.url = word;
  }
  return out;
}

const char* name_of_state(State state) {
  switch (state) {
    case State::ok: return "OK";
    case State::warning: return "WARNING";
    case State::critical: return "CRITICAL";
    case State::unknown: return "UNKNOWN";
    case State::skipped: return "SKIPPED";
  }
  return "";
}

void write(JsonWriter& json, const Finding& finding) {
  json.begin_object()
      .field("code", finding.code)
      .field("state", name_of_state(finding.state))
      .field("text", finding.text)
      .field("strict", finding.strict)
      .end_object();
}

std::optional<std::int64_t> micros(const std::optional<Microseconds>& time) {
  if (!time) return std::nullopt;
  return time->count();
}

std::optional<std::string> clean(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return checks::net::clean_text(*text);
}

void write_reply(JsonWriter& json, const Reply& reply) {
  const auto number = [](const std::optional<std::size_t>& value) {
    return value ? std::optional<std::int64_t>(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  json.begin_object()
      .field("interval", reply.interval)
      .field("min_interval", reply.min_interval)
      .field("seeders", reply.seeders)
      .field("leechers", reply.leechers)
      .field("peers", number(reply.peers))
      .field("peers_v6", number(reply.peers_v6))
      .field("warning", clean(reply.warning))
      .field("failure", clean(reply.failure))
      .field("retry_in", reply.retry_in)
      .field("tracker_id", reply.tracker_id);
  json.key("external_ip");
  reply.external_ip ? json.value(to_text(*reply.external_ip)) : json.null();
  json.end_object();
}

void write_details(JsonWriter& json, const AddressResult& result) {
  json.key("http");
  if (result.http) {
    json.begin_object()
        .field("status", result.http->status)
        .field("version", result.http->version)
        .field("redirects", result.http->redirects)
        .field("final_url", result.http->final_url)
        .field("bytes", result.http->bytes)
        .field("encoding", result.http->encoding)
        .field("local_ip", result.http->local_ip)
        .end_object();
  } else {
    json.null();
  }
  json.key("tls");
  if (result.tls) {
    std::int64_t days = -1;
    if (const auto end = result.tls->not_after)
      days = std::chrono::duration_cast<std::chrono::hours>(*end - std::chrono::system_clock::now())
                 .count() /
             24;
    json.begin_object()
        .field("version", result.tls->version)
        .field("cipher", result.tls->cipher)
        .field("verify", result.tls->verify)
        .field("subject", result.tls->subject)
        .field("days_left", days)
        .field("san_match", result.tls->san_match)
        .end_object();
  } else {
    json.null();
  }
  json.key("ws");
  if (result.ws) {
    json.begin_object()
        .field("status", result.ws->status)
        .field("messages", result.ws->messages)
        .field("ignored", result.ws->ignored)
        .end_object();
  } else {
    json.null();
  }
}

std::string text_of(const AddressResult& result) {
  JsonWriter json;
  json.begin_object().field("state", name_of_state(result.state)).key("error");
  result.error ? write(json, *result.error) : static_cast<void>(json.null());
  json.key("notes").begin_array();
  for (const auto& finding : result.notes) write(json, finding);
  json.end_array()
      .key("times")
      .begin_object()
      .field("connect", micros(result.times.connect))
      .field("tls", micros(result.times.tls))
      .field("first_byte", micros(result.times.first_byte))
      .field("announce", micros(result.times.announce))
      .field("scrape", micros(result.times.scrape))
      .field("stopped", micros(result.times.stopped))
      .field("total", micros(result.times.total))
      .end_object();
  write_details(json, result);
  json.key("reply");
  result.reply ? write_reply(json, *result.reply) : static_cast<void>(json.null());
  json.key("scrape");
  if (result.scrape) {
    json.begin_object()
        .field("seeders", result.scrape->seeders)
        .field("leechers", result.scrape->leechers)
        .field("completed", result.scrape->completed)
        .end_object();
  } else {
    json.null();
  }
  json.key("roundtrip");
  if (result.roundtrip) {
    json.begin_object()
        .field("peer_seen", result.roundtrip->peer_seen)
        .field("removed", result.roundtrip->removed)
        .end_object();
  } else {
    json.null();
  }
  json.end_object();
  return json.take();
}

Identity new_identity(checks::net::Random& random) {
  Identity out;
  random.fill(out.info_hash);
  const std::string_view prefix = "-TP0001-";
  for (auto* peer : {&out.peer_a, &out.peer_b}) {
    random.fill(*peer);
    for (auto& byte : *peer) byte = static_cast<std::uint8_t>('a' + byte % 26);
    std::copy(prefix.begin(), prefix.end(), peer->begin());
  }
  out.port_a = static_cast<std::uint16_t>(50000 + random.number() % 10000);
  out.port_b = static_cast<std::uint16_t>(out.port_a + 1);
  out.key = random.number();
  return out;
}

HttpEngineFactory open_module(const char* path) {
  void* module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(3);
  }
  return reinterpret_cast<HttpEngineFactory>(dlsym(module, http_engine_symbol));
}

class Driver {
 public:
  Driver(const char* module, Settings settings)
      : settings_(std::move(settings)),
        resolver_([this](std::function<void()> call) { boost::asio::post(loop_, std::move(call)); },
                  2) {
    EngineContext context;
    context.loop = &loop_;
    context.resolver = &resolver_;
    context.options = &settings_.options;
    if (settings_.options.trace)
      context.trace = [](const TraceEvent& event) {
        std::fprintf(stderr, "%s %.*s\n", event.direction == Direction::sent ? ">" : "<",
                     static_cast<int>(event.bytes.size()), event.bytes.data());
      };
    engine_.reset(open_module(module)(border_version, &context));
  }

  int run() {
    auto parsed = parse_tracker_url(settings_.url);
    if (const auto* error = std::get_if<UrlError>(&parsed)) {
      std::fprintf(stderr, "%s\n", error->reason.c_str());
      return 3;
    }
    url_ = std::get<TrackerUrl>(parsed);
    resolver_.resolve(url_.host, checks::net::Family::v4, [this](checks::net::DnsAnswer answer) {
      if (!answer.addresses.empty()) return begin(answer.addresses.front());
      resolver_.resolve(url_.host, checks::net::Family::v6, [this](checks::net::DnsAnswer other) {
        if (!other.addresses.empty()) begin(other.addresses.front());
      });
    });
    const auto guard = boost::asio::make_work_guard(loop_);
    const auto abandon_at = std::chrono::steady_clock::now() + settings_.abandon_after;
    while (left_ != 0) {
      loop_.run_one_until(abandon_at);
      if (std::chrono::steady_clock::now() < abandon_at) continue;
      engine_->abandon();
      left_ = 0;
      worst_ = 3;
      std::printf(R"({"state":"UNKNOWN","error":null,"notes":[]})");
    }
    const auto grace = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (engine_->owed() > 0 && std::chrono::steady_clock::now() < grace)
      loop_.run_one_for(std::chrono::milliseconds(5));
    return worst_;
  }

 private:
  void begin(const IpAddress& address) {
    address_ = address;
    for (int i = 0; i < settings_.parallel; ++i) one();
  }

  void one() {
    if (started_ == settings_.count) return;
    ++started_;
    ProbeTask task;
    task.url = url_;
    task.endpoint = {address_, url_.port};
    task.identity = new_identity(random_);
    if (settings_.info_hash) task.identity.info_hash = *settings_.info_hash;
    task.identity.random_hash = !settings_.info_hash;
    task.depth = settings_.options.depth;
    task.deadline = std::chrono::steady_clock::now() + settings_.options.timeout;
    engine_->start(std::move(task), [this](AddressResult result) {
      if (settings_.count <= 100) std::printf("%s\n", text_of(result).c_str());
      worst_ = std::max(worst_, static_cast<int>(result.state));
      --left_;
      one();
    });
  }

  Settings settings_;
  boost::asio::io_context loop_{1};
  checks::net::Resolver resolver_;
  checks::net::Random random_;
  std::unique_ptr<ProbeEngine> engine_;
  TrackerUrl url_;
  IpAddress address_;
  int started_ = 0;
  int left_ = settings_.count;
  int worst_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 3;
  Driver driver(argv[1], read_settings({argv + 2, argv + argc}));
  return driver.run();
}
