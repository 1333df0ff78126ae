#include "tests/simulation/weather.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

Weather::Weather(const Config& config, bool flaps, Chance& chance)
    : config_(config),
      flaps_(flaps),
      chance_(chance),
      targets_(config.monitors.size()),
      alerts_(config.alerts.size()),
      alert_well_(chance.between(minutes{10}, hours{48})),
      alert_bad_(chance.between(minutes{1}, hours{12})) {}

void Weather::age(Mood& mood, Monotonic now, Duration well, Duration bad) {
  while (mood.until <= now) {
    if (mood.kind == Mood::Kind::well) {
      mood.kind = chance_.permille(100) ? Mood::Kind::slow : Mood::Kind::bad;
      mood.bad_permille = chance_.permille(700) ? 1000 : chance_.between(100, 900);  // flapping
      mood.until = std::max(mood.until, now - bad) + chance_.between(seconds{1}, bad * 2);
    } else {
      mood.kind = Mood::Kind::well;
      mood.until = std::max(mood.until, now - well) + chance_.between(seconds{1}, well * 2);
    }
  }
}

bool Weather::short_of_descriptors(Monotonic now) {
  age(machine_, now, hours{400}, hours{2});
  return machine_.kind == Mood::Kind::bad && chance_.permille(machine_.bad_permille);
}

Ending Weather::bad_ending(const Command& command, Duration& takes) {
  switch (chance_.between(0, 5)) {
    case 0:
      takes = command.timeout + milliseconds{chance_.between(0, 5000)};
      return TimedOut{command.timeout, chance_.permille(500)};
    case 1: return Killed{SIGSEGV, false};
    case 2: takes = Duration::zero(); return NotStarted{StartStage::spawn, ENOENT};
    case 3: takes = command.timeout + seconds{5}; return Unkillable{command.timeout};
    default: return Exited{chance_.between(1, 255)};
  }
}

Fate Weather::of_check(MonitorId id, Monotonic now) {
  const Monitor& monitor = config_.monitors[id.value];
  Fate fate;
  fate.outcome.elapsed = chance_.between(milliseconds{1}, milliseconds{900});
  fate.outcome.ending = Exited{0};
  fate.verdict = Verdict::ok;
  if (clear_) return fate;
  if (short_of_descriptors(now)) {
    fate.outcome.elapsed = Duration::zero();
    fate.outcome.ending = NotStarted{StartStage::pipe, chance_.permille(500) ? EMFILE : ENOMEM};
    fate.verdict = Verdict::unknown;
    return fate;
  }
  Mood& mood = targets_[id.value];
  age(mood, now, monitor.interval * 120, monitor.interval * 12);
  if (mood.kind == Mood::Kind::slow) {
    fate.outcome.elapsed = chance_.between(Duration::zero(), monitor.command.timeout);
    // Now and then to the very instant.
    if (chance_.permille(100) && monitor.interval * 2 <= monitor.command.timeout)
      fate.outcome.elapsed = monitor.interval * chance_.between(1, 2);
  }
  const bool bad = mood.kind == Mood::Kind::bad && chance_.permille(mood.bad_permille);
  if (bad || chance_.permille(flaps_ ? 500 : 3)) {
    fate.outcome.ending = bad_ending(monitor.command, fate.outcome.elapsed);
    fate.verdict = Verdict::failure;
  }
  return fate;
}

Fate Weather::of_alert(AlertId id, Monotonic now) {
  Fate fate;
  fate.outcome.elapsed = chance_.between(milliseconds{1}, seconds{3});
  fate.outcome.ending = Exited{0};
  fate.verdict = Verdict::ok;
  if (clear_) return fate;
  if (short_of_descriptors(now)) {
    fate.outcome.elapsed = Duration::zero();
    fate.outcome.ending = NotStarted{StartStage::spawn, EAGAIN};
    fate.verdict = Verdict::unknown;
    return fate;
  }
  Mood& mood = alerts_[id.value];
  age(mood, now, alert_well_, alert_bad_);
  Command command;
  command.timeout = config_.alerts[id.value].timeout;
  if (mood.kind == Mood::Kind::slow)
    fate.outcome.elapsed = chance_.between(seconds{1}, command.timeout);
  if (mood.kind == Mood::Kind::bad && chance_.permille(mood.bad_permille)) {
    fate.outcome.ending = bad_ending(command, fate.outcome.elapsed);
    fate.verdict = Verdict::failure;
    if (chance_.permille(30)) {
      fate.outcome.ending = Exited{78};
    } else if (chance_.permille(100)) {
      fate.outcome.ending = Exited{75};
      fate.outcome.output = "busy\nretry-after: " + std::to_string(chance_.between(0, 2000)) + "\n";
    }
  }
  return fate;
}

}  // namespace minitor::simulation
