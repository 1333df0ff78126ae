// The web room at work: listens, answers from what the engine and the history know, and tells open pages
// what happens.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "minitor/core/event.hpp"
#include "minitor/web/http_server.hpp"
#include "minitor/web/routes.hpp"

namespace minitor {

// Open pages are told at most so often.
inline constexpr Duration kLivePace = std::chrono::milliseconds{500};
// A "Test now" that takes longer is answered with "it still runs". Below HttpLimits::request_time.
inline constexpr Duration kTestPatience = std::chrono::seconds{25};
// On the control socket: few clients, all of them the daemon's own user's.
inline constexpr std::size_t kControlConnections = 32;

class WebService final {
 public:
  struct Needs {
    AskHistory read;  // none: no history is kept
    // Runs the check of a monitor at once, beside the schedule; none when that may not be now.
    std::function<std::optional<RunId>(MonitorId)> test;
    // Tells the engine; false when it listens no more.
    std::function<bool(HeartbeatReceived)> heartbeat;
    // Tells the engine what somebody wants; carried out when it returns.
    std::function<void(Event)> tell;
    // Reads the configuration again.
    std::function<void(std::function<void(const ReloadReport&)>)> reload;
    // One line of the access log: method, path without secrets, status.
    std::function<void(const std::string& line)> log;
  };

  WebService(boost::asio::io_context& loop, Needs needs);

  // Serves these sources here as well; empty, or why not. May be called more than once.
  [[nodiscard]] std::string serve(const ListenAddress& listen, RouteSources sources);
  // Serves them on a socket in the file system; none, or why not.
  [[nodiscard]] std::optional<UnixDoor::Failure> serve_at(const std::string& path,
                                                          RouteSources sources);
  // Where the last one with an address is served.
  [[nodiscard]] const ListenAddress& listening() const { return listening_; }
  void stop();
  // Token and address that others use, from now on; where it listens stays.
  void configure(const WebSettings& settings);

  // What the engine says.
  void on(const RecordCheck& check, const std::string& monitor, Timestamp when);
  void on(const RecordTransition& transition);
  void on(const RecordOverlay& overlay);
  // Something else is watched.
  void changed();

 private:
  struct Test {
    RunTest asked;
    HttpReply reply;
    std::unique_ptr<boost::asio::steady_timer> patience;
  };

  void handle(const HttpRequest& request, const RouteSources& sources, HttpReply reply);
  void carry_out(HttpResponse response, const HttpReply& reply);
  void carry_out(ReadHistory read, HttpReply reply);
  void carry_out(RunTest test, HttpReply reply);
  void carry_out(TellHeartbeat tell, const HttpReply& reply);
  void carry_out(TellEngine tell, const HttpReply& reply);
  void carry_out(RunReload reload, HttpReply reply);
  void tell_soon();
  void tell();

  boost::asio::io_context& loop_;
  Needs needs_;
  std::vector<std::shared_ptr<RouteSources>> sources_;  // of the servers
  std::vector<std::unique_ptr<HttpServer>> servers_;
  ListenAddress listening_;
  std::map<RunId, Test> tests_;
  std::map<MonitorId, HeartbeatPace> paces_;
  boost::asio::steady_timer pace_;
  bool telling_ = false;
  bool changed_ = false;
  std::vector<LiveCheck> checks_;
  std::map<std::string, Verdict, std::less<>> verdicts_;  // the last ones, of what is watched
};

}  // namespace minitor
