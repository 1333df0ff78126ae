#include "tests/simulation/policy_world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/zones.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Cron cron(const std::string& text) { return std::get<Cron>(Cron::parse(text)); }

// In the books: what is told of minitor itself.
constexpr MonitorIndex kOurselves = ~MonitorIndex{0};

std::string_view variable(const Command& command, std::string_view name) {
  for (const auto& [key, value] : command.environment) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

void require(bool holds, const std::string& what) {
  if (!holds) throw PolicyBroken(what);
}

PolicyWorld::PolicyWorld(std::uint64_t seed, Duration length) : chance_(seed), length_(length) {
  make_config();
  restart();
}

Window PolicyWorld::make_window(const std::string& name) {
  const std::vector<TimeZone> zones{TimeZone{}, tests::berlin(), tests::new_york(),
                                    tests::lord_howe()};
  Window window;
  window.name = name;
  window.zone = zones[static_cast<std::size_t>(chance_.between(0, 3))];
  const std::string days = chance_.permille(300) ? "sat" : "*";
  const std::string opens =
      fmt::format("{} {} * * {}", chance_.between(0, 59), chance_.between(0, 23), days);
  window.when = Window::Recurring{cron(opens), minutes{chance_.between(10, 600)}};
  return window;
}

void PolicyWorld::make_windows() {
  const int count = chance_.between(1, 4);
  for (int i = 0; i < count; ++i) making_.windows.push_back(make_window(fmt::format("w{}", i)));
}

Monitor PolicyWorld::make_monitor(MonitorIndex number, MonitorIndex index) {
  Monitor monitor;
  monitor.name = fmt::format("m{}", number);
  monitor.command.program = Argv{{"check"}};
  monitor.command.timeout = seconds{30};
  // Seldom enough for years to be cheap, often enough for races.
  monitor.interval =
      minutes{chance_.permille(150) ? chance_.between(1, 15) : chance_.between(10, 60)};
  if (chance_.permille(100))
    monitor.schedule =
        Schedule{cron(fmt::format("*/{} * * * *", chance_.between(10, 40))), tests::berlin()};
  monitor.rules.after = AfterFailures{chance_.between(1, 3)};
  switch (chance_.between(0, 3)) {
    case 0: monitor.rules.every = EveryNever{}; break;
    case 1: monitor.rules.every = EveryDuration{hours{chance_.between(1, 12)}}; break;
    case 2: monitor.rules.every = EveryFailures{chance_.between(1, 20)}; break;
    default: monitor.rules.every = EveryBackoff{}; break;
  }
  if (chance_.permille(200)) monitor.rules.recover_after = AfterFailures{chance_.between(2, 4)};
  if (chance_.permille(100))
    monitor.rules.recover_after = AfterDuration{minutes{chance_.between(1, 60)}};
  for (std::uint32_t i = 0; i < making_.alerts.size(); ++i) {
    if (chance_.permille(700)) monitor.alert_down.push_back(AlertId{i});
  }
  monitor.alert_up = monitor.alert_down;
  if (chance_.permille(300)) monitor.alert_recovered = monitor.alert_down;
  for (std::uint32_t i = 0; i < making_.windows.size(); ++i) {
    if (chance_.permille(250)) monitor.maintenance.push_back(WindowId{i});
    if (chance_.permille(120)) monitor.only_in.push_back(WindowId{i});
  }
  // Only on earlier ones: never a circle.
  for (MonitorIndex parent = 0; parent < index; ++parent) {
    if (chance_.permille(200)) monitor.needs.push_back({{parent}});
  }
  if (index > 1 && chance_.permille(200)) monitor.needs.push_back({{0, index - 1}});
  const int steps = chance_.permille(400) ? chance_.between(1, 2) : 0;
  for (int i = 0; i < steps; ++i) {
    Repair repair;
    repair.command.program = Argv{{"repair"}};
    repair.command.timeout = seconds{60};
    repair.limits.wait = seconds{chance_.between(0, 30)};
    repair.limits.attempts = chance_.between(1, 3);
    repair.limits.cooldown = minutes{chance_.between(0, 20)};
    repair.limits.per_hour = chance_.between(1, 6);
    if (chance_.permille(600)) repair.limits.lock = fmt::format("lock{}", chance_.between(0, 1));
    monitor.repairs.push_back(std::move(repair));
  }
  if (chance_.permille(150)) {
    monitor.only_when = Command{};
    monitor.only_when->program = Argv{{"gate"}};
    monitor.only_when->timeout = seconds{10};
  }
  monitor.flapping = chance_.permille(250);
  if (chance_.permille(200)) {
    monitor.exit_codes = ExitCodes::nagios;
    monitor.rules.warnings = chance_.permille(500);
  }
  make_ladder(monitor);
  return monitor;
}

void PolicyWorld::make_ladder(Monitor& monitor) {
  if (!chance_.permille(500)) return;
  const bool in_time = chance_.permille(700);
  const int steps = chance_.between(1, 4);
  Duration after{};
  int failures = 0;
  for (int i = 0; i < steps; ++i) {
    EscalationStep& step = monitor.escalate.emplace_back();
    after += minutes{chance_.between(1, 90)};
    failures += chance_.between(1, 30);
    if (in_time) {
      step.after = AfterDuration{after};
    } else {
      step.after = AfterFailures{failures};
    }
    for (std::uint32_t alert = 0; alert < making_.alerts.size(); ++alert) {
      if (chance_.permille(500)) step.alerts.push_back(AlertId{alert});
    }
  }
}

// Steps are told in their order, each once, none before its time.
void PolicyWorld::climb(const RecordNotice& record) {
  const Notice& notice = *record.notice;
  Climb& climb = climbs_[notice.incident];
  if (notice.kind == NoticeKind::problem && climb.since == Monotonic{}) climb.since = now_;
  if (notice.kind != NoticeKind::escalation || climb.notice == notice.id) return;
  const Monitor& monitor = *this->monitor(number_of(notice.monitor));
  require(climb.since != Monotonic{} || monitor.alert_down.empty() ||
              realerted_.contains(number_of(notice.monitor)),
          "nothing is escalated before it was told");
  climb.notice = notice.id;
  constexpr std::string_view kStep = "(escalate, step ";
  const std::size_t at = notice.reason.find(kStep);
  require(at != std::string::npos, "an escalation says which step it is");
  const int step = std::stoi(notice.reason.substr(at + kStep.size()));
  require(step > climb.step, "a step is told once");
  climb.step = step;
  const auto& after = monitor.escalate.at(static_cast<std::size_t>(step - 1)).after;
  if (const auto* wait = std::get_if<AfterDuration>(&after))
    require(now_ - climb.since >= wait->duration, "a step is not told before its time");
  ++counts_.escalations;
}

// What is always there while our uplink is.
void PolicyWorld::make_canaries() {
  const int count = chance_.between(1, 3);
  for (int i = 0; i < count; ++i) {
    Monitor canary;
    canary.name = fmt::format("m{}", next_number_++);
    canary.command.program = Argv{{"check"}};
    canary.command.timeout = seconds{30};
    canary.interval = minutes{chance_.between(10, 40)};
    canary.rules.after = AfterFailures{chance_.between(1, 2)};
    canary.canary = true;
    making_.monitors.push_back(std::move(canary));
  }
  for (Monitor& monitor : making_.monitors) {
    if (!monitor.canary && chance_.permille(200)) monitor.scope = kLocalScope;
  }
  if (chance_.permille(300)) making_.observer.blind_when = BlindWhen::any;
}

void PolicyWorld::make_config() {
  const int alerts = chance_.between(1, 3);
  for (int i = 0; i < alerts; ++i) {
    Alert alert;
    alert.name = fmt::format("a{}", i);
    alert.message = std::get<ArgvTemplate>(ArgvTemplate::compile({"send"}));
    alert.timeout = seconds{30};
    alert.attempts = kMaxAttempts;
    making_.alerts.push_back(std::move(alert));
  }
  make_windows();
  const int monitors = chance_.between(2, 9);
  for (int i = 0; i < monitors; ++i)
    making_.monitors.push_back(make_monitor(next_number_++, static_cast<MonitorIndex>(i)));
  if (chance_.permille(500)) make_canaries();
  for (std::uint32_t i = 0; i < making_.alerts.size(); ++i)
    making_.observer.alerts.push_back(AlertId{i});
  if (chance_.permille(300)) making_.max_concurrent = chance_.between(1, 3);
  config_ = std::make_shared<const Config>(std::move(making_));
}

// The daemon dies and comes back; what it said to be kept was kept.
void PolicyWorld::restart() {
  // It could not end them: what repairs goes on without it.
  std::erase_if(children_,
                [](const auto& child) { return child.second.purpose != RunPurpose::repair; });
  // What is left of a ladder that is gone is not known after a crash.
  std::erase_if(children_, [&](const auto& child) {
    if (child.second.left) --locks_[child.second.lock];
    return child.second.left;
  });
  for (auto& [when, child] : children_) child.orphan = true;
  unseen_.clear();
  restart_at_.reset();
  ++life_;
  lived_since_ = now_;
  engine_ = std::make_unique<Engine>(config_, fmt::format("s{}", life_), MessageContext{}, now(),
                                     kept_, "boot");
  wake_ = now_;
}

MonitorIndex PolicyWorld::number_of(const std::string& name) {
  return static_cast<MonitorIndex>(std::stoul(name.substr(1)));
}

const Monitor* PolicyWorld::monitor(MonitorIndex number) const {
  for (const Monitor& one : config_->monitors) {
    if (number_of(one.name) == number) return &one;
  }
  return nullptr;
}

bool PolicyWorld::in_a_window(const Monitor& monitor, Timestamp when) const {
  const auto open = [&](WindowId id) {
    // Not by open_at(): by walking from opening to opening.
    const Window& window = config_->windows[id.value];
    const auto& recurring = std::get<Window::Recurring>(window.when);
    const auto next = recurring.opens.next(when - recurring.length, window.zone);
    return next && *next <= when;
  };
  if (std::any_of(monitor.maintenance.begin(), monitor.maintenance.end(), open)) return true;
  return !monitor.only_in.empty() &&
         std::none_of(monitor.only_in.begin(), monitor.only_in.end(), open);
}

bool PolicyWorld::parents_up(const Monitor& monitor) const {
  return std::all_of(monitor.needs.begin(), monitor.needs.end(), [&](const AnyOf& any) {
    return std::any_of(any.parents.begin(), any.parents.end(), [&](MonitorIndex parent) {
      const auto found = status_.find(number_of(MonitorId{parent}));
      return found == status_.end() || found->second == Status::up ||
             found->second == Status::unknown;
    });
  });
}

bool PolicyWorld::needs_the_uplink(const Monitor& monitor) const {
  return monitor.scope != kLocalScope &&
         std::any_of(config_->monitors.begin(), config_->monitors.end(),
                     [](const Monitor& one) { return one.canary; });
}

bool PolicyWorld::uplink_is_gone() {
  if (weather_ != Weather::mixed) return false;
  while (uplink_.until <= now_) {
    uplink_.bad = uplink_.until != Monotonic{} && !uplink_.bad;
    uplink_since_ = std::max(uplink_.until, start_);
    uplink_.until = uplink_since_ +
                    (uplink_.bad ? chance_.between(Duration{minutes{1}}, Duration{hours{8}})
                                 : chance_.between(Duration{hours{6}}, Duration{hours{24 * 20}}));
  }
  return uplink_.bad;
}

bool PolicyWorld::target_fails(MonitorIndex number) {
  if (weather_ == Weather::good) return false;
  const Monitor& watched = *monitor(number);
  const bool cut_off = needs_the_uplink(watched) && uplink_is_gone();
  if (watched.canary || cut_off) return cut_off;
  Target& target = targets_[number];
  const Needs& needs = watched.needs;
  if (weather_ == Weather::bad) return needs.empty();
  while (target.until <= now_) {
    target.bad = !target.bad;
    target.flaky = chance_.permille(150) ? chance_.between(100, 600) : 0;
    const Duration least = std::max<Duration>(minutes{1}, now_ - target.until);
    target.until += least + (target.bad ? chance_.between(Duration{minutes{1}}, Duration{hours{12}})
                                        : chance_.between(Duration{hours{1}}, Duration{hours{72}}));
  }
  bool fails = target.bad || (target.flaky > 0 && chance_.permille(target.flaky));
  // What it needs is gone: so is it, nearly always.
  for (const AnyOf& any : needs) {
    const bool met = std::any_of(any.parents.begin(), any.parents.end(), [&](MonitorIndex parent) {
      return !targets_[number_of(MonitorId{parent})].bad;
    });
    if (!met && !chance_.permille(50)) fails = true;
  }
  return fails;
}

std::string PolicyWorld::start_repair(MonitorIndex number, int step) {
  const Monitor& repaired = *monitor(number);
  const RepairLimits& limits = repaired.repairs[static_cast<std::size_t>(step)].limits;
  std::string lock = limits.lock.empty() ? fmt::format("of m{}", number) : limits.lock;
  require(!laid_over(number).paused(), "nothing is repaired in a pause");
  require(locks_[lock]++ == 0, "a repair never runs twice at once");
  auto& runs = repairs_[fmt::format("{}/{}", lock, step)];
  runs.push_back(now_);
  const auto within = std::count_if(runs.begin(), runs.end(),
                                    [&](Monotonic when) { return now_ - when < hours{1}; });
  require(within <= limits.per_hour, "no more repairs an hour than allowed");
  require(!in_a_window(repaired, now().wall), "nothing is repaired in a window");
  ++counts_.repairs;
  // To die just then is what proves that nothing is forgotten.
  if (weather_ == Weather::mixed && chance_.permille(15))
    restart_at_ = now_ + chance_.between(Duration{}, Duration{seconds{15}});
  return lock;
}

void PolicyWorld::start(const StartCommand& start) {
  Child child{start.run, start.purpose, 0, {}, false, false, {Exited{0}, {}, 0, false, {}}};
  Duration takes = chance_.between(Duration{std::chrono::milliseconds{1}}, Duration{seconds{5}});
  bool fails = false;
  switch (start.purpose) {
    case RunPurpose::check:
      for (const Monitor& one : config_->monitors) {
        if (&one.command == start.command.get()) child.monitor = number_of(one.name);
      }
      fails = target_fails(child.monitor);
      ++counts_.checks;
      break;
    case RunPurpose::alert: {
      const MonitorIndex alert = number_of(std::string(variable(*start.command, "MINITOR_ALERT")));
      Target& mood = alerts_[alert];
      if (weather_ == Weather::mixed && mood.until <= now_) {
        mood.bad = chance_.permille(200);
        mood.until = now_ + chance_.between(Duration{hours{1}}, Duration{hours{20}});
      }
      fails = weather_ == Weather::mixed && mood.bad;
      break;
    }
    case RunPurpose::repair:
      child.monitor = number_of(std::string(variable(*start.command, "MINITOR_MONITOR")));
      child.lock = start_repair(
          child.monitor, std::stoi(std::string(variable(*start.command, "MINITOR_REPAIR"))) - 1);
      fails = chance_.permille(300);
      takes = chance_.permille(200) ? chance_.between(Duration{seconds{20}}, Duration{seconds{55}})
                                    : takes * 4;
      break;
    case RunPurpose::gate:
      ++counts_.gates;
      fails = weather_ == Weather::mixed && chance_.permille(500);
      break;
    case RunPurpose::test: require(false, "no test that nobody asked for"); break;
  }
  check_start(start, child.monitor);
  if (fails) child.outcome.ending = Exited{1};
  if (fails && start.purpose == RunPurpose::check &&
      monitor(child.monitor)->exit_codes == ExitCodes::nagios) {
    const bool warns = weather_ == Weather::mixed && !uplink_is_gone() && chance_.permille(300);
    if (warns) ++counts_.warnings;
    child.outcome.ending = Exited{warns ? 1 : 2};
  }
  child.outcome.elapsed = takes;
  children_.emplace(now_ + takes, std::move(child));
}

void PolicyWorld::on(const RecordTransition& transition) {
  Status& status = status_[number_of(transition.monitor)];
  require(status == transition.from, "a transition begins where it was");
  require(!transition.reason.empty(), "a transition has a reason");
  status = transition.to;
  if (status == Status::up) was_paused_.erase(number_of(transition.monitor));
  if (status == Status::down) {
    open_incident_[number_of(transition.monitor)] = transition.incident;
  } else {
    open_incident_.erase(number_of(transition.monitor));
  }
}

// Long enough for every canary to have been checked, and to have failed as often as it must.
bool PolicyWorld::known_to_be_gone() const {
  return uplink_.bad && now_ < uplink_.until && weather_ == Weather::mixed &&
         now_ - uplink_since_ > hours{2} && now_ - clear_since_ > hours{2};
}

void PolicyWorld::on(const RecordCheck& check) {
  const MonitorIndex id = number_of(check.monitor);
  const Monitor& monitor = config_->monitors[check.monitor.value];
  if (check.counted == Verdict::unknown) {
    ++counts_.uncounted;
    if (laid_over(id).paused()) return;  // it is checked when that ends
    // Looked at again, and blind to it for another reason: it is on when that is over.
    unseen_[id] = Monotonic::max();
    return;
  }
  unseen_.erase(id);
  require(!known_to_be_gone() || monitor.canary || !needs_the_uplink(monitor) ||
              check.counted != Verdict::failure,
          monitor.name + " is not judged while our uplink is gone");
}

void PolicyWorld::on(const RecordBlind& blind) {
  require(!blind.why.empty(), "blindness has a reason");
  clear_since_ = now_;
  // Thirty seconds for all of them, and the time that the checks take, one after the other at worst.
  for (auto& [id, by] : unseen_) by = blind.over ? now_ + minutes{3} : Monotonic::max();
}

void PolicyWorld::check_may_tell(const RecordNotice& record) const {
  const Notice& notice = *record.notice;
  require(!notice.reason.empty(), "a notice has a reason");
  if (notice.blind) return;
  const Monitor* const told = monitor(number_of(notice.monitor));
  require(told != nullptr || notice.kind == NoticeKind::recovery,
          "of what is gone nothing is told but its end");
  if (told == nullptr) return;
  check_overlays(record);
  require(!in_a_window(*told, now().wall),
          fmt::format("nobody is told in a window ({} of {}, because {})", name(notice.kind),
                      notice.monitor, notice.reason));
  if (!tells_of_trouble(notice.kind)) return;
  if (notice.flapping && notice.kind != NoticeKind::escalation) return;
  require(notice.kind == NoticeKind::escalation || !known_to_be_gone() || !needs_the_uplink(*told),
          fmt::format("nobody is told of {} while our uplink is gone ({}, because {})",
                      notice.monitor, name(notice.kind), notice.reason));
  require(parents_up(*told),
          fmt::format("nobody is told of {} while what it depends on is not up ({}, because {})",
                      notice.monitor, name(notice.kind), notice.reason));
  const auto status = status_.find(number_of(notice.monitor));
  require(notice.flapping || (status != status_.end() && status->second == Status::down),
          fmt::format("a problem is told of what is down ({} of {}, because {})", name(notice.kind),
                      notice.monitor, notice.reason));
}

void PolicyWorld::on(const RecordNotice& record) {
  const Notice& notice = *record.notice;
  const std::string& alert = config_->alerts[record.alert.value].name;
  if (record.stage == NoticeStage::intended) {
    check_may_tell(record);
    climb(record);
  }
  if (record.stage == NoticeStage::given_up && notice.kind == NoticeKind::problem)
    told_[{notice.incident, alert}].given_up = true;
  if (record.stage != NoticeStage::delivered) return;
  if (notice.kind == NoticeKind::repaired) {
    ++counts_.repaired;
    return;
  }
  Told& told = told_[{notice.incident, alert}];
  told.monitor = notice.blind ? kOurselves : number_of(notice.monitor);
  require(!told.recovery, "nothing is told after the end of an incident");
  switch (notice.kind) {
    case NoticeKind::problem:
      require(!told.problem, "a problem is told once");
      told.problem = true;
      if (weather_ == Weather::bad && !notice.flapping && !notice.blind)
        told_of_bad_.insert(number_of(notice.monitor));
      ++(notice.blind ? counts_.blind : notice.flapping ? counts_.flaps : counts_.problems);
      break;
    case NoticeKind::escalation: told.problem = true; break;
    case NoticeKind::reminder:
      require(told.problem || told.given_up || realerted_.contains(told.monitor),
              "a reminder is of something that was told");
      told.problem = true;
      ++counts_.reminders;
      break;
    case NoticeKind::recovery:
      require(told.problem, "a recovery only after a problem on that channel");
      told.recovery = true;
      ++(notice.unwatched ? counts_.unwatched : counts_.recoveries);
      break;
    case NoticeKind::test:
    case NoticeKind::group:
    case NoticeKind::repaired: break;
  }
}

void PolicyWorld::tell(Event event) {
  for (const Effect& effect : engine_->handle(std::move(event), now())) {
    if (const auto* begin = std::get_if<StartCommand>(&effect)) start(*begin);
    if (const auto* wake = std::get_if<WakeAt>(&effect)) wake_ = wake->when;
    if (const auto* save = std::get_if<SaveState>(&effect)) apply(kept_, save->change);
    if (const auto* notice = std::get_if<RecordNotice>(&effect)) on(*notice);
    if (const auto* transition = std::get_if<RecordTransition>(&effect)) on(*transition);
    if (const auto* overlay = std::get_if<RecordOverlay>(&effect)) on(*overlay);
    if (const auto* end = std::get_if<EndCommand>(&effect)) cut_short(end->run);
    if (const auto* check = std::get_if<RecordCheck>(&effect)) {
      const MonitorIndex number = number_of(check->monitor);
      // One check that is ok does not end an outage where recover_after asks for more.
      if (!laid_over(number).paused() && check->counted == Verdict::failure)
        was_paused_.erase(number);
    }
    if (const auto* repair = std::get_if<RecordRepair>(&effect)) {
      if (repair->attempt == 0) ++counts_.passed_over;
    }
    if (const auto* check = std::get_if<RecordCheck>(&effect)) on(*check);
    if (const auto* blind = std::get_if<RecordBlind>(&effect)) on(*blind);
    if (const auto* closed = std::get_if<RecordClosed>(&effect)) {
      require(to_close_.erase(number_of(closed->monitor)) == 1, "what is gone is closed once");
      ++counts_.closed;
    }
    if (const auto* held = std::get_if<RecordHeld>(&effect)) {
      require(!held->reason.empty(), "what is held has a reason");
      ++counts_.held;
    }
  }
}

bool PolicyWorld::step(Monotonic limit) {
  const bool child_first = !children_.empty() && (!wake_ || children_.begin()->first <= *wake_);
  if (!child_first && !wake_) return false;
  const Monotonic when = child_first ? children_.begin()->first : *wake_;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (!child_first) {
    wake_.reset();
    tell(Tick{});
    if (chance_.permille(100)) nothing_is_late();
    if (weather_ == Weather::mixed && chance_.permille(15)) meddle();
    return true;
  }
  Child child = std::move(children_.begin()->second);
  children_.erase(children_.begin());
  if (child.purpose == RunPurpose::repair) {
    --locks_[child.lock];
    if (chance_.permille(400)) {
      targets_[child.monitor].bad = false;
      targets_[child.monitor].until =
          now_ + chance_.between(Duration{hours{1}}, Duration{hours{48}});
    }
  }
  if (child.orphan) return true;
  tell(CommandFinished{child.run, std::move(child.outcome)});
  return true;
}

// What only a window may hold back is told at the instant at which that closes.
void PolicyWorld::nothing_is_late() const {
  for (const auto& [id, by] : unseen_)
    require(now_ <= by, fmt::format("m{} was not checked when minitor saw again", id));
  const Snapshot snapshot = engine_->snapshot();
  // What is blind looks again when it sees; that takes a moment.
  if (!snapshot.blind.empty() || now_ - clear_since_ < hours{2}) return;
  for (std::size_t i = 0; i < snapshot.monitors.size(); ++i) {
    const Monitor& monitor = config_->monitors[i];
    if (!monitor.needs.empty() || !monitor.repairs.empty() || monitor.only_when || monitor.flapping)
      continue;
    const MonitorIndex number = number_of(monitor.name);
    const MonitorSnapshot& seen = snapshot.monitors[i];
    require(seen.status != Status::down || seen.alerts > 0 || in_a_window(monitor, now().wall) ||
                laid_over(number).any() || was_paused_.contains(number),
            monitor.name + " is down, nothing holds it back, and nobody was told");
    no_step_is_late(monitor);
  }
  no_overlay_outlives_its_time();
}

// What only a window may hold back is told when that closes, or with the first check after a restart.
void PolicyWorld::no_step_is_late(const Monitor& monitor) const {
  const bool simple = monitor.rules.recover_after == AlertAfter{AfterFailures{}};
  const auto open = open_incident_.find(number_of(monitor.name));
  if (!simple || open == open_incident_.end() || monitor.schedule) return;
  const auto climb = climbs_.find(open->second);
  if (climb == climbs_.end() || climb->second.since == Monotonic{}) return;
  const Duration slack = monitor.interval * 2 + minutes{20};
  if (now_ - lived_since_ < slack || climb->second.laid_over || climb->second.changed) return;
  for (Duration back{}; back <= slack; back += minutes{1}) {
    if (in_a_window(monitor, now().wall - back)) return;
  }
  for (std::size_t i = 0; i < monitor.escalate.size(); ++i) {
    const auto* after = std::get_if<AfterDuration>(&monitor.escalate[i].after);
    if (after == nullptr || monitor.escalate[i].alerts.empty()) continue;
    require(now_ - climb->second.since < after->duration + slack ||
                climb->second.step > static_cast<int>(i),
            fmt::format("step {} of {} is late", i + 1, monitor.name));
  }
}

// The machine, or minitor alone, is not run for a while.
void PolicyWorld::sleep() {
  const Duration by = chance_.between(Duration{seconds{1}}, Duration{hours{10}});
  ++counts_.sleeps;
  if (chance_.permille(500)) {
    now_ += by;
    unseen_.clear();
    return;
  }
  asleep_ += by;
  unseen_.clear();
  tell(Resumed{by});
}

void PolicyWorld::until(Monotonic limit) {
  while (step(limit)) {
  }
  now_ = std::max(now_, limit);
}

// Whether there is time enough for a check, and for repairs, between all windows: some windows leave none.
bool PolicyWorld::could_be_told(const Monitor& monitor, Timestamp from) const {
  const Duration enough = (monitor.schedule ? minutes{40} : monitor.interval) + minutes{30};
  Duration free{};
  for (Timestamp when = from; when < now().wall && free < enough; when += minutes{1})
    free = in_a_window(monitor, when) ? Duration{} : free + minutes{1};
  return free >= enough;
}

// What has no parents fails for good: within a week each has had hours in which it could be told.
void PolicyWorld::end_badly() {
  weather_ = Weather::bad;
  take_everything_off();
  const Timestamp from = now().wall;
  until(now_ + hours{24 * 8});
  for (MonitorIndex i = 0; i < config_->monitors.size(); ++i) {
    const Monitor& monitor = config_->monitors[i];
    if (!monitor.needs.empty() || monitor.alert_down.empty() || monitor.canary) continue;
    const MonitorIndex number = number_of(monitor.name);
    require(status_[number] == Status::down, monitor.name + " is down in the end");
    // Told now, or told before and never up since.
    const bool open = std::any_of(told_.begin(), told_.end(), [&](const auto& one) {
      return one.second.monitor == number && one.second.problem && !one.second.recovery;
    });
    require(told_of_bad_.contains(number) || open || !could_be_told(monitor, from),
            monitor.name + " stays down and nobody was ever told");
  }
}

// All is well: every incident that was told has its end, everywhere it was told.
void PolicyWorld::end_well() {
  weather_ = Weather::good;
  const Timestamp from = now().wall;
  until(now_ + hours{24 * 8});
  require(engine_->snapshot().notices_waiting == 0, "nothing waits when all is well");
  for (const auto& [key, told] : told_) {
    // Windows may have been changed so that they leave no time to tell it in.
    const Monitor* const one = monitor(told.monitor);
    require(!told.problem || told.recovery || told.left ||
                (one != nullptr && !could_be_told(*one, from)),
            fmt::format("incident {} was told to {} and never ended", key.first, key.second));
  }
  for (const auto& [number, status] : status_)
    require(status == Status::up, fmt::format("m{} is up in the end", number));
  require(to_close_.empty(), "what is gone is closed");
}

void PolicyWorld::live(PolicyCounts& counts) {
  const Monotonic end = now_ + length_;
  const bool sleeps = chance_.permille(300);
  Monotonic next_restart = now_ + chance_.between(Duration{hours{24}}, Duration{hours{24 * 40}});
  Monotonic next_reload = now_ + chance_.between(Duration{minutes{1}}, Duration{hours{24 * 4}});
  while (now_ < end) {
    const Monotonic pause = now_ + hours{1};
    until(std::min({end, next_restart, next_reload, restart_at_.value_or(pause), pause}));
    if (now_ >= next_reload) {
      reload();
      const bool again = chance_.permille(300);
      next_reload = now_ + (again ? chance_.between(Duration{seconds{0}}, Duration{seconds{30}})
                                  : chance_.between(Duration{minutes{1}}, Duration{hours{24 * 4}}));
    }
    if (restart_at_ && now_ >= *restart_at_) come_back();
    if (now_ >= next_restart) {
      if (sleeps && chance_.permille(600)) {
        sleep();
      } else {
        come_back();
      }
      next_restart = now_ + chance_.between(Duration{hours{1}}, Duration{hours{24 * 40}});
    }
  }
  end_badly();
  end_well();
  counts_.monitor_years = std::chrono::duration<double>(now_ - start_).count() / (365.25 * 86400) *
                          static_cast<double>(status_.size());
  counts.add(counts_);
}

void PolicyCounts::add(const PolicyCounts& other) {
  monitor_years += other.monitor_years;
  checks += other.checks;
  problems += other.problems;
  reminders += other.reminders;
  recoveries += other.recoveries;
  held += other.held;
  repairs += other.repairs;
  passed_over += other.passed_over;
  repaired += other.repaired;
  gates += other.gates;
  restarts += other.restarts;
  flaps += other.flaps;
  escalations += other.escalations;
  blind += other.blind;
  uncounted += other.uncounted;
  sleeps += other.sleeps;
  warnings += other.warnings;
  pauses += other.pauses;
  silences += other.silences;
  acknowledgements += other.acknowledgements;
  reloads += other.reloads;
  removed += other.removed;
  renamed += other.renamed;
  closed += other.closed;
  unwatched += other.unwatched;
}

}  // namespace minitor::simulation
