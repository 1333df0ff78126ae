// How many events the engine decides in a second: 10,000 monitors, of whose checks one in 53
// fails, and two alerts, one of which fails each second time. No process and no descriptor in it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "minitor/core/config.hpp"
#include "minitor/core/engine.hpp"

namespace {

using namespace minitor;

constexpr int kMonitors = 10'000;
constexpr std::uint64_t kEvents = 3'000'000;

std::shared_ptr<const Config> make_config() {
  Config config;
  for (const char* name : {"mail", "chat"}) {
    Alert alert;
    alert.name = name;
    alert.message = std::get<ArgvTemplate>(
        ArgvTemplate::compile({"send", "{{.MonitorName}} failed {{.FailureCount}} times"}));
    alert.timeout = std::chrono::seconds{30};
    config.alerts.push_back(alert);
  }
  for (int i = 0; i < kMonitors; ++i) {
    Monitor monitor;
    monitor.name = fmt::format("monitor {}", i);
    monitor.command.program = Argv{{"check", monitor.name}};
    monitor.command.timeout = std::chrono::seconds{30};
    monitor.interval = std::chrono::seconds{30};
    monitor.rules.after = AfterFailures{1};
    monitor.alert_down = {AlertId{0}, AlertId{1}};
    monitor.alert_up = monitor.alert_down;
    config.monitors.push_back(std::move(monitor));
  }
  return std::make_shared<const Config>(std::move(config));
}

// Everything that runs takes the same time, so what began first ends first.
struct Children {
  Duration takes;
  std::deque<std::pair<Monotonic, RunId>> running;
};

class World {
 public:
  World() : engine_(make_config(), "b", MessageContext{}, now()) {}

  void live(std::uint64_t events) {
    for (std::uint64_t i = 0; i < events; ++i) step();
  }
  [[nodiscard]] Snapshot snapshot() const { return engine_.snapshot(); }

 private:
  [[nodiscard]] Moment now() const { return {now_, Timestamp{now_.time_since_epoch()}}; }

  void step() {
    Children* next = nullptr;
    for (Children* children : {&checks_, &alerts_}) {
      if (children->running.empty()) continue;
      if (next == nullptr || children->running.front().first < next->running.front().first)
        next = children;
    }
    if (next == nullptr || (wake_ && *wake_ < next->running.front().first)) {
      now_ = std::max(now_, *wake_);
      tell(Tick{});
      return;
    }
    const auto [when, run] = next->running.front();
    next->running.pop_front();
    now_ = std::max(now_, when);
    CommandFinished finished{run, {}};
    const bool fails = next == &checks_ ? ++checks_done_ % 53 == 0 : ++alerts_done_ % 4 == 0;
    finished.outcome.ending = Exited{fails ? 1 : 0};
    finished.outcome.output = "connected in 12 ms\n";
    finished.outcome.output_total = finished.outcome.output.size();
    finished.outcome.elapsed = next->takes;
    tell(std::move(finished));
  }

  void tell(Event event) {
    for (const Effect& effect : engine_.handle(std::move(event), now())) {
      if (const auto* start = std::get_if<StartCommand>(&effect)) {
        Children& children = start->purpose == RunPurpose::check ? checks_ : alerts_;
        children.running.emplace_back(now_ + children.takes, start->run);
      } else if (const auto* wake = std::get_if<WakeAt>(&effect)) {
        wake_ = wake->when;
      }
    }
  }

  Monotonic now_{};
  Children checks_{std::chrono::milliseconds{100}, {}};
  Children alerts_{std::chrono::milliseconds{300}, {}};
  std::optional<Monotonic> wake_ = now_;
  std::uint64_t checks_done_ = 0;
  std::uint64_t alerts_done_ = 0;
  Engine engine_;
};

double seconds_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

int main() {
  World world;
  world.live(kEvents / 10);
  auto begun = std::chrono::steady_clock::now();
  world.live(kEvents);
  const double took = seconds_since(begun);
  fmt::print("engine_events: {:.0f} events/s\n", static_cast<double>(kEvents) / took);
  fmt::print("engine_event: {:.0f} ns\n", took * 1e9 / static_cast<double>(kEvents));
  begun = std::chrono::steady_clock::now();
  const Snapshot snapshot = world.snapshot();
  fmt::print("engine_snapshot_10000: {:.2f} ms\n", seconds_since(begun) * 1e3);
  std::uint64_t delivered = 0;
  for (const DeliverySnapshot& one : snapshot.deliveries) delivered += one.delivered;
  fmt::print("engine_notices_delivered: {} notices\n", delivered);
}
