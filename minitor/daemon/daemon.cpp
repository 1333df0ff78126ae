#include "minitor/daemon/daemon.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstring>
#include <utility>

#include "minitor/core/engine.hpp"
#include "minitor/core/history.hpp"
#include "minitor/core/tally.hpp"
#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/event_log.hpp"
#include "minitor/daemon/history_place.hpp"
#include "minitor/daemon/record_keeper.hpp"
#include "minitor/daemon/reloader.hpp"
#include "minitor/daemon/secret_file.hpp"
#include "minitor/daemon/service_manager.hpp"
#include "minitor/daemon/stop_signals.hpp"
#include "minitor/daemon/system_zones.hpp"
#include "minitor/daemon/web_service.hpp"
#include "minitor/process/command_runner.hpp"
#include "minitor/store/memory_history.hpp"
#include "minitor/web/process_info.hpp"
#include "minitor/web/routes.hpp"
#include "minitor/web/signed_link.hpp"

namespace minitor {
namespace {

namespace asio = boost::asio;

// Tells this life of the daemon from every other in the ids of notices.
std::string new_instance() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    random = static_cast<std::uint64_t>(now().wall.time_since_epoch().count());
  }
  return fmt::format("{:012x}", random >> 16);
}

// Each run holds a descriptor while its output is read; the usual soft limit of 1024 is soon
// reached.
void raise_descriptor_limit(int max_concurrent) {
  constexpr rlim_t kOwnDescriptors = 256;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = kOwnDescriptors + 2 * static_cast<rlim_t>(max_concurrent);
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

class Daemon {
 public:
  Daemon(std::shared_ptr<const Config> config, const DaemonSettings& settings, Log& log,
         const OpenedHistory& opened)
      : config_(std::move(config)),
        settings_(settings),
        log_(log),
        runner_(loop_,
                [this](RunId run, CommandOutcome outcome) {
                  handle(CommandFinished{run, std::move(outcome)});
                }),
        instance_(new_instance()),
        links_(signed_links()),
        engine_(config_, instance_, context(), now(), opened.state, boot_id()),
        wake_(loop_),
        stop_grace_(loop_),
        log_retry_(loop_),
        heartbeat_(loop_),
        signals_(loop_),
        hangups_(loop_),
        web_(loop_, web_needs()),
        reloader_(loop_, settings_.config_file, reload_needs()),
        keeper_(loop_, settings_.history, opened.history, config_->history,
                life(renames(opened.state, *config_)), keeper_needs()) {
    add_stop_signals(signals_);
    if (reloads_on_hangup()) hangups_.add(SIGHUP);
  }

  int run() {
    if (settings_.control && !serve_control(*settings_.control)) return 1;
    if (settings_.metrics && !serve_metrics(*settings_.metrics)) return 1;
    if (settings_.web && !serve_page(*settings_.web)) return 1;
    wait_for_signal();
    wait_for_hangup();
    log_.write(
        LogLevel::info, now().wall, fmt::format("minitor {} {}", MINITOR_VERSION, watched()),
        {{"version", MINITOR_VERSION}, {"monitors", fmt::format("{}", config_->monitors.size())}});
    if (!settings_.startup_alerts.empty()) handle(TestAlerts{settings_.startup_alerts});
    handle(Tick{});
    service_manager_.ready(watched());
    beat();
    loop_.run();
    // The last words are written, and what the writer has to say about it is said.
    keeper_.close();
    loop_.restart();
    loop_.poll();
    log_.flush();
    return 0;
  }

 private:
  [[nodiscard]] std::string watched() const {
    return fmt::format("watches {} monitor{}", config_->monitors.size(),
                       config_->monitors.size() == 1 ? "" : "s");
  }

  void handle(Event event) {
    if (keeper_.closed()) return;  // the last words are being said
    // Before anything that was judged by clocks which stood still.
    const Duration before = std::exchange(suspended_, suspended());
    if (suspended_ - before > kShortestSuspension) decide(Resumed{suspended_ - before});
    decide(std::move(event));
  }

  void decide(Event event) {
    const Moment moment = now();
    std::vector<Effect> effects = engine_.handle(std::move(event), moment);
    take_over(effects);
    for (const Effect& effect : effects) {
      log_effect(log_, *config_, effect, moment.wall);
      count(tally_, effect, *config_);
      std::visit([this, &moment](const auto& value) { show(value, moment.wall); }, effect);
    }
    keeper_.keep(effects, *config_, moment.wall);
    for (Effect& effect : effects) std::visit([this](auto& value) { carry_out(value); }, effect);
    retry_log();
  }

  // Only where somebody outside can reach the page.
  std::string signed_links() {
    if (!config_->web || config_->web->public_url.empty()) return {};
    if (!settings_.history) return random_secret();
    auto secret = read_secret(secret_file(*settings_.history), MissingSecret::make);
    if (const auto* trouble = std::get_if<SecretTrouble>(&secret)) {
      log_.write(LogLevel::warning, now().wall, trouble->reason + "; messages carry no links");
      return {};
    }
    return std::get<std::string>(std::move(secret));
  }

  MessageContext context() {
    MessageContext context{zones_.local(), &zones_};
    if (!links_.empty())
      context.link = [url = config_->web->public_url, secret = links_](OverlayKind action,
                                                                       const Notice& notice) {
        return link_of(action, notice, url, secret);
      };
    return context;
  }

  // What open pages and waiting tests are told.
  void show(const RecordCheck& check, Timestamp when) {
    web_.on(check, config_->monitors[check.monitor.value].name, when);
  }
  void show(const RecordTransition& transition, Timestamp) { web_.on(transition); }
  void show(const RecordOverlay& overlay, Timestamp) { web_.on(overlay); }
  void show(const RecordReload&, Timestamp) { web_.changed(); }
  void show(const StartCommand& start, Timestamp) {
    if (start.purpose == RunPurpose::test) test_started_ = start.run;
  }
  template <typename Other>
  void show(const Other&, Timestamp) {}

  void carry_out(StartCommand& start) { keeper_.start(start); }
  void carry_out(const EndCommand& end) {
    if (!keeper_.take_back(end.run)) return runner_.end(end.run);
    asio::post(loop_, [this, run = end.run] {
      CommandOutcome outcome;
      outcome.ending = Stopped{};
      handle(CommandFinished{run, std::move(outcome)});
    });
  }
  void carry_out(const RecordCheck&) {}
  void carry_out(const RecordTransition&) {}
  void carry_out(const RecordNotice&) {}
  void carry_out(const RecordRepair&) {}
  void carry_out(const RecordHeld&) {}
  void carry_out(const RecordOverlay&) {}
  void carry_out(const LogNotice&) {}
  void carry_out(const SaveState&) {}
  void carry_out(const RecordReload&) {}
  void carry_out(const RecordClosed&) {}
  void carry_out(const RecordForgotten&) {}
  void carry_out(const RecordUnobserved&) {}
  void carry_out(const RecordBlind&) {}

  void carry_out(const WakeAt& wake) {
    if (wake.when == wake_at_) return;
    wake_at_ = wake.when;
    wake_.cancel();
    if (!wake_at_) return;
    wake_.expires_at(std::chrono::steady_clock::time_point{wake_at_->time_since_epoch()});
    wake_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      wake_at_.reset();
      handle(Tick{});
    });
  }

  void carry_out(const AllStopped& stopped) { leave(stopped.undelivered); }

  void leave(int undelivered) {
    if (undelivered > 0) {
      log_.write(LogLevel::error, now().wall,
                 fmt::format("minitor stops with {} notice{} undelivered", undelivered,
                             undelivered == 1 ? "" : "s"),
                 {{"undelivered", fmt::format("{}", undelivered)}});
    } else {
      log_.write(LogLevel::info, now().wall, "minitor stops");
    }
    loop_.stop();
  }

  // From its first effect on, all that follows speaks of the new configuration.
  void take_over(const std::vector<Effect>& effects) {
    if (effects.empty() || !std::holds_alternative<RecordReload>(effects.front())) return;
    config_ = next_config_;
    log_.hide(config_->redactor);
    raise_descriptor_limit(config_->max_concurrent);
    if (config_->web) web_.configure(*config_->web);
    learn_heartbeat_secret();
  }

  // The first heartbeat that needs it may have come with a reload.
  void learn_heartbeat_secret() {
    if (heartbeats_->has_secret() || !needs_heartbeat_secret(*config_) || !settings_.history)
      return;
    auto secret = read_secret(secret_file(*settings_.history), MissingSecret::make);
    if (auto* known = std::get_if<std::string>(&secret)) return heartbeats_->learn(*known);
    log_.write(LogLevel::error, now().wall,
               std::get<SecretTrouble>(secret).reason + "; give each heartbeat a token of its own");
  }

  Reloader::Needs reload_needs() {
    Reloader::Needs needs;
    needs.begins = [this] { service_manager_.reloading(now().monotonic); };
    needs.config = [this] { return config_; };
    needs.apply = [this](std::shared_ptr<const Config> config) {
      next_config_ = std::move(config);
      if (!stopping_) handle(Reload{next_config_});
      return config_ == next_config_;
    };
    needs.ended = [this](const ReloadReport& report) {
      for (const std::string& error : report.errors)
        log_.write(LogLevel::error, report.when, error);
      for (const std::string& note : report.notes) log_.write(LogLevel::warning, report.when, note);
      if (!report.good) log_.write(LogLevel::error, report.when, report.words);
      for (const std::string& one : report.needs_restart)
        log_.write(LogLevel::warning, report.when,
                   "changes only when minitor is restarted: " + one);
      if (!stopping_) service_manager_.ready(report.good ? watched() : report.words);
      retry_log();
    };
    return needs;
  }

  void wait_for_hangup() {
    hangups_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (terminal_.is_gone()) {
        std::raise(SIGTERM);
        return;
      }
      log_.write(LogLevel::info, now().wall, "SIGHUP received: the configuration is read again");
      reloader_.ask([](const ReloadReport&) {});
      wait_for_hangup();
    });
  }

  LifeRecord life(Renames renamed) {
    LifeRecord life{instance_, MINITOR_VERSION, now().wall, {}, std::move(renamed)};
    for (const Monitor& monitor : config_->monitors) life.monitors.push_back(monitor.name);
    return life;
  }

  RecordKeeper::Needs keeper_needs() {
    RecordKeeper::Needs needs;
    needs.start = [this](StartCommand& start) {
      runner_.start(start.run, std::move(start.command), start.input);
    };
    needs.say = [this](LogLevel level, const std::string& words) {
      log_.write(level, now().wall, words);
      retry_log();
    };
    needs.started_anew = [this] { handle(SaveAll{}); };
    return needs;
  }

  WebService::Needs web_needs() {
    WebService::Needs needs;
    needs.read = [this](HistoryWork work, HistoryDone done) {
      keeper_.read(std::move(work), std::move(done));
    };
    needs.test = [this](MonitorId monitor) {
      test_started_.reset();
      handle(TestMonitor{monitor});
      return test_started_;
    };
    needs.heartbeat = [this](HeartbeatReceived heard) {
      if (stopping_ || keeper_.closed()) return false;
      handle(std::move(heard));
      return true;
    };
    needs.tell = [this](Event event) { handle(std::move(event)); };
    needs.reload = [this](Reloader::Done done) { reloader_.ask(std::move(done)); };
    if (log_.shows(LogLevel::debug))
      needs.log = [this](const std::string& line) {
        log_.write(LogLevel::debug, now().wall, line, {{"web", line}});
      };
    return needs;
  }

  // A port that is taken is an error at the start, never a daemon without the page it was asked for.
  bool serve(const DaemonSettings::Listen& listen, RouteSources sources, std::string_view what) {
    const std::string trouble = web_.serve({listen.address, listen.port}, std::move(sources));
    if (!trouble.empty()) {
      log_.write(LogLevel::error, now().wall, trouble);
      return false;
    }
    log_.write(LogLevel::info, now().wall,
               fmt::format(fmt::runtime(what), describe(web_.listening())));
    return true;
  }

  RouteSources sources() {
    RouteSources sources;
    sources.build = {MINITOR_VERSION};
    sources.snapshot = [this] { return engine_.snapshot(); };
    sources.process = read_process_info;
    sources.figures = [this] { return DaemonFigures{tally_, keeper_.figures(), now().wall}; };
    sources.reload = [this] { return reloader_.last(); };
    return sources;
  }

  bool serve_metrics(const DaemonSettings::Listen& listen) {
    return serve(listen, sources(), "metrics are at http://{}/metrics");
  }

  RouteSources all_sources() {
    RouteSources all = sources();
    all.config = [this] { return config_; };
    all.now = now;
    all.zone = zones_.local();
    all.boot = boot_id();
    if (config_->web) all.settings = *config_->web;
    all.link_secret = links_;
    return all;
  }

  bool serve_page(const DaemonSettings::Listen& listen) {
    RouteSources all = all_sources();
    all.wrong_tokens = std::make_shared<WrongTokens>();
    all.heartbeats = heartbeats_;
    return serve(listen, std::move(all), "the page is at http://{}/");
  }

  // Where another daemon listens, it does this configuration's work already: everyone would be told
  // twice. Any other trouble with a socket that nobody asked for costs the command line, not the checks.
  bool serve_control(const DaemonSettings::Control& control) {
    RouteSources all = all_sources();
    all.trusted = true;
    const auto failure = web_.serve_at(control.path, std::move(all));
    if (!failure) return true;
    const bool taken = failure->kind == UnixDoor::Failure::Kind::taken;
    const bool stops = taken || control.asked_for;
    log_.write(stops ? LogLevel::error : LogLevel::warning, now().wall,
               failure->reason + (taken   ? "; is this configuration watched already? If it is "
                                            "meant to be, give it a control: of its own"
                                  : stops ? ""
                                          : "; the command line cannot talk to this daemon"));
    return !stops;
  }

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      const bool first = !std::exchange(stopping_, true);
      log_.write(LogLevel::info, now().wall,
                 fmt::format("SIG{} received: {}", sigabbrev_np(signal),
                             first ? "running checks are ended, alerts on their way may arrive"
                                   : "ending now"));
      // What still runs, the runner kills as it goes.
      if (!first) return leave(engine_.snapshot().notices_waiting);
      service_manager_.stopping();
      wait_for_signal();
      stop_grace_.expires_after(kStopGrace);
      stop_grace_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) handle(StopNow{});
      });
      handle(StopRequested{});
    });
  }

  // The service manager hears that we live only while the engine is woken when it asked to be: a loop
  // that turns and checks nothing is no life.
  void beat() {
    const auto every = service_manager_.heartbeat();
    if (!every) return;
    if (!wake_at_ || now().monotonic - *wake_at_ < kLatestWake) service_manager_.alive();
    heartbeat_.expires_after(*every);
    heartbeat_.async_wait([this](const boost::system::error_code& error) {
      if (!error) beat();
    });
  }

  void retry_log() {
    if (retrying_log_ || log_.flush()) return;
    retrying_log_ = true;
    log_retry_.expires_after(kLogRetry);
    log_retry_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      retrying_log_ = false;
      retry_log();
    });
  }

  std::shared_ptr<const Config> config_;
  const DaemonSettings& settings_;
  std::shared_ptr<HeartbeatTokens> heartbeats_ =
      std::make_shared<HeartbeatTokens>(settings_.heartbeat_secret);
  Log& log_;
  asio::io_context loop_{1};
  SystemZones zones_;
  ServiceManager service_manager_;
  CommandRunner runner_;
  std::string instance_;
  std::string links_;  // the secret of links in messages; empty: there are none
  Engine engine_;
  Duration suspended_ = suspended();
  asio::steady_timer wake_;
  std::optional<Monotonic> wake_at_;
  asio::steady_timer stop_grace_;
  asio::steady_timer log_retry_;
  asio::steady_timer heartbeat_;
  bool retrying_log_ = false;
  asio::signal_set signals_;
  asio::signal_set hangups_;
  Terminal terminal_;
  bool stopping_ = false;
  std::optional<RunId> test_started_;
  Tally tally_ = tally_of(*config_);
  WebService web_;
  std::shared_ptr<const Config> next_config_;  // of the reload that is asked for
  Reloader reloader_;
  RecordKeeper keeper_;  // last, so that its threads end before what they talk to
};

// None: the history is not for us, and starting would do harm; the log says why.
std::optional<OpenedHistory> open_as_asked(const DaemonSettings& settings, Log& log) {
  if (!settings.history) return OpenedHistory{std::make_shared<MemoryHistory>(), {}, ""};
  try {
    OpenedHistory opened = open_history(*settings.history, now().wall);
    if (!opened.warning.empty()) log.write(LogLevel::error, now().wall, opened.warning);
    return opened;
  } catch (const HistoryRefused& refused) {
    log.write(LogLevel::error, now().wall,
              fmt::format("the history {}: {}", *settings.history, refused.what()));
    return std::nullopt;
  } catch (const HistoryError& error) {
    // The writer says so once more, tries again, and says when it is well.
    log.write(LogLevel::error, now().wall,
              fmt::format("the history {} cannot be opened: {}; what happened before is not known",
                          *settings.history, error.what()));
    return OpenedHistory{};
  }
}

}  // namespace

int run_daemon(std::shared_ptr<const Config> config, const DaemonSettings& settings, Log& log) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit(config->max_concurrent);
  std::optional<OpenedHistory> opened = open_as_asked(settings, log);
  if (!opened) {
    log.flush();
    return 1;
  }
  Daemon daemon(std::move(config), settings, log, *opened);
  return daemon.run();
}

}  // namespace minitor
