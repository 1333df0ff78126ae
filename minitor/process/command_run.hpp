// One running command, from its birth to its one outcome: its output is read, its deadline is kept,
// and it is ended by TERM, then KILL, to its whole process group.
//
// It waits for nothing and reads no clock: whoever owns it calls it when its pipe is readable, when
// its child may have ended and when its deadline has come, each as often as it likes.
//
// A process number can be another's as soon as its process was reaped. So the group is signalled only
// while its leader is ours to reap, be it as a zombie: an end is first seen, then what is left of the
// group is killed, then the leader is reaped.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "minitor/core/command.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/process/kept_output.hpp"

namespace minitor {

// What a command left behind, out of our reach, may hold its output open for so long after its end.
inline constexpr Duration kHeldOutputWait = std::chrono::milliseconds{200};
// A child that is not gone so long after its KILL is given up as unkillable.
inline constexpr Duration kKillWait = std::chrono::seconds{5};
// Read in one go: the flood of one command leaves time for the others.
inline constexpr std::size_t kBytesPerTurn = 64 * 1024;
// The most that the kernel keeps in a pipe (fs.pipe-max-size): read at the end, whatever it takes.
inline constexpr std::size_t kBytesAtTheEnd = 1024 * 1024;

class CommandRun {
 public:
  // `child` is an unreaped child of ours that leads its group.
  CommandRun(std::shared_ptr<const Command> command, pid_t child, Monotonic started);

  // Reads from `pipe`, non-blocking, through `buffer`, at most about `limit` bytes.
  void read_output(int pipe, std::span<char> buffer, std::size_t limit = kBytesPerTurn);

  // Sees whether the child has ended and, if so, reaps it.
  void look_for_end(Monotonic now);

  // The deadline is over. Before the outcome this may read once more from `pipe`.
  void pass_deadline(Monotonic now, int pipe, std::span<char> buffer);

  // It is to end early. Does nothing to one that has already ended or is being ended.
  void end(Monotonic now);

  // Kills the group, now and without an outcome.
  void kill_group() const;

  [[nodiscard]] pid_t child() const { return child_; }
  // False once it was reaped or given up: its number may then mean another process.
  [[nodiscard]] bool has_child() const { return phase_ < Phase::draining; }
  [[nodiscard]] bool output_ended() const { return output_ended_; }
  // Nothing more will come; take the outcome.
  [[nodiscard]] bool over() const { return phase_ == Phase::over; }
  // When to call pass_deadline(); means nothing when it is over.
  [[nodiscard]] Monotonic deadline() const { return deadline_; }
  // Something that this run was to leave alone still writes to the pipe, and closing it would kill it.
  [[nodiscard]] bool handed_over() const;

  // To be called once.
  [[nodiscard]] CommandOutcome take_outcome();

 private:
  enum class Phase : std::uint8_t {
    running,
    terminating,  // TERM was sent
    killing,      // KILL was sent
    draining,     // reaped; its output may still be open
    over,
  };
  enum class Cause : std::uint8_t { itself, deadline, told };

  void terminate(Cause cause, Monotonic now);
  void force(Monotonic now);
  void give_up(Monotonic now);
  [[nodiscard]] Ending ending_of(const siginfo_t& info) const;
  void drain(Monotonic now);

  std::shared_ptr<const Command> command_;
  pid_t child_;
  Phase phase_ = Phase::running;
  Cause cause_ = Cause::itself;
  bool output_ended_ = false;
  KeptOutput output_;
  Ending ending_ = Stopped{};
  Monotonic started_;
  Monotonic ended_;
  Monotonic deadline_;
};

}  // namespace minitor
