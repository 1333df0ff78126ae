// Which monitor needs which: what holds the alerts of one back while the cause is another, and what
// an outage takes down with it. A graph without state; it is the same after a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace minitor {

// Monitors by their position in Config::monitors.
using MonitorIndex = std::uint32_t;

// Met while at least one of these is well.
struct AnyOf {
  std::vector<MonitorIndex> parents;  // never empty
  friend bool operator==(const AnyOf&, const AnyOf&) = default;
};
// Met while each of these is met; empty: nothing is needed.
using Needs = std::vector<AnyOf>;

// What is known of a parent by somebody who asks whether it is the cause.
enum class ParentState : std::uint8_t {
  well,  // a check that began after the trouble did says so
  bad,   // failing or down
  old,   // was well, or was never checked: its word is older than the trouble
};

struct ParentsSay {
  enum class Word : std::uint8_t { well, bad, ask };
  Word word = Word::well;
  std::vector<MonitorIndex> causes;    // bad: those that are, in the order of the needs
  std::vector<MonitorIndex> to_check;  // ask: those whose word is old
};

// Bad when a need cannot be met by anyone; ask when that depends on parents whose word is old.
[[nodiscard]] ParentsSay ask_parents(const Needs& needs,
                                     const std::function<ParentState(MonitorIndex)>& state);

class DependencyGraph {
 public:
  DependencyGraph() = default;
  // `needs` by node. Must have no circle.
  explicit DependencyGraph(std::vector<Needs> needs);

  [[nodiscard]] const Needs& needs(MonitorIndex node) const { return needs_[node]; }
  [[nodiscard]] const std::vector<MonitorIndex>& children(MonitorIndex node) const {
    return children_[node];
  }

  // Those that cannot be well when `cause` is bad and so are those for which `bad` says so, directly
  // or by way of others; ascending, without the cause itself.
  [[nodiscard]] std::vector<MonitorIndex> taken_down(
      MonitorIndex cause, const std::function<bool(MonitorIndex)>& bad) const;

 private:
  std::vector<Needs> needs_;
  std::vector<std::vector<MonitorIndex>> children_;
};

// A way from a node back to itself, that node at both ends; none when there is no circle.
[[nodiscard]] std::optional<std::vector<MonitorIndex>> find_circle(const std::vector<Needs>& needs);

}  // namespace minitor
