// Whether it is minitor itself that is sick: its network, its machine. While it is, a check that fails
// says nothing of its target.
//
// A canary is a monitor of something that is nearly always there: while the canaries of a scope fail,
// all of them or any (blind_when), minitor is blind in that scope. A canary that never was well proves
// nothing. Nor do canaries that fail while more than half of the monitors that they stand for are seen
// well: then they are what is down, and minitor sees until they are well again.
//
// Pure data and decisions; the engine's part is engine_observer.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/dependencies.hpp"
#include "minitor/core/moment.hpp"

namespace minitor {

struct Config;

// Monitors of this scope need no network: no canary stands for them.
inline constexpr std::string_view kLocalScope = "local";
// What minitor asked to be woken for, or a check that could not be started, may be late so long before
// that counts as blindness.
inline constexpr Duration kDefaultLateAfter = std::chrono::seconds{30};
// For so long after it was late it does not trust a failure.
inline constexpr Duration kSteadyAfter = std::chrono::minutes{1};
// So many checks in a row that could not be started are no accident.
inline constexpr int kUnstartableChecks = 3;
// A failed check waits so long for the canaries, then it counts as it is.
inline constexpr Duration kCanaryPatience = std::chrono::minutes{1};
// Results of one monitor that wait for them at most; the oldest counts as it is.
inline constexpr std::size_t kMostDoubted = 16;
// When sight returns, what was not seen is checked within this time, and no faster than first runs.
inline constexpr Duration kCatchUpTime = std::chrono::seconds{30};

// A canary as its scope sees it.
struct CanaryState {
  bool proven = false;                  // it was well once, in this life or before
  bool bad = false;                     // its last check that could tell failed
  bool down = false;                    // … for as long or as often as its alert_after asks
  Monotonic checked{Monotonic::min()};  // when its last check that ended had begun
};

// What the canaries of a scope say about a failure that was known at `asked`.
enum class CanariesSay : std::uint8_t {
  see,    // one of them is well since (blind_when: all), or all of them are (any)
  blind,  // all are bad since, or any is
  ask,    // it depends on some whose word is older
};
enum class BlindWhen : std::uint8_t { all, any };

[[nodiscard]] CanariesSay ask_canaries(const std::vector<CanaryState>& canaries, BlindWhen when,
                                       Monotonic asked);

// One network, or place, from which minitor looks.
struct NetworkScope {
  std::string name;  // empty: of all monitors that name none
  std::vector<MonitorIndex> canaries;
  std::vector<MonitorIndex> covered;  // those that it stands for, without the canaries
};
// Those that have canaries, in the order in which they are first named.
[[nodiscard]] std::vector<NetworkScope> scopes_of(const Config& config);

// The sight in one scope.
class ScopeSight {
 public:
  ScopeSight(std::size_t canaries, std::size_t covered, BlindWhen when)
      : canaries_(canaries), covered_(covered), when_(when) {}

  // What is known of a canary, by its place in the scope.
  void set(std::size_t canary, const CanaryState& state);
  // A check of a monitor that the scope covers, which told something, and began at `started`.
  void seen(MonitorIndex monitor, bool ok, Monotonic started);
  // They were found to be what is down, in an earlier life.
  void distrust() { distrusted_ = true; }
  // Goes on with what `before` saw, after set() said what is known of the canaries. `number` gives a
  // monitor its new number; none: this scope does not cover it.
  void take_over(const ScopeSight& before,
                 const std::function<std::optional<MonitorIndex>(MonitorIndex)>& number);

  [[nodiscard]] CanariesSay about(Monotonic asked) const;
  // The canaries fail, and there is no reason to doubt them.
  [[nodiscard]] bool blind() const { return failing() && !distrusted_; }
  // … for as long or as often as their alert_after asks.
  [[nodiscard]] bool to_be_told() const;
  [[nodiscard]] bool distrusted() const { return distrusted_; }
  [[nodiscard]] const CanaryState& canary(std::size_t place) const { return canaries_[place]; }

 private:
  [[nodiscard]] bool failing() const;

  std::vector<CanaryState> canaries_;
  std::size_t covered_;
  BlindWhen when_;
  bool distrusted_ = false;
  Monotonic since_{Monotonic::max()};  // they fail since
  std::set<MonitorIndex> well_;        // seen well since
};

// Why minitor is blind. `network`: the canaries of a scope fail. `late`: it was not run, or not in
// time. `unstartable`: no check can be started.
enum class BlindCause : std::uint8_t { network, late, unstartable };
[[nodiscard]] std::string_view name(BlindCause cause);

struct Blindness {
  BlindCause cause{};
  std::string scope;  // of network
  Moment since;
  std::string why;
  std::string incident;     // empty: nobody was told yet
  bool distrusted = false;  // the canaries are what is down: nothing follows from it
  Monotonic until{};        // of late: when it is over unless it is late again
};

// What is to be made of the checks that follow one another and could not be started.
struct Unstartable {
  int checks = 0;
  Moment since;
};

}  // namespace minitor
