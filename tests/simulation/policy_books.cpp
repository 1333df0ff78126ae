// What the engine says, held against the books; and what must hold at both ends of a life.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/policy_world.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// In the books: what is told of minitor itself.
constexpr MonitorIndex kOurselves = ~MonitorIndex{0};

}  // namespace

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

void PolicyWorld::on(const RecordTransition& transition) {
  if (aloud_)
    say(fmt::format("m{}: {} to {}: {} [{}]", number_of(transition.monitor), name(transition.from),
                    name(transition.to), transition.reason, transition.incident));
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

// It was not there for a moment since then, as every check of a canary can tell.
bool PolicyWorld::gone_since(Monotonic when) const {
  return uplink_.bad && uplink_since_ <= when && now_ < uplink_.until &&
         weather_ == Weather::mixed &&
         std::any_of(config_->monitors.begin(), config_->monitors.end(), [&](const Monitor& one) {
           return one.canary && proven_.contains(number_of(one.name));
         });
}

// What was waited for was said in time, also through reloads; and what a restart cut off is made again.
void PolicyWorld::end_unjudged() const {
  for (const auto& [run, one] : unjudged_)
    require(now_ - one.ended <= kCanaryPatience,
            fmt::format("a result of m{} waits for longer than it may", one.monitor));
  for (const auto& [number, by] : made_again_)
    require(now_ <= by, fmt::format("m{} was not checked again after the restart", number));
}

void PolicyWorld::on(const RecordCheck& check) {
  const MonitorIndex id = number_of(check.monitor);
  const Monitor& monitor = config_->monitors[check.monitor.value];
  if (monitor.canary && check.counted == Verdict::ok) proven_.insert(id);
  if (const auto found = unjudged_.find(check.run.value); found != unjudged_.end()) {
    const Unjudged one = found->second;
    unjudged_.erase(found);
    require(one.monitor == id, "a result is that of the monitor that was checked");
    const bool known = status_.contains(id) && status_.at(id) == Status::down;
    require(check.counted != Verdict::failure || monitor.canary || known || !one.cut_off ||
                !needs_the_uplink(monitor) || !gone_since(one.begun),
            monitor.name + " is judged by what our uplink does");
  }
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
    // Who takes it over later goes on with what was decided then.
    if (intended_.emplace(notice.id, now_).first->second == now_) {
      check_may_tell(record);
      climb(record);
    }
  }
  notices_.on(record, alert, now_);
  if (aloud_)
    say(fmt::format("{} {} of {} [{}] to {} {}: {}", notice.id, name(notice.kind), notice.monitor,
                    notice.incident, alert, name(record.stage), record.detail));
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
      // Who was told by a step of the ladder may take the problem over for one that gives up.
      require(!told.itself, "a problem is told once");
      told.problem = told.itself = true;
      if (weather_ == Weather::bad && !notice.flapping && !notice.blind)
        told_of_bad_.insert(number_of(notice.monitor));
      ++(notice.blind ? counts_.blind : notice.flapping ? counts_.flaps : counts_.problems);
      break;
    case NoticeKind::escalation: told.problem = true; break;
    case NoticeKind::reminder:
      // Who takes over a reminder for another one need not have been told before.
      require(told.problem || told.given_up || realerted_.contains(told.monitor) ||
                  notices_.gave_up(notice.incident),
              "a reminder is of something that was told");
      told.problem = true;
      ++counts_.reminders;
      break;
    case NoticeKind::recovery:
      require(told.problem || notices_.told_elsewhere(notice.incident),
              "a recovery only after a problem on that channel");
      told.recovery = true;
      ++(notice.unwatched ? counts_.unwatched : counts_.recoveries);
      break;
    case NoticeKind::test:
    case NoticeKind::group:
    case NoticeKind::repaired: break;
  }
}

// What only a window may hold back is told at the instant at which that closes.
void PolicyWorld::nothing_is_late() const {
  end_unjudged();
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
  notices_.nothing_is_late(*config_, now_);
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

// Whether there is time enough between all windows, some of which leave none: a minute, where nothing has to
// be run first; else a check, the repairs and the gate.
bool PolicyWorld::could_be_told(const Monitor& monitor, Timestamp from) const {
  const bool simple = monitor.repairs.empty() && !monitor.only_when;
  const Duration enough =
      simple ? minutes{1} : (monitor.schedule ? minutes{40} : monitor.interval) + minutes{30};
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
      const bool problem = one.second.problem || notices_.gave_up(one.first.first);
      return one.second.monitor == number && problem && !one.second.recovery;
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
  notices_.nothing_waits();
  for (const auto& [key, told] : told_) {
    // Windows may have been changed so that they leave no time to tell it in.
    const Monitor* const one = monitor(told.monitor);
    require(!told.problem || told.recovery || told.left ||
                (gives_up_ && notices_.gave_up(key.first)) ||
                (one != nullptr && !could_be_told(*one, from)),
            fmt::format("incident {} was told to {} and never ended", key.first, key.second));
  }
  for (const auto& [number, status] : status_)
    require(status == Status::up, fmt::format("m{} is up in the end", number));
  require(to_close_.empty(), "what is gone is closed");
}

}  // namespace minitor::simulation
