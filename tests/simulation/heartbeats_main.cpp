// Senders that beat in time, die, come back, fail and run too long, and a daemon that is killed, stopped and
// away for hours: nobody is woken in vain, and nobody dead goes unnoticed.
//   test_heartbeat_simulation              the fixed seeds, and one from the clock
//   test_heartbeat_simulation --seed N     that one
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "minitor/core/engine.hpp"
#include "minitor/core/saved_json.hpp"
#include "tests/simulation/chance.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kSeeds = 60;
constexpr Duration kLife = hours{24 * 60};
// How much later than it is due something may be seen: timers that are late, and the second look.
constexpr Duration kSlack = seconds{10};

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& what) {
  if (!holds) throw Broken(what);
}

// One sender, and what can be known of it from outside.
struct Sender {
  Monotonic next;         // its next beat, in its own rhythm
  bool dead = false;      // it beats no more
  bool was_dead = false;  // since it was heard
  Monotonic changes;      // when it dies or comes back
  Monotonic heard;        // by the daemon, or when that began to watch
  int lost = 0;           // beats since then that nobody heard
  bool missed = false;    // a failure was recorded since then
  Monotonic late_from;  // the daemon came back later than the next was expected: since when; or max
};

class World {
 public:
  explicit World(std::uint64_t seed) : chance_(seed) {
    Config config;
    config.alerts.emplace_back().name = "log";
    config.monitors.resize(static_cast<std::size_t>(chance_.between(1, 6)));
    for (std::size_t i = 0; i < config.monitors.size(); ++i) {
      Monitor& monitor = config.monitors[i];
      monitor.name = fmt::format("m{}", i);
      monitor.interval = minutes{chance_.between(1, 300)};
      monitor.heartbeat.emplace().grace = minutes{chance_.between(1, 60)};
      monitor.alert_down = monitor.alert_up = {AlertId{0}};
      Sender sender;
      sender.next = now_ + chance_.between(Duration{}, monitor.interval);
      sender.changes = now_ + chance_.between(hours{1}, hours{200});
      sender.heard = now_;
      sender.late_from = Monotonic::max();
      senders_.push_back(sender);
    }
    config_ = std::make_shared<const Config>(std::move(config));
    live();
  }

  void run() {
    const Monotonic end = now_ + kLife;
    Monotonic restart = now_ + chance_.between(minutes{1}, hours{50});
    while (now_ < end) {
      Monotonic next = std::min(end, restart);
      for (const Sender& one : senders_) next = std::min({next, one.next, one.changes});
      if (wake_) next = std::min(next, *wake_);
      now_ = std::max(now_, next);
      if (now_ == restart) {
        be_away(chance_.permille(300) ? chance_.between(Duration{}, Duration{hours{30}})
                                      : chance_.between(Duration{}, Duration{minutes{3}}));
        restart = now_ + (chance_.permille(300) ? chance_.between(Duration{}, Duration{minutes{5}})
                                                : chance_.between(minutes{1}, hours{50}));
        continue;
      }
      if (wake_ && *wake_ <= now_) {
        if (chance_.permille(30)) now_ += chance_.between(Duration{}, Duration{seconds{3}});
        tell(Tick{});
      }
      beats();
      nobody_is_forgotten();
    }
  }

  [[nodiscard]] std::uint64_t told() const { return told_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  [[nodiscard]] std::uint64_t restarts() const { return restarts_; }
  [[nodiscard]] Duration age() const { return now_ - begin_; }

 private:
  const Monitor& monitor(std::size_t i) const { return config_->monitors[i]; }
  Moment moment() const { return {now_, Timestamp{now_.time_since_epoch()} + hours{24 * 20000}}; }

  void live() {
    SavedState back;
    back.life = saved_life(saved_json(kept_.life)).value_or(SavedLife{});
    for (const SavedMonitor& one : kept_.monitors)
      back.monitors.push_back(saved_monitor(saved_json(one)).value());
    engine_ = std::make_unique<Engine>(config_, fmt::format("s{}", ++restarts_), MessageContext{},
                                       moment(), back, chance_.permille(500) ? "boot" : "");
    wake_ = now_;
  }

  // What every event led to is kept: the store's tests say what a crash may lose.
  void be_away(Duration away) {
    now_ += away;
    for (std::size_t i = 0; i < senders_.size(); ++i) {
      Sender& one = senders_[i];
      for (; one.next <= now_; one.next += monitor(i).interval) one.lost += one.dead ? 0 : 1;
      if (now_ > one.heard + monitor(i).interval && one.late_from == Monotonic::max())
        one.late_from = now_;
    }
    came_back_ = now_;
    live();
  }

  void beats() {
    for (std::size_t i = 0; i < senders_.size(); ++i) {
      Sender& one = senders_[i];
      if (one.changes <= now_) {
        one.dead = !one.dead;
        one.was_dead = true;
        one.changes = now_ + (one.dead ? chance_.between(hours{1}, hours{60})
                                       : chance_.between(hours{5}, hours{300}));
        // It may have begun anew at any time.
        if (!one.dead) one.next = now_ + chance_.between(Duration{}, monitor(i).interval);
      }
      if (one.next > now_) continue;
      one.next += monitor(i).interval;
      if (one.dead) continue;
      // A beat that is a little late, but within its grace, is the same as one in time.
      one.heard = now_;
      one.lost = 0;
      one.was_dead = false;
      one.missed = false;
      one.late_from = Monotonic::max();
      told_ += 1;
      tell(HeartbeatReceived{MonitorId{static_cast<std::uint32_t>(i)}, {}, {}});
      require(engine_->snapshot().monitors[i].status == Status::up, "who is heard is up");
    }
  }

  void tell(Event event) {
    for (const Effect& effect : engine_->handle(std::move(event), moment())) {
      if (const auto* save = std::get_if<SaveState>(&effect)) apply(kept_, save->change);
      if (const auto* wake = std::get_if<WakeAt>(&effect)) wake_ = wake->when;
      require(!std::holds_alternative<StartCommand>(effect), "nothing is run");
      const auto* check = std::get_if<RecordCheck>(&effect);
      if (check != nullptr && check->verdict == Verdict::failure) judge(check->monitor.value);
    }
  }

  // It is said to be missing. Is it?
  void judge(std::size_t i) {
    Sender& one = senders_[i];
    const Monitor& monitor = config_->monitors[i];
    ++missed_;
    require(now_ - one.heard >= monitor.interval + monitor.heartbeat->grace,
            fmt::format("m{} has its time", i));
    require(one.was_dead || one.missed || one.lost >= 2,
            fmt::format("m{} is not dead, and one beat that nobody could hear is forgiven", i));
    one.missed = true;
  }

  void nobody_is_forgotten() {
    for (std::size_t i = 0; i < senders_.size(); ++i) {
      const Sender& one = senders_[i];
      if (one.missed) continue;
      const Duration time = config_->monitors[i].interval + config_->monitors[i].heartbeat->grace;
      Monotonic latest = one.heard + time;
      if (one.late_from != Monotonic::max()) latest = std::max(latest, one.late_from + time);
      require(now_ <= latest + kSlack || now_ - came_back_ <= kSlack,
              fmt::format("m{} is not forgotten", i));
    }
  }

  Chance chance_;
  Monotonic begin_{hours{24 * 365}};
  Monotonic now_ = begin_;
  Monotonic came_back_ = begin_;
  std::shared_ptr<const Config> config_;
  std::vector<Sender> senders_;
  std::unique_ptr<Engine> engine_;
  SavedState kept_;
  std::optional<Monotonic> wake_;
  std::uint64_t told_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t restarts_ = 0;
};

struct Counts {
  std::uint64_t told = 0;
  std::uint64_t missed = 0;
  std::uint64_t restarts = 0;
};

bool live(std::uint64_t seed, Counts& counts) {
  World world(seed);
  try {
    world.run();
  } catch (const Broken& broken) {
    fmt::print("seed {} after {}: broken: {}\n  replay: test_heartbeat_simulation --seed {}\n",
               seed, format_duration(world.age()), broken.what(), seed);
    return false;
  }
  counts.told += world.told();
  counts.missed += world.missed();
  counts.restarts += world.restarts();
  return true;
}

}  // namespace
}  // namespace minitor::simulation

int main(int argc, char** argv) {
  using minitor::simulation::Counts;
  using minitor::simulation::kSeeds;
  using minitor::simulation::live;
  Counts counts;
  if (argc > 2) return live(std::stoull(argv[2]), counts) ? 0 : 1;
  int broken = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) broken += live(seed, counts) ? 0 : 1;
  const auto clock = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds{1};
  broken += live(static_cast<std::uint64_t>(clock), counts) ? 0 : 1;
  fmt::print("{} heartbeats heard, {} missed, {} restarts, {} seeds broken\n", counts.told,
             counts.missed, counts.restarts, broken);
  // A world in which nothing happens proves nothing.
  const bool lively = counts.told > 10'000 && counts.missed > 1000 && counts.restarts > 1000;
  return broken == 0 && lively ? 0 : 1;
}
