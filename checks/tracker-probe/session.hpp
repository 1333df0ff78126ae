// One run of the program: the event loop, the resolver, the engines, signals, and how many targets
// are in flight at once.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "checks/tracker-probe/command_line.hpp"

namespace tracker_probe {

class Session {
 public:
  explicit Session(const CommandLine& line);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  using OnResult = std::function<void(TargetResult)>;
  using OnTick = std::function<void()>;
  /// Probes all of them, `parallel` at a time, and hands over each result as it comes. `rate` is in
  /// packets a second, 0 for no limit. Returns early when interrupted. `tick` runs ten times a second.
  void run(const std::vector<TargetSpec>& targets, std::size_t parallel, double rate,
           const OnResult& on_result, const OnTick& tick = {});
  /// One pass without a limit of rate; the results in the order of the targets' indexes.
  [[nodiscard]] std::vector<TargetResult> probe_all(const std::vector<TargetSpec>& targets,
                                                    std::size_t parallel);
  /// Gives the clean-up that is still on its way until then, or 200 ms if that is sooner. To be
  /// called when the verdict is out: nobody waits for it.
  void finish_clean_up(Instant until);
  /// Waits; false when interrupted.
  bool pause(std::chrono::milliseconds time);
  /// A signal asked us to end; what was announced has been taken back.
  [[nodiscard]] bool interrupted() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace tracker_probe
