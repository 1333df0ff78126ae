#include "checks/tracker-probe/session.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include "checks/net/clean_text.hpp"
#include "checks/net/resolver.hpp"
#include "checks/tracker-probe/http_module.hpp"
#include "checks/tracker-probe/udp_engine.hpp"
#include "checks/tracker-probe/udp_messages.hpp"

namespace tracker_probe {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds clean_up_grace{200};
constexpr std::chrono::milliseconds tick_gap{100};
constexpr std::size_t starts_per_turn = 64;

/// What one target costs in datagrams, roughly: both families, no retransmission.
double packets_of(Depth depth) {
  switch (depth) {
    case Depth::connect: return 1;
    case Depth::scrape:
    case Depth::stopped: return 2;
    case Depth::announce: return 3;
    case Depth::roundtrip: return 6;
  }
  return 3;
}

void print_trace(const TraceEvent& event, Instant start) {
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(event.bytes.data()), event.bytes.size());
  const char* way = event.direction == Direction::sent       ? "->"
                    : event.direction == Direction::received ? "<-"
                                                             : "ICMP about";
  std::string words;
  if (event.protocol == "udp") {
    const Wire wire = event.direction == Direction::received ? Wire::reply : Wire::request;
    words = describe_datagram(bytes, wire, event.endpoint.address.family);
    words += "\n    " + checks::net::hex(event.bytes.substr(0, 512));
    if (event.bytes.size() > 512) words += fmt::format("… ({} bytes)", event.bytes.size());
  } else {
    words = checks::net::clean_text(event.bytes, 2000);
  }
  const auto at = std::chrono::duration_cast<Microseconds>(event.at - start);
  fmt::print(stderr, "{:9.3f} ms {} {} {} {}\n", static_cast<double>(at.count()) / 1000,
             event.protocol, way, checks::net::to_text(event.endpoint), words);
}

}  // namespace

struct Session::Inside {
  explicit Inside(const CommandLine& command)
      : line(command),
        loop(1),
        resolver([this](std::function<void()> work) { asio::post(loop, std::move(work)); },
                 command.resolvers),
        signals(loop, SIGINT, SIGTERM),
        starter(loop),
        ticker(loop),
        pacer(command.bulk.per_host),
        start(Clock::now()) {
    context.loop = &loop;
    context.resolver = &resolver;
    context.options = &line.probe;
    if (line.probe.trace)
      context.trace = [this](const TraceEvent& event) { print_trace(event, start); };
    around.loop = &loop;
    around.resolver = &resolver;
    around.options = &line.probe;
    around.target_options = &line.target;
    if (line.mode == Mode::bulk) around.pacer = &pacer;
    around.engine = [this](Scheme scheme, std::string& why) { return engine_for(scheme, why); };
    signals.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      interrupted = true;
      if (udp) udp->abandon();
      if (http) http->abandon();
    });
  }

  ProbeEngine* engine_for(Scheme scheme, std::string& why) {
    if (scheme == Scheme::udp) {
      if (!udp) udp = make_udp_engine(context);
      return udp.get();
    }
    if (line.mode == Mode::loss) {
      why = "loss mode is for UDP trackers";
      return nullptr;
    }
    if (!http) http = load_http_engine(context, why);
    return http.get();
  }

  const CommandLine& line;
  asio::io_context loop;
  checks::net::Resolver resolver;
  asio::signal_set signals;
  asio::steady_timer starter;
  asio::steady_timer ticker;
  Pacer pacer;
  Instant start;
  EngineContext context;
  Surroundings around;
  std::unique_ptr<ProbeEngine> udp;
  std::unique_ptr<ProbeEngine> http;
  bool interrupted = false;

  // Of the run under way.
  const std::vector<TargetSpec>* targets = nullptr;
  std::size_t next = 0;
  std::size_t in_flight = 0;
  std::size_t parallel = 1;
  double rate = 0;
  double tokens = 0;
  Instant refilled;
  bool starting = false;
  bool fill_posted = false;
  const OnResult* on_result = nullptr;

  [[nodiscard]] bool done() const {
    return interrupted || (next == targets->size() && in_flight == 0);
  }

  bool take_tokens() {
    if (rate <= 0) return true;
    const Instant now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - refilled).count();
    refilled = now;
    tokens = std::min(tokens + seconds * rate, std::max(rate / 20, packets_of(line.probe.depth)));
    if (tokens < packets_of(line.probe.depth)) return false;
    tokens -= packets_of(line.probe.depth);
    return true;
  }

  void fill() {
    if (starting || interrupted) return;
    starting = true;
    std::size_t started = 0;
    while (next < targets->size() && in_flight < parallel) {
      if (++started > starts_per_turn) {  // let answers in between
        if (!std::exchange(fill_posted, true)) {
          asio::post(loop, [this] {
            fill_posted = false;
            fill();
          });
        }
        break;
      }
      if (!take_tokens()) {
        starter.expires_after(std::chrono::milliseconds(5));
        starter.async_wait([this](const boost::system::error_code& error) {
          if (!error) fill();
        });
        break;
      }
      ++in_flight;
      probe_target(around, (*targets)[next++], line.identity, [this](TargetResult result) {
        if (interrupted) return;
        --in_flight;
        (*on_result)(std::move(result));
        fill();
      });
    }
    starting = false;
  }

  void tick_later(const OnTick& tick) {
    ticker.expires_after(tick_gap);
    ticker.async_wait([this, &tick](const boost::system::error_code& error) {
      if (error) return;
      tick();
      tick_later(tick);
    });
  }
};

Session::Session(const CommandLine& line) : inside_(std::make_unique<Inside>(line)) {}

Session::~Session() {
  // What is still in the loop's queue refers to the engines: the loop must let go of it first.
  inside_->udp.reset();
  (void)inside_->http.release();  // the module's own threads and handles end with the process
}

void Session::run(const std::vector<TargetSpec>& targets, std::size_t parallel, double rate,
                  const OnResult& on_result, const OnTick& tick) {
  Inside& in = *inside_;
  in.targets = &targets;
  in.next = 0;
  in.in_flight = 0;
  in.parallel = parallel;
  in.rate = rate;
  in.tokens = rate / 20;
  in.refilled = Clock::now();
  in.on_result = &on_result;
  in.fill();
  if (tick) in.tick_later(tick);
  while (!in.done()) in.loop.run_one();
  in.ticker.cancel();
}

std::vector<TargetResult> Session::probe_all(const std::vector<TargetSpec>& targets,
                                             std::size_t parallel) {
  std::vector<TargetResult> results;
  run(targets, parallel, 0, [&](TargetResult result) { results.push_back(std::move(result)); });
  std::sort(results.begin(), results.end(),
            [](const TargetResult& a, const TargetResult& b) { return a.index < b.index; });
  return results;
}

void Session::finish_clean_up(Instant until) {
  Inside& in = *inside_;
  const Instant end = std::min(until, Clock::now() + clean_up_grace);
  while (in.http && in.http->owed() > 0 && Clock::now() < end) in.loop.run_one_until(end);
}

bool Session::pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(inside_->loop, time);
  bool over = false;
  timer.async_wait([&over](const boost::system::error_code&) { over = true; });
  while (!over && !inside_->interrupted) inside_->loop.run_one();
  return !inside_->interrupted;
}

bool Session::interrupted() const { return inside_->interrupted; }

}  // namespace tracker_probe
