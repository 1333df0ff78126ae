// The set of running commands, and all of this room that knows the loop.
//
// How ends are learned: by SIGCHLD and waitid(), without a descriptor for each child. So a machine
// that is out of descriptors loses no child, and orphans that are left to us are reaped by the same
// call. waitid() for any child walks over all of them (0.4 µs with 10, 13 µs with 1,000, 360 µs with
// 10,000 children), for one child it does not (0.4 µs). So a run is asked by its number when its
// output ends, which is how nearly all of them are found, and the walk is not repeated at once where
// there are many.
//
// How deadlines are kept: one ordered set and one timer, which is not moved for each run.
#include "minitor/process/command_runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "minitor/process/command_run.hpp"
#include "minitor/process/deadlines.hpp"
#include "minitor/process/descriptor.hpp"
#include "minitor/process/spawn.hpp"

namespace minitor {
namespace {

namespace asio = boost::asio;
using Pipe = asio::posix::stream_descriptor;
using boost::system::error_code;

// With more runs than this, looking for any child that ended pauses for so long a run.
constexpr std::size_t kManyRuns = 256;
constexpr auto kPauseForEachRun = std::chrono::nanoseconds{400};
// Ends handled in one go: each calls Done, and what comes of that takes its time.
constexpr int kEndsPerTurn = 32;
// Pipes of processes that were left running on purpose; the oldest is closed for one more.
constexpr std::size_t kMostHandedOver = 256;
// The destructor waits for the children it killed, but not for one that cannot die.
constexpr auto kLastWait = std::chrono::seconds{1};

Monotonic now() { return Monotonic{std::chrono::steady_clock::now().time_since_epoch()}; }

// A daemon may be started without stdin, stdout and stderr; then what is opened next would take
// their place.
void open_standard_descriptors() {
  const auto open_null = [] { return Descriptor{open("/dev/null", O_RDWR | O_CLOEXEC)}; };
  Descriptor null = open_null();
  while (null.open() && null.get() <= STDERR_FILENO) {
    (void)null.release();
    null = open_null();
  }
}

// Whatever the one who started us did with SIGCHLD, we hear of our children; Asio sets the handler.
void unblock_child_signal() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  pthread_sigmask(SIG_UNBLOCK, &child, nullptr);
}

}  // namespace

class CommandRunner::Impl : public std::enable_shared_from_this<CommandRunner::Impl> {
 public:
  Impl(asio::io_context& loop, Done done)
      : loop_(loop), done_(std::move(done)), child_ended_(loop), timer_(loop) {
    open_standard_descriptors();
    child_ended_.add(SIGCHLD);
    unblock_child_signal();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void listen() {
    wait_for_children();
    // Children that ended before there was anybody to hear of it.
    asio::post(loop_, [alive = weak_from_this()] {
      if (const auto self = alive.lock()) self->look_for_ends();
    });
  }
  void close();
  void start(RunId id, std::shared_ptr<const Command> command, const std::string& input);
  void end(RunId id);
  [[nodiscard]] std::size_t running() const { return runs_.size(); }

 private:
  struct Running {
    CommandRun run;
    Pipe pipe;
  };
  using Runs = std::unordered_map<std::uint64_t, Running>;

  // What the loop calls back is passed over when the runner is gone.
  template <class F>
  auto while_alive(F f) {
    return [alive = weak_from_this(), f = std::move(f)](const error_code& error, auto&&...) {
      if (error) return;
      if (const auto self = alive.lock()) f(*self);
    };
  }

  std::optional<NotStarted> try_start(RunId id, std::shared_ptr<const Command> command,
                                      const std::string& input);
  void add(RunId id, std::shared_ptr<const Command> command, pid_t child, Monotonic started,
           Pipe pipe);
  void wait_for_output(RunId id, Running& running);
  void on_output(RunId id);
  void wait_for_children();
  void on_child_signal();
  void look_for_ends();
  void settle(Runs::iterator found);
  void finish(Runs::iterator found);
  void forget_child(RunId id, const CommandRun& run);
  void keep_reading(RunId id, Pipe pipe);
  void discard(RunId id);
  void arm();
  void on_timer();

  asio::io_context& loop_;
  Done done_;
  asio::signal_set child_ended_;
  asio::steady_timer timer_;
  Spawner spawner_;
  std::optional<Monotonic> armed_;    // when the timer comes; it may come too early
  std::optional<Monotonic> look_at_;  // when to look for any child that ended
  Monotonic next_look_{};             // not before this
  Runs runs_;
  std::unordered_map<pid_t, RunId> by_child_;  // unreaped children of runs_
  Deadlines deadlines_;
  std::map<RunId, Pipe> handed_over_;
  std::array<char, kBytesPerTurn> buffer_{};
};

// ---- start and end -----------------------------------------------------------------------------

void CommandRunner::Impl::start(RunId id, std::shared_ptr<const Command> command,
                                const std::string& input) {
  assert(!runs_.contains(id.value));
  const auto failed = try_start(id, std::move(command), input);
  if (!failed) return;
  asio::post(loop_, [alive = weak_from_this(), id, failed = *failed] {
    if (const auto self = alive.lock()) self->done_(id, CommandOutcome{failed, {}, 0, false, {}});
  });
}

// Everything that can fail is done before the child is born, memory for its record aside.
std::optional<NotStarted> CommandRunner::Impl::try_start(RunId id,
                                                         std::shared_ptr<const Command> command,
                                                         const std::string& input) {
  pid_t child = -1;
  try {
    const Monotonic started = now();
    auto opened = open_output_pipe();
    if (const auto* failed = std::get_if<NotStarted>(&opened)) return *failed;
    auto& [read_end, write_end] = std::get<OutputPipe>(opened);
    Pipe pipe{loop_};
    error_code error;
    pipe.assign(read_end.get(), error);  // no room in the poll set, for one
    if (error) return NotStarted{StartStage::pipe, error.value()};
    (void)read_end.release();
    const auto born = spawner_.spawn(*command, input, write_end.get());
    if (const auto* failed = std::get_if<NotStarted>(&born)) return *failed;
    child = std::get<pid_t>(born);
    add(id, std::move(command), child, started, std::move(pipe));
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    if (child > 0) kill(-child, SIGKILL);  // reaped unheard
    by_child_.erase(child);
    deadlines_.clear(id);
    runs_.erase(id.value);
    return NotStarted{StartStage::spawn, ENOMEM};
  }
}

void CommandRunner::Impl::add(RunId id, std::shared_ptr<const Command> command, pid_t child,
                              Monotonic started, Pipe pipe) {
  by_child_.insert_or_assign(child, id);
  Running& running = runs_
                         .emplace(id.value, Running{CommandRun{std::move(command), child, started},
                                                    std::move(pipe)})
                         .first->second;
  deadlines_.set(id, running.run.deadline());
  wait_for_output(id, running);
  arm();
}

void CommandRunner::Impl::end(RunId id) {
  const auto found = runs_.find(id.value);
  if (found == runs_.end()) return;
  CommandRun& run = found->second.run;
  run.end(now());
  forget_child(id, run);
  deadlines_.set(id, run.over() ? now() : run.deadline());  // Done is called by the loop, not here
  arm();
}

// Kills what runs and waits for it to be gone, but not for ever.
void CommandRunner::Impl::close() {
  for (const auto& [id, running] : runs_) running.run.kill_group();
  const Monotonic limit = now() + kLastWait;
  for (const auto& [child, id] : by_child_) {
    while (waitpid(child, nullptr, WNOHANG) == 0 && now() < limit) poll(nullptr, 0, 1);
  }
}

// ---- output ------------------------------------------------------------------------------------

void CommandRunner::Impl::wait_for_output(RunId id, Running& running) {
  running.pipe.async_wait(Pipe::wait_read, while_alive([id](Impl& self) { self.on_output(id); }));
}

void CommandRunner::Impl::on_output(RunId id) {
  const auto found = runs_.find(id.value);
  if (found == runs_.end()) return;
  auto& [run, pipe] = found->second;
  run.read_output(pipe.native_handle(), buffer_);
  if (run.output_ended()) {
    run.look_for_end(now());  // it closes its output as it ends
  } else {
    wait_for_output(id, found->second);
  }
  settle(found);
}

// A process that a command left running on purpose would be killed by SIGPIPE if nobody read what it
// writes.
void CommandRunner::Impl::keep_reading(RunId id, Pipe pipe) {
  if (handed_over_.size() == kMostHandedOver) handed_over_.erase(handed_over_.begin());
  handed_over_.emplace(id, std::move(pipe));
  discard(id);
}

void CommandRunner::Impl::discard(RunId id) {
  const auto wait = handed_over_.find(id);
  if (wait == handed_over_.end()) return;
  wait->second.async_wait(Pipe::wait_read, while_alive([id](Impl& self) {
                            const auto found = self.handed_over_.find(id);
                            if (found == self.handed_over_.end()) return;
                            const ssize_t got = read(found->second.native_handle(),
                                                     self.buffer_.data(), self.buffer_.size());
                            if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
                              return self.discard(id);
                            self.handed_over_.erase(found);
                          }));
}

// ---- ends --------------------------------------------------------------------------------------

void CommandRunner::Impl::wait_for_children() {
  child_ended_.async_wait(while_alive([](Impl& self) {
    self.wait_for_children();
    self.on_child_signal();
  }));
}

void CommandRunner::Impl::on_child_signal() {
  if (runs_.size() <= kManyRuns) return look_for_ends();
  if (look_at_) return;
  look_at_ = std::max(next_look_, now());
  arm();
}

void CommandRunner::Impl::look_for_ends() {
  look_at_.reset();
  for (int i = 0; i < kEndsPerTurn; ++i) {
    siginfo_t info{};
    // Look first, reap later: until then the child's process group can be killed without harm to
    // others.
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
      next_look_ = now() + kPauseForEachRun * runs_.size();
      return;
    }
    const auto known = by_child_.find(info.si_pid);
    if (known == by_child_.end()) {
      waitpid(info.si_pid, nullptr, WNOHANG);  // an orphan that was left to us, or a run given up
      continue;
    }
    const auto found = runs_.find(known->second.value);
    found->second.run.look_for_end(now());
    settle(found);
  }
  look_at_ = now();
  arm();
}

// Brings the books in order after something was done to a run; calls Done if it is over.
void CommandRunner::Impl::settle(Runs::iterator found) {
  const RunId id{found->first};
  const CommandRun& run = found->second.run;
  if (run.over()) return finish(found);
  forget_child(id, run);
  deadlines_.set(id, run.deadline());
  arm();
}

void CommandRunner::Impl::finish(Runs::iterator found) {
  auto ended = runs_.extract(found);
  const RunId id{ended.key()};
  auto& [run, pipe] = ended.mapped();
  forget_child(id, run);
  deadlines_.clear(id);
  if (run.handed_over()) {
    keep_reading(id, std::move(pipe));
  } else {
    error_code ignored;
    pipe.close(ignored);
  }
  done_(id, run.take_outcome());
}

// The number of a child that was reaped may be the next one's.
void CommandRunner::Impl::forget_child(RunId id, const CommandRun& run) {
  if (run.has_child()) return;
  const auto known = by_child_.find(run.child());
  if (known != by_child_.end() && known->second == id) by_child_.erase(known);
}

// ---- time --------------------------------------------------------------------------------------

void CommandRunner::Impl::arm() {
  std::optional<Monotonic> next = deadlines_.earliest();
  if (look_at_ && (!next || *look_at_ < *next)) next = look_at_;
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  timer_.expires_at(std::chrono::steady_clock::time_point{next->time_since_epoch()});
  timer_.async_wait(while_alive([](Impl& self) { self.on_timer(); }));
}

void CommandRunner::Impl::on_timer() {
  armed_.reset();
  const Monotonic at = now();
  if (look_at_ && *look_at_ <= at) look_for_ends();
  while (const auto id = deadlines_.take_due(at)) {
    const auto found = runs_.find(id->value);
    auto& [run, pipe] = found->second;
    run.pass_deadline(at, pipe.native_handle(), buffer_);
    settle(found);
  }
  arm();
}

// ---- the door ----------------------------------------------------------------------------------

CommandRunner::CommandRunner(asio::io_context& loop, Done done)
    : impl_(std::make_shared<Impl>(loop, std::move(done))) {
  impl_->listen();
}

CommandRunner::~CommandRunner() { impl_->close(); }

void CommandRunner::start(RunId run, std::shared_ptr<const Command> command,
                          const std::string& input) {
  impl_->start(run, std::move(command), input);
}

void CommandRunner::end(RunId run) { impl_->end(run); }

std::size_t CommandRunner::running() const { return impl_->running(); }

}  // namespace minitor
