#include "minitor/process/command_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace minitor {
namespace {

// A limit too far away for the clock is none.
Monotonic after(Monotonic now, Duration wait) {
  return wait < Monotonic::max() - now ? now + wait : Monotonic::max();
}

}  // namespace

CommandRun::CommandRun(std::shared_ptr<const Command> command, pid_t child, Monotonic started)
    : command_(std::move(command)),
      child_(child),
      output_(command_->output_bytes),
      started_(started),
      ended_(started),
      deadline_(after(started, command_->timeout)) {
  assert(child > 1);  // kill() reads 0, 1 and their negatives as something far larger than a group
}

void CommandRun::read_output(int pipe, std::span<char> buffer, std::size_t limit) {
  std::size_t taken = 0;
  while (!output_ended_ && taken < limit) {
    const ssize_t got = read(pipe, buffer.data(), std::min(buffer.size(), limit - taken));
    if (got > 0) {
      output_.append({buffer.data(), static_cast<std::size_t>(got)});
      taken += static_cast<std::size_t>(got);
    } else if (got == 0) {
      output_ended_ = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      output_ended_ = true;
    }
  }
  if (output_ended_ && phase_ == Phase::draining) phase_ = Phase::over;
}

void CommandRun::look_for_end(Monotonic now) {
  if (!has_child()) return;
  siginfo_t info{};
  const auto id = static_cast<id_t>(child_);
  if (waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    ending_ =
        NotStarted{StartStage::spawn, errno};  // somebody else reaped it: nobody knows its end
    return drain(now);
  }
  if (info.si_pid == 0) return;
  if (cause_ != Cause::itself || command_->leftovers == Leftovers::kill) kill_group();
  waitpid(child_, nullptr, 0);
  ending_ = ending_of(info);
  drain(now);
}

Ending CommandRun::ending_of(const siginfo_t& info) const {
  switch (cause_) {
    case Cause::deadline: return TimedOut{command_->timeout, phase_ == Phase::killing};
    case Cause::told: return Stopped{};
    case Cause::itself: break;
  }
  if (info.si_code == CLD_EXITED) return Exited{info.si_status};
  return Killed{info.si_status, info.si_code == CLD_DUMPED};
}

void CommandRun::drain(Monotonic now) {
  ended_ = now;
  deadline_ = after(now, kHeldOutputWait);
  phase_ = output_ended_ ? Phase::over : Phase::draining;
}

void CommandRun::pass_deadline(Monotonic now, int pipe, std::span<char> buffer) {
  // A busy loop may come here late: what happened by itself until now was first.
  look_for_end(now);
  if (now < deadline_) return;
  switch (phase_) {
    case Phase::running: return terminate(Cause::deadline, now);
    case Phase::terminating: return force(now);
    case Phase::killing: return give_up(now);
    case Phase::draining:
      read_output(pipe, buffer, kBytesAtTheEnd);
      phase_ = Phase::over;
      return;
    case Phase::over: return;
  }
}

void CommandRun::end(Monotonic now) {
  if (phase_ != Phase::running) return;
  look_for_end(now);
  if (phase_ == Phase::running) terminate(Cause::told, now);
}

void CommandRun::terminate(Cause cause, Monotonic now) {
  cause_ = cause;
  phase_ = Phase::terminating;
  deadline_ = after(now, command_->grace);
  kill(-child_, SIGTERM);
  kill(-child_, SIGCONT);  // one that is stopped would not hear the TERM
}

void CommandRun::force(Monotonic now) {
  phase_ = Phase::killing;
  deadline_ = after(now, kKillWait);
  if (kill(-child_, SIGKILL) == 0 || errno != EPERM) return;
  // Every process of the group is another user's (sudo): waiting would change nothing. Unless what
  // refused is but the leader's zombie.
  look_for_end(now);
  if (phase_ == Phase::killing) give_up(now);
}

void CommandRun::give_up(Monotonic now) {
  ended_ = now;
  phase_ = Phase::over;
  if (cause_ == Cause::told) {
    ending_ = Stopped{};
  } else {
    ending_ = Unkillable{command_->timeout};
  }
}

void CommandRun::kill_group() const {
  if (has_child()) kill(-child_, SIGKILL);
}

bool CommandRun::handed_over() const {
  return !output_ended_ && cause_ == Cause::itself && command_->leftovers == Leftovers::leave;
}

CommandOutcome CommandRun::take_outcome() {
  assert(over());
  CommandOutcome outcome{ending_, {}, output_.total(), !output_ended_, ended_ - started_};
  outcome.output = output_.take();
  return outcome;
}

}  // namespace minitor
