// The module's engine: what crosses the border to the program, and the one thread on which
// everything of HTTP, TLS and WebSocket happens.
//
// A thread of its own, for two reasons. Asio finds the loop it runs on through thread-local
// variables, and a module has its own copies of them: descriptors registered on the program's loop
// from in here would look at the wrong ones. And TLS handshakes take milliseconds, which would
// spoil the round trips that UDP measures on the program's loop.
//
// The program's loop is only ever posted to, which is safe from any thread.
#include <curl/curl.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "checks/tracker-probe-http/conversation.hpp"
#include "checks/tracker-probe-http/crossing.hpp"
#include "checks/tracker-probe-http/curl_loop.hpp"

namespace tracker_probe {

namespace {

using WorkGuard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

/// The verdicts that are awaited; lives on the program's loop and knows when nobody listens any
/// more.
class Listeners {
 public:
  explicit Listeners(const EngineContext& context) : context_(context) {}

  void add(std::uint64_t id, ProbeDone done) {
    waiting_.emplace(id, Waiting{std::move(done), WorkGuard(context_.loop->get_executor())});
  }
  void clear() { waiting_.clear(); }
  void deliver(std::uint64_t id, AddressResult result) {
    auto entry = waiting_.extract(id);
    if (!entry.empty()) entry.mapped().done(std::move(result));
  }
  [[nodiscard]] const EngineContext& context() const { return context_; }

 private:
  struct Waiting {
    ProbeDone done;
    WorkGuard keeps_loop_running;
  };
  EngineContext context_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
};

class HttpEngine final : public ProbeEngine {
 public:
  explicit HttpEngine(const EngineContext& context);
  ~HttpEngine() override;

  void start(ProbeTask task, ProbeDone done) override;
  void abandon() override;
  [[nodiscard]] std::size_t owed() const override { return owed_.load(); }

 private:
  void run();
  void begin(std::uint64_t id, ProbeTask task);
  void finished(std::uint64_t id, AddressResult result);
  void over(std::uint64_t id);
  void abandon_all();
  void trace(Direction direction, const Endpoint& endpoint, std::string_view protocol,
             std::string_view bytes);
  void resolve(const std::string& name, Family family, checks::net::Resolver::Callback done);

  /// A function to run on the program's loop, if the engine is still there by then.
  template <typename Function>
  void tell(Function function) {
    outwards_.send([weak = audience_, call = std::move(function)]() mutable {
      if (const auto listeners = weak.lock()) call(*listeners);
    });
  }

  boost::asio::io_context& program_loop_;
  boost::asio::io_context loop_{1};  // our own thread's

  // On the program's thread.
  std::shared_ptr<Listeners> listeners_;
  std::uint64_t last_id_ = 0;
  Crossing inwards_{program_loop_, loop_};

  const std::weak_ptr<Listeners> audience_ = listeners_;  // for both threads

  // On our own thread, once it runs.
  WorkGuard keeps_running_{loop_.get_executor()};
  Crossing outwards_{loop_, program_loop_};
  std::optional<CurlLoop> curl_;
  std::optional<ConversationHost> host_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Conversation>> conversations_;
  std::unordered_map<std::uint64_t, bool> delivered_;  // clean-up of these is counted in owed_

  std::atomic<std::size_t> owed_{0};
  std::thread thread_;
};

HttpEngine::HttpEngine(const EngineContext& context)
    : program_loop_(*context.loop), listeners_(std::make_shared<Listeners>(context)) {
  // libcurl would write the secrets of the connections to this file.
  unsetenv("SSLKEYLOGFILE");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  curl_.emplace(loop_);
  host_.emplace(ConversationHost{loop_, *curl_, *context.options, {}, {}, {}});
  if (context.trace)
    host_->trace = [this](Direction direction, const Endpoint& endpoint, std::string_view protocol,
                          std::string_view bytes) { trace(direction, endpoint, protocol, bytes); };
  host_->resolve = [this](const std::string& name, Family family,
                          checks::net::Resolver::Callback done) {
    resolve(name, family, std::move(done));
  };
  thread_ = std::thread([this] { run(); });
}

HttpEngine::~HttpEngine() {
  listeners_.reset();
  loop_.stop();
  thread_.join();
  conversations_.clear();
}

void HttpEngine::run() {
  while (!loop_.stopped()) {
    try {
      loop_.run();
    } catch (const std::exception&) {
      // Out of memory in one conversation: its deadline ends it, the others go on.
    }
  }
}

void HttpEngine::start(ProbeTask task, ProbeDone done) {
  const auto id = ++last_id_;
  listeners_->add(id, std::move(done));
  inwards_.send([this, id, task = std::move(task)]() mutable { begin(id, std::move(task)); });
}

void HttpEngine::begin(std::uint64_t id, ProbeTask task) {
  ConversationEvents events;
  events.done = [this, id](AddressResult result) { finished(id, std::move(result)); };
  events.over = [this, id] { over(id); };
  const auto scheme = task.url.scheme;
  const bool websocket = scheme == Scheme::ws || scheme == Scheme::wss;
  assert(websocket || scheme == Scheme::http || scheme == Scheme::https);
  auto made = websocket ? make_ws_conversation(*host_, std::move(task), std::move(events))
                        : make_http_conversation(*host_, std::move(task), std::move(events));
  auto& conversation = *made;
  conversations_.emplace(id, std::move(made));
  conversation.start();
}

void HttpEngine::finished(std::uint64_t id, AddressResult result) {
  // Counted before the program learns the verdict, so that it sees what is still owed.
  delivered_.emplace(id, true);
  ++owed_;
  tell([id, result = std::move(result)](Listeners& listeners) mutable {
    listeners.deliver(id, std::move(result));
  });
}

void HttpEngine::over(std::uint64_t id) {
  if (delivered_.erase(id) > 0) --owed_;
  tell([](Listeners&) {});  // wakes a program that waits for owed() to become zero
  // Not now: the conversation is what calls us.
  boost::asio::post(loop_, [this, id] { conversations_.erase(id); });
}

void HttpEngine::abandon() {
  listeners_->clear();
  ++owed_;  // until we know what is owed
  inwards_.send([this] { abandon_all(); });
}

void HttpEngine::abandon_all() {
  for (const auto& [id, conversation] : conversations_) {
    if (delivered_.emplace(id, true).second) ++owed_;
    conversation->abandon();
  }
  --owed_;
}

void HttpEngine::trace(Direction direction, const Endpoint& endpoint, std::string_view protocol,
                       std::string_view bytes) {
  // `protocol` is one of our own literals, so only the bytes need a copy.
  tell([direction, endpoint, protocol, copy = std::string(bytes),
        at = std::chrono::steady_clock::now()](Listeners& listeners) {
    listeners.context().trace(TraceEvent{direction, endpoint, at, protocol, copy});
  });
}

void HttpEngine::resolve(const std::string& name, Family family,
                         checks::net::Resolver::Callback done) {
  // The answer comes on the program's loop and goes back to ours. `loop_` outlives the answer,
  // because the engine does: an answer after its end finds no listeners.
  tell([this, name, family, done = std::move(done)](Listeners& listeners) mutable {
    listeners.context().resolver->resolve(
        name, family,
        [this, weak = audience_, done = std::move(done)](checks::net::DnsAnswer answer) mutable {
          if (weak.expired()) return;
          inwards_.send([done = std::move(done), answer = std::move(answer)]() mutable {
            done(std::move(answer));
          });
        });
  });
}

}  // namespace

}  // namespace tracker_probe

extern "C" __attribute__((visibility("default"))) tracker_probe::ProbeEngine*
tracker_probe_http_engine(unsigned border_version, const tracker_probe::EngineContext* context) {
  if (border_version != tracker_probe::border_version || context == nullptr) return nullptr;
  try {
    return new tracker_probe::HttpEngine(*context);
  } catch (const std::exception&) {
    return nullptr;
  }
}
