// The one place where a process is born.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string_view>
#include <variant>

#include "minitor/core/command.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/process/descriptor.hpp"

namespace minitor {

// What a child's stdout and stderr both write to. Of the kernel's own size: asking for more could be
// refused to a user with many pipes, while with too many of them the kernel makes them smaller by
// itself.
struct OutputPipe {
  Descriptor read;  // non-blocking
  Descriptor write;
};

[[nodiscard]] std::variant<OutputPipe, NotStarted> open_output_pipe();

class Spawner {
 public:
  Spawner();
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  // Starts `command` with `input` on its stdin (empty: /dev/null), stdout and stderr in `output`.
  // The child leads a process group of its own, named by its pid, and has no controlling terminal;
  // it has default signals, none blocked, and no descriptor but its three. A program without a slash
  // is looked up in the PATH that the child will have.
  //
  // Returns when the child executes the program or has failed to: this takes as long as the file
  // systems of its directory and program take. The pid is the caller's to reap.
  [[nodiscard]] std::variant<pid_t, NotStarted> spawn(const Command& command,
                                                      std::string_view input, int output) const;

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace minitor
