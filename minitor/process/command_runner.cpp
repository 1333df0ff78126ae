// Ends are learned by SIGCHLD and waitid, not by a descriptor for each child: a machine that is out
// of descriptors loses no child, and orphans that are left to us are reaped by the same loop. A
// child is signalled only before it was reaped, so that its number cannot be another's.
#include "minitor/process/command_runner.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <set>
#include <unordered_map>
#include <utility>

#include "minitor/process/kept_output.hpp"
#include "minitor/process/spawn.hpp"

namespace minitor {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// After its end, what a command left behind may hold its output open for so long.
constexpr auto kDrainBound = std::chrono::milliseconds{200};
// After a KILL, a child that is not gone by then is given up as unkillable.
constexpr auto kKillBound = std::chrono::seconds{5};
// Read in one go: one command's flood leaves time for the others.
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsPerTurn = 4;

enum class Phase : std::uint8_t {
  running,
  terminating,  // TERM was sent
  killing,      // KILL was sent
  draining,     // ended; something holds its output open
};

struct Run {
  Run(asio::io_context& loop, std::shared_ptr<const Command> what)
      : command(std::move(what)), pipe(loop), output(command->output_bytes) {}

  std::shared_ptr<const Command> command;
  pid_t pid = -1;
  asio::posix::stream_descriptor pipe;
  KeptOutput output;
  Clock::time_point started;
  Clock::time_point ended;
  Clock::time_point deadline;  // of the present phase
  Phase phase = Phase::running;
  bool stopped = false;   // we end it because we were told to, not because it is late
  bool end_of_output = false;
  Ending ending = Stopped{};
};

Ending ending_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return Exited{info.si_status};
  return Killed{info.si_status, info.si_code == CLD_DUMPED};
}

}  // namespace

class CommandRunner::Impl {
 public:
  Impl(asio::io_context& loop, Done done) : loop_(loop), done_(std::move(done)), child_ended_(loop, SIGCHLD), timer_(loop) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    wait_for_children();
  }

  ~Impl() {
    for (auto& [id, run] : runs_) {
      if (run->phase != Phase::draining) kill(-run->pid, SIGKILL);
    }
    for (auto& [id, run] : runs_) {
      if (run->phase != Phase::draining) waitpid(run->pid, nullptr, WNOHANG);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(RunId id, std::shared_ptr<const Command> command, std::string input) {
    const auto result = spawn(*command, input);
    if (const auto* failed = std::get_if<NotStarted>(&result)) return not_started(id, *failed);
    const Spawned child = std::get<Spawned>(result);
    auto run = std::make_shared<Run>(loop_, std::move(command));
    run->pid = child.pid;
    run->started = Clock::now();
    boost::system::error_code error;
    run->pipe.assign(child.output, error);
    if (error) {  // no room in the poll set; the child is reaped when it has ended, unheard
      kill(-child.pid, SIGKILL);
      close(child.output);
      return not_started(id, {StartStage::pipe, error.value()});
    }
    set_deadline(id, *run, run->started + run->command->timeout);
    by_pid_.emplace(child.pid, id.value);
    runs_.emplace(id.value, run);
    read_more(id, run);
  }

  void end(RunId id) {
    const auto found = runs_.find(id.value);
    if (found == runs_.end() || found->second->phase != Phase::running) return;
    found->second->stopped = true;
    terminate(id, *found->second);
  }

  [[nodiscard]] std::size_t running() const { return runs_.size(); }

 private:
  using RunPointer = std::shared_ptr<Run>;

  void not_started(RunId id, NotStarted ending) {
    asio::post(loop_, [this, alive = std::weak_ptr<int>(alive_), id, ending] {
      if (!alive.expired()) done_(id, CommandOutcome{ending, {}, 0, false, {}});
    });
  }

  // --- output ---------------------------------------------------------------------------------

  void read_more(RunId id, const RunPointer& run) {
    run->pipe.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, id, run](const boost::system::error_code& error) {
                           if (error) return;
                           read(*run, kReadsPerTurn);
                           if (!run->end_of_output) return read_more(id, run);
                           if (run->phase == Phase::draining) finish(id, false);
                         });
  }

  void read(Run& run, int turns) {
    for (int i = 0; i < turns && !run.end_of_output; ++i) {
      const ssize_t got = ::read(run.pipe.native_handle(), buffer_.data(), buffer_.size());
      if (got > 0) {
        run.output.append({buffer_.data(), static_cast<std::size_t>(got)});
        continue;
      }
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      run.end_of_output = true;
    }
  }

  // --- ends -----------------------------------------------------------------------------------

  void wait_for_children() {
    child_ended_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      wait_for_children();
      reap();
    });
  }

  void reap() {
    while (true) {
      siginfo_t info{};
      // Look first, reap later: until then its process group can be killed without harm to others.
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
      const auto known = by_pid_.find(info.si_pid);
      if (known == by_pid_.end()) {
        waitpid(info.si_pid, nullptr, 0);  // an orphan that was left to us, or a run given up before
        continue;
      }
      const RunId id{known->second};
      by_pid_.erase(known);
      ended(id, runs_.at(id.value), info);
    }
  }

  void ended(RunId id, const RunPointer& run, const siginfo_t& info) {
    const bool by_us = run->phase != Phase::running;
    if (by_us || run->command->leftovers == Leftovers::kill) kill(-run->pid, SIGKILL);
    waitpid(run->pid, nullptr, 0);
    if (!by_us) {
      run->ending = ending_of(info);
    } else if (run->stopped) {
      run->ending = Stopped{};
    } else {
      run->ending = TimedOut{run->command->timeout, run->phase == Phase::killing};
    }
    run->phase = Phase::draining;
    run->ended = Clock::now();
    read(*run, kReadsPerTurn);
    if (run->end_of_output) return finish(id, false);
    set_deadline(id, *run, Clock::now() + kDrainBound);
  }

  void finish(RunId id, bool output_held) {
    const auto found = runs_.find(id.value);
    const RunPointer run = found->second;
    deadlines_.erase({run->deadline, id.value});
    runs_.erase(found);
    boost::system::error_code ignored;
    run->pipe.close(ignored);
    CommandOutcome outcome{run->ending, {}, run->output.total(), output_held, run->ended - run->started};
    outcome.output = run->output.take();
    done_(id, std::move(outcome));
  }

  // --- deadlines ------------------------------------------------------------------------------

  void set_deadline(RunId id, Run& run, Clock::time_point when) {
    deadlines_.erase({run.deadline, id.value});
    run.deadline = when;
    deadlines_.emplace(when, id.value);
    arm();
  }

  void arm() {
    if (deadlines_.empty() || (armed_ && *armed_ <= deadlines_.begin()->first)) return;
    armed_ = deadlines_.begin()->first;
    timer_.expires_at(*armed_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      armed_.reset();
      pass_deadlines();
      arm();
    });
  }

  void pass_deadlines() {
    const auto now = Clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const RunId id{deadlines_.begin()->second};
      deadlines_.erase(deadlines_.begin());
      const RunPointer run = runs_.at(id.value);
      switch (run->phase) {
        case Phase::running: terminate(id, *run); break;
        case Phase::terminating: force(id, *run); break;
        case Phase::killing: give_up(id, *run); break;
        case Phase::draining: finish(id, true); break;
      }
    }
  }

  void terminate(RunId id, Run& run) {
    run.phase = Phase::terminating;
    kill(-run.pid, SIGTERM);
    set_deadline(id, run, Clock::now() + run.command->grace);
  }

  void force(RunId id, Run& run) {
    run.phase = Phase::killing;
    kill(-run.pid, SIGKILL);
    set_deadline(id, run, Clock::now() + kKillBound);
  }

  // It will be reaped, unheard, when it ends after all.
  void give_up(RunId id, Run& run) {
    by_pid_.erase(run.pid);
    run.ending = Unkillable{run.command->timeout};
    run.ended = Clock::now();
    finish(id, !run.end_of_output);
  }

  asio::io_context& loop_;
  Done done_;
  asio::signal_set child_ended_;
  asio::steady_timer timer_;
  std::optional<Clock::time_point> armed_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::unordered_map<std::uint64_t, RunPointer> runs_;
  std::unordered_map<pid_t, std::uint64_t> by_pid_;
  std::set<std::pair<Clock::time_point, std::uint64_t>> deadlines_;
  std::array<char, kReadBytes> buffer_{};
};

CommandRunner::CommandRunner(asio::io_context& loop, Done done) : impl_(std::make_unique<Impl>(loop, std::move(done))) {}
CommandRunner::~CommandRunner() = default;

void CommandRunner::start(RunId run, std::shared_ptr<const Command> command, std::string input) {
  impl_->start(run, std::move(command), std::move(input));
}
void CommandRunner::end(RunId run) { impl_->end(run); }
std::size_t CommandRunner::running() const { return impl_->running(); }

}  // namespace minitor
