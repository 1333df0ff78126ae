// The border between main and the protocols: an engine probes one address of one target on the
// event loop and hands back one AddressResult. UDP's engine is linked in; the one for HTTP, HTTPS
// and WebSocket lives in a module that is loaded at first use (see README.md).
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/result.hpp"
#include "checks/tracker-probe/tracker_url.hpp"

namespace boost::asio {
class io_context;
}
namespace checks::net {
class Resolver;
}

namespace tracker_probe {

struct ProbeTask {
  TrackerUrl url;
  Endpoint endpoint;  // where to send; the URL's host stays in Host, SNI and certificate checks
  Identity identity;
  Depth depth = Depth::announce;
  Purpose purpose = Purpose::tracker;  // health: http and https only, and the depth is ignored
  Instant deadline;                    // absolute; the result must have been handed over by then
};

using ProbeDone = std::function<void(AddressResult)>;

/// Everything runs on the event loop's thread.
class ProbeEngine {
 public:
  virtual ~ProbeEngine() = default;

  /// Calls `done` exactly once, never from inside `start`, never after task.deadline (plus the
  /// loop's own delay). Failures are in the result; start itself cannot fail. What was announced
  /// is taken back (event=stopped) before or just after `done`, without waiting for an answer.
  virtual void start(ProbeTask task, ProbeDone done) = 0;

  /// SIGINT or the end of the run: send the stops that are owed, at once and without waiting, drop
  /// every conversation without calling its `done`.
  virtual void abandon() = 0;

  /// Clean-up traffic that is still being sent (an HTTP stopped): when the verdict is out, main
  /// runs the loop on until this is zero or the grace (200 ms, 100 ms past the deadline) is over.
  [[nodiscard]] virtual std::size_t owed() const = 0;
};

/// One packet or message for --verbose: who, which way, and its bytes; printed by main.
enum class Direction { sent, received, icmp };
struct TraceEvent {
  Direction direction = Direction::sent;
  Endpoint endpoint;
  Instant at;
  std::string_view protocol;  // "udp", "http", "ws"
  std::string_view bytes;
};
using TraceSink = std::function<void(const TraceEvent&)>;

/// What an engine may use of the program. All outlive the engine.
struct EngineContext {
  boost::asio::io_context* loop = nullptr;
  checks::net::Resolver* resolver = nullptr;  // for redirects to other hosts
  const ProbeOptions* options = nullptr;
  TraceSink trace;  // empty unless options->trace
};

/// The module's one symbol: `extern "C" tracker_probe::ProbeEngine* tracker_probe_http_engine(...)`.
/// `border_version` must be compared by the module with the one it was compiled with; it returns
/// nullptr when they differ.
inline constexpr unsigned border_version = 4;
using HttpEngineFactory = ProbeEngine* (*)(unsigned border_version, const EngineContext* context);
inline constexpr const char* http_engine_symbol = "tracker_probe_http_engine";
inline constexpr const char* http_module_name = "tracker-probe-http.so";

}  // namespace tracker_probe
