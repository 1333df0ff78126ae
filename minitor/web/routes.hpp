// Which request is answered with what. Pure: a request and what is known go in; out comes a response, or
// what has to be read or run before there can be one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "minitor/core/event.hpp"
#include "minitor/core/heartbeat_tokens.hpp"
#include "minitor/core/history.hpp"
#include "minitor/core/reload.hpp"
#include "minitor/core/snapshot.hpp"
#include "minitor/web/build_info.hpp"
#include "minitor/web/daemon_metrics.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/process_info.hpp"
#include "minitor/web/site.hpp"
#include "minitor/web/wrong_tokens.hpp"

namespace minitor {

// What the answers are made of. The functions are called only for a path that needs them: an unknown
// path costs nothing, however many monitors there are.
struct RouteSources {
  BuildInfo build;
  std::function<Snapshot()> snapshot;
  std::function<ProcessInfo()> process;
  std::function<DaemonFigures()> figures = {};  // none: /metrics has none of them
  // None: only /metrics and /healthz are served, as with Minitor's -metrics.
  std::function<std::shared_ptr<const Config>()> config = {};
  std::function<Moment()> now = {};
  WebSettings settings = {};
  TimeZone zone = {};
  std::string boot = {};  // of the machine, as the engine knows it
  // How the configuration was last read again; none: nobody knows.
  std::function<ReloadReport()> reload = {};
  // Whoever may connect may do all: the socket of the daemon's own user (unix_door.hpp).
  bool trusted = false;
  // Who brought wrong tokens; none: they are not counted.
  std::shared_ptr<WrongTokens> wrong_tokens = {};
  // None: heartbeats are not taken here.
  std::shared_ptr<HeartbeatTokens> heartbeats = {};
  // With which links in messages are signed; empty: there are none.
  std::string link_secret = {};
};

// The answer is made of the history: `work` may take as long as reading it takes, may be called on any
// thread, and does not throw.
struct ReadHistory {
  std::function<HttpResponse(HistoryReads&)> work;
};

// "Test now": the answer follows from what the check said.
struct RunTest {
  enum class End : std::uint8_t {
    done,
    busy,      // one of this monitor is under way, or too many are
    too_long,  // it still runs; the history will tell
  };
  MonitorId monitor;
  // `check` is there when it is done.
  std::function<HttpResponse(End end, const RecordCheck* check)> reply;
};

// A heartbeat came: the answer says whether it was taken.
struct TellHeartbeat {
  enum class End : std::uint8_t {
    taken,
    too_many,  // of this monitor in a short time; see HeartbeatPace
    stopping,  // nobody listens any more
  };
  HeartbeatReceived heard;
  std::function<HttpResponse(End end)> reply;
};

// Something is changed: the engine is told first, then the answer is made of what has become of it.
struct TellEngine {
  Event event;
  std::function<HttpResponse()> reply;
};

// The configuration is to be read again; the answer says what came of it.
struct RunReload {
  std::function<HttpResponse(const ReloadReport&)> reply;
};

using Answer =
    std::variant<HttpResponse, ReadHistory, RunTest, TellHeartbeat, TellEngine, RunReload>;

// Paths are compared byte for byte, segment by segment: what is doubled or climbs ("/../") is not found.
// The name of a monitor is one segment, percent-encoded.
[[nodiscard]] Answer answer(const HttpRequest& request, const RouteSources& sources);

// What of the history is missing and why, for people; empty while it can be written.
[[nodiscard]] std::string unwritten(const HistoryFigures& history);

// For a log: what was asked for without what a token stands in.
[[nodiscard]] std::string loggable_path(const HttpRequest& request);

// The site at this moment.
[[nodiscard]] Site site_of(const RouteSources& sources);

// The checks that ended since the last one, as an event for the page; and the event that says that more
// than that has changed.
struct LiveCheck {
  std::string name;
  Timestamp at;
  Duration took{};
  bool ok = false;
};
[[nodiscard]] std::string checks_event(const std::vector<LiveCheck>& checks);
inline constexpr std::string_view kChangeEvent = "event: change\ndata: 1\n\n";

}  // namespace minitor
