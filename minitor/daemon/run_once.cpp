#include "minitor/daemon/run_once.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstddef>
#include <utility>

#include "minitor/daemon/stop_signals.hpp"
#include "minitor/process/command_runner.hpp"

namespace minitor {
namespace {

class Batch {
 public:
  Batch(const std::vector<RunOnce>& runs, int max_concurrent)
      : runs_(runs),
        outcomes_(runs.size(), CommandOutcome{Stopped{}, {}, 0, false, {}}),
        max_concurrent_(static_cast<std::size_t>(max_concurrent)),
        runner_(loop_,
                [this](RunId run, CommandOutcome outcome) { finished(run, std::move(outcome)); }),
        signals_(loop_) {
    add_stop_signals(signals_);
  }

  std::vector<CommandOutcome> run() {
    if (runs_.empty()) return {};
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      // What was not started keeps its outcome, Stopped.
      const std::size_t started = std::exchange(next_, runs_.size());
      if (left_ == 0) return loop_.stop();
      for (std::size_t i = 0; i < started; ++i) runner_.end(RunId{i});
    });
    start_some();
    loop_.run();
    return std::move(outcomes_);
  }

 private:
  void start_some() {
    for (; next_ < runs_.size() && left_ < max_concurrent_; ++next_) {
      ++left_;
      runner_.start(RunId{next_}, runs_[next_].command, runs_[next_].input);
    }
  }

  void finished(RunId run, CommandOutcome outcome) {
    outcomes_[run.value] = std::move(outcome);
    --left_;
    start_some();
    if (left_ == 0) loop_.stop();
  }

  const std::vector<RunOnce>& runs_;
  std::vector<CommandOutcome> outcomes_;
  std::size_t max_concurrent_;
  std::size_t next_ = 0;  // the first that was not started
  std::size_t left_ = 0;  // started and not finished
  boost::asio::io_context loop_{1};
  CommandRunner runner_;
  boost::asio::signal_set signals_;
};

}  // namespace

std::vector<CommandOutcome> run_to_the_end(const std::vector<RunOnce>& runs, int max_concurrent) {
  std::signal(SIGPIPE, SIG_IGN);
  return Batch{runs, max_concurrent}.run();
}

}  // namespace minitor
