// The engine's part of knowing whether minitor itself is sick: results that wait for the canaries,
// results that do not count, and who is told that minitor is blind.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "minitor/core/engine.hpp"

namespace minitor {
namespace {

constexpr std::string_view kOurselves = "minitor";

bool tells_of_failure(Verdict verdict, const AlertRules& rules) {
  return verdict == Verdict::failure || (verdict == Verdict::warning && rules.warnings);
}

std::string who(const Blindness& blindness) {
  return blindness.scope.empty() ? std::string{kOurselves}
                                 : fmt::format("{} ({})", kOurselves, blindness.scope);
}

}  // namespace

// From where this configuration looks.
void Engine::look_from_anew() {
  scopes_ = scopes_of(*config_);
  sights_.clear();
  scope_of_.assign(config_->monitors.size(), std::nullopt);
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    for (const MonitorIndex monitor : scopes_[i].covered) scope_of_[monitor] = i;
    for (const MonitorIndex monitor : scopes_[i].canaries) scope_of_[monitor] = i;
    sights_.emplace_back(scopes_[i].canaries.size(), scopes_[i].covered.size(),
                         config_->observer.blind_when);
  }
}

void Engine::restore_observer(const SavedState& saved, const SavedClock& clock, Moment now) {
  look_from_anew();
  for (const NetworkScope& scope : scopes_) {
    for (const MonitorIndex canary : scope.canaries) {
      const PolicyState& policy = monitors_[canary].policy;
      const bool bad = policy.failures > 0;
      set_canary(MonitorId{canary}, bad, Monotonic::min());
    }
  }
  for (const SavedBlindness& one : saved.blindnesses) {
    Blindness blindness{one.cause,    one.scope,      clock.past(one.since),       one.why,
                        one.incident, one.distrusted, now.monotonic + kSteadyAfter};
    if (one.distrusted) {
      for (std::size_t i = 0; i < scopes_.size(); ++i) {
        if (scopes_[i].name == one.scope) sights_[i].distrust();
      }
    }
    blindnesses_.push_back(std::move(blindness));
  }
}

void Engine::set_canary(MonitorId id, bool bad, Monotonic started) {
  const std::size_t scope = *scope_of_[id.value];
  const auto& canaries = scopes_[scope].canaries;
  const auto place = static_cast<std::size_t>(
      std::find(canaries.begin(), canaries.end(), id.value) - canaries.begin());
  const PolicyState& policy = monitors_[id.value].policy;
  const bool proven = policy.last_success.has_value() || sights_[scope].canary(place).proven;
  canary_spoke_ = true;
  sights_[scope].set(place, {proven, bad, bad && policy.status == Status::down, started});
}

Blindness* Engine::find_blindness(BlindCause cause, const std::string& scope) {
  const auto found =
      std::find_if(blindnesses_.begin(), blindnesses_.end(),
                   [&](const Blindness& one) { return one.cause == cause && one.scope == scope; });
  return found == blindnesses_.end() ? nullptr : &*found;
}

// Why a failure of this monitor says nothing at present; empty: it does.
std::string Engine::blind_to(MonitorId id) const {
  for (const Blindness& one : blindnesses_) {
    if (one.cause == BlindCause::late) return "minitor is blind: " + one.why;
  }
  const auto scope = scope_of_[id.value];
  if (!scope || !sights_[*scope].blind()) return {};
  return fmt::format("minitor is blind: {}", why_blind(*scope));
}

std::string Engine::why_blind(std::size_t scope) const {
  std::vector<MonitorIndex> failing;
  for (std::size_t i = 0; i < scopes_[scope].canaries.size(); ++i) {
    const CanaryState& canary = sights_[scope].canary(i);
    if (canary.proven && canary.bad) failing.push_back(scopes_[scope].canaries[i]);
  }
  std::string names;
  for (std::size_t i = 0; i < std::min(kMostNamed, failing.size()); ++i)
    names += fmt::format("{}{}", i == 0 ? "" : ", ", config_->monitors[failing[i]].name);
  return failing.size() == 1 ? fmt::format("the canary {} fails", names)
                             : fmt::format("the canaries {} fail", names);
}

// True when the result waits until the canaries were checked: it is judged then.
bool Engine::doubted(RunId id, const CheckRun& run, CommandOutcome& outcome, Monotonic due,
                     Moment now, std::vector<Effect>& effects) {
  const Monitor& monitor = config_->monitors[run.monitor.value];
  const auto scope = scope_of_[run.monitor.value];
  if (!scope || monitor.canary || phase_ != Phase::running) return false;
  if (std::holds_alternative<Stopped>(outcome.ending)) return false;
  const Verdict verdict =
      counts_as(judge(outcome.ending, run.begun_as->exit_codes), outcome.ending);
  const bool failed = tells_of_failure(verdict, monitor.rules);
  auto waiting = doubts_.find(run.monitor);
  if (waiting == doubts_.end()) {
    // Whoever was told of it already learns nothing new.
    const PolicyState& policy = monitors_[run.monitor.value].policy;
    const bool news = policy.status != Status::down || policy.alerts == 0;
    if (!failed || !news || !blind_to(run.monitor).empty()) return false;
    if (sights_[*scope].about(now.monotonic) != CanariesSay::ask) return false;
    waiting = doubts_.try_emplace(run.monitor).first;
  } else if (waiting->second.size() >= kMostDoubted) {
    judge_oldest(waiting, now, effects);
    waiting = doubts_.try_emplace(run.monitor).first;
  }
  if (failed) {
    for (const MonitorIndex canary : scopes_[*scope].canaries)
      agenda_.check_first(MonitorId{canary}, now.monotonic);
  }
  MonitorState& state = monitors_[run.monitor.value];
  // Who dies now makes it again, at once: also one that was asked for before its time.
  if (!state.cut_off) state.cut_off = std::min(due, run.started.monotonic);
  to_save_.push_back(run.monitor);
  impatience_.emplace_back(now.monotonic + kCanaryPatience, run.monitor);
  // What is no failure only keeps its place.
  waiting->second.push_back({id, run, std::move(outcome), failed ? now.monotonic : Monotonic::min(),
                             now.monotonic + kCanaryPatience});
  return true;
}

void Engine::judge_oldest(std::map<MonitorId, std::deque<Doubt>>::iterator waiting, Moment now,
                          std::vector<Effect>& effects) {
  const MonitorId id = waiting->first;
  Doubt doubt = std::move(waiting->second.front());
  waiting->second.pop_front();
  if (waiting->second.empty()) doubts_.erase(waiting);
  if (!doubts_.contains(id)) monitors_[id.value].cut_off.reset();
  judge_check(doubt.id, doubt.run, std::move(doubt.outcome), now, effects);
}

// The canaries of a scope may have said what results wait for.
void Engine::end_doubts(Moment now, std::vector<Effect>& effects) {
  const bool impatient = !impatience_.empty() && impatience_.front().first <= now.monotonic;
  if (!std::exchange(canary_spoke_, false) && !impatient) return;
  std::vector<MonitorId> ids;
  for (const auto& [id, doubts] : doubts_) ids.push_back(id);
  for (const MonitorId id : ids) {
    for (auto waiting = doubts_.find(id); waiting != doubts_.end(); waiting = doubts_.find(id)) {
      const Monotonic asked = waiting->second.front().asked;
      const bool patient = now.monotonic < waiting->second.front().until;
      if (patient && sights_[*scope_of_[id.value]].about(asked) == CanariesSay::ask) break;
      judge_oldest(waiting, now, effects);
    }
  }
  while (!impatience_.empty() && impatience_.front().first <= now.monotonic)
    impatience_.pop_front();
}

// Why this result is not to count; empty: it counts.
std::string Engine::uncounted(RunId id, MonitorId monitor, Verdict counted) {
  const auto overtaken = overtaken_.find(id.value);
  std::string ours{overtaken == overtaken_.end() ? std::string_view{} : overtaken->second};
  overtaken_.erase(id.value);
  if (!tells_of_failure(counted, config_->monitors[monitor.value].rules)) return {};
  if (!ours.empty()) return ours;
  // What a canary says is how that is known.
  if (config_->monitors[monitor.value].canary && !find_blindness(BlindCause::late, {})) return {};
  return blind_to(monitor);
}

// What a result that was judged says of our sight.
void Engine::witness(MonitorId id, Verdict counted, Monotonic started, Moment now) {
  if (counted == Verdict::unknown) return;
  const MonitorState& state = monitors_[id.value];
  const auto scope = scope_of_[id.value];
  if (!scope) return;
  const Monitor& monitor = config_->monitors[id.value];
  const bool ok = !tells_of_failure(counted, monitor.rules);
  if (!monitor.canary) return sights_[*scope].seen(id.value, ok, started);
  const bool failed_before = state.policy.failures > 0;
  set_canary(id, !ok, started);
  // The others are asked at once: it may be us.
  if (ok || failed_before) return;
  for (const MonitorIndex other : scopes_[*scope].canaries) {
    if (other != id.value && monitors_[other].checked < started)
      agenda_.check_first(MonitorId{other}, now.monotonic);
  }
}

// Time in which nobody looked does not count towards durations.
void Engine::leave_out_unseen(MonitorState& state, Moment now) {
  if (!state.unseen) return;
  const Duration unseen = std::max(Duration::zero(), now.monotonic - state.unseen->monotonic);
  state.unseen.reset();
  if (state.policy.status == Status::failing && state.policy.failures > 0)
    state.policy.first_failure = later(state.policy.first_failure, unseen);
}

void Engine::count_unstartable(const Ending& ending, Moment now) {
  if (std::holds_alternative<Stopped>(ending)) return;
  if (!observers_fault(ending)) {
    unstartable_ = {};
    return;
  }
  if (unstartable_.checks++ == 0) unstartable_.since = now;
  if (unstartable_.checks < kUnstartableChecks ||
      now.monotonic - unstartable_.since.monotonic < config_->observer.late_after)
    return;
  if (find_blindness(BlindCause::unstartable, {})) return;
  Blindness blindness;
  blindness.cause = BlindCause::unstartable;
  blindness.since = unstartable_.since;
  blindness.why = "no check can be started: " + describe(ending, {});
  blindnesses_.push_back(std::move(blindness));
}

// minitor was not run for so long, or not when it had asked to be.
void Engine::was_late(Duration by, std::string why, Moment now, std::vector<Effect>& effects) {
  for (const auto& [id, run] : runs_) {
    if (std::holds_alternative<CheckRun>(run))
      overtaken_.emplace(id, "minitor was late while it ran");
  }
  why += fmt::format("; for {} failures do not count", format_duration(kSteadyAfter));
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    if (monitors_[i].policy.status == Status::unknown) continue;
    if (!monitors_[i].unseen) monitors_[i].unseen = later(now, -by);
    effects.emplace_back(RecordUnobserved{MonitorId{i}, now.wall - by, "minitor is blind: " + why});
  }
  Blindness* known = find_blindness(BlindCause::late, {});
  if (known == nullptr) {
    blindnesses_.emplace_back();
    known = &blindnesses_.back();
    known->cause = BlindCause::late;
    known->since = later(now, -by);
    known->why = std::move(why);
  }
  known->until = now.monotonic + kSteadyAfter;
}

void Engine::on(const Resumed& event, Moment now, std::vector<Effect>& effects) {
  if (phase_ != Phase::running || event.away < config_->observer.late_after) return;
  was_late(event.away, fmt::format("the machine was suspended for {}", human_duration(event.away)),
           now, effects);
}

// A check that ended long after it had to: we were not there to end it.
void Engine::look_at_the_clock(const CheckRun& run, Moment now, std::vector<Effect>& effects) {
  if (phase_ != Phase::running) return;
  const Command& command = run.begun_as->command;
  const Duration late = now.monotonic - run.started.monotonic - command.timeout - command.grace;
  if (late < config_->observer.late_after || find_blindness(BlindCause::late, {})) return;
  was_late(late, fmt::format("it was run {} too late", human_duration(late)), now, effects);
}

void Engine::look_at_the_clock(Moment now, std::vector<Effect>& effects) {
  if (!asked_wake_ || phase_ != Phase::running) return;
  const Duration late = now.monotonic - *std::exchange(asked_wake_, std::nullopt);
  if (late < config_->observer.late_after) return;
  was_late(late, fmt::format("it was run {} too late", human_duration(late)), now, effects);
}

// Begins and ends what follows from what is known by now.
void Engine::settle_sight(Moment now, std::vector<Effect>& effects) {
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    Blindness* known = find_blindness(BlindCause::network, scopes_[i].name);
    if (known == nullptr && sights_[i].blind()) {
      blindnesses_.emplace_back();
      known = &blindnesses_.back();
      known->scope = scopes_[i].name;
      known->since = now;
      known->why = why_blind(i);
      sight_changed_ = true;
      effects.emplace_back(RecordBlind{known->scope, now.wall, false, known->why});
    }
    if (known != nullptr && known->incident.empty() && sights_[i].to_be_told())
      tell_blind(*known, now, effects);
  }
  for (Blindness& one : blindnesses_) {
    if (one.cause == BlindCause::network || !one.incident.empty()) continue;
    effects.emplace_back(RecordBlind{one.scope, now.wall, false, one.why});
    tell_blind(one, now, effects);
  }
  for (auto one = blindnesses_.begin(); one != blindnesses_.end();) {
    const std::string over = why_over(*one, now);
    if (over.empty()) {
      ++one;
      continue;
    }
    end_blindness(*one, over, now, effects);
    // What is known of canaries that are not trusted stays known as long as they fail.
    const bool distrusted = one->cause == BlindCause::network && is_distrusted(one->scope);
    if (distrusted) {
      one->distrusted = true;
      one->incident.clear();
      ++one;
    } else {
      to_replace_.emplace_back(ForgetBlindness{one->cause, one->scope});
      one = blindnesses_.erase(one);
    }
  }
}

bool Engine::is_distrusted(const std::string& scope) const {
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    if (scopes_[i].name == scope) return sights_[i].distrusted();
  }
  return false;
}

// Why minitor is not blind any more; empty: it is, or that was settled before.
std::string Engine::why_over(const Blindness& one, Moment now) const {
  switch (one.cause) {
    case BlindCause::late:
      if (now.monotonic < one.until) return {};
      return fmt::format("it was in time for {}", format_duration(kSteadyAfter));
    case BlindCause::unstartable:
      return unstartable_.checks > 0 || !any_check_ended_ ? std::string{}
                                                          : std::string{"checks start again"};
    case BlindCause::network: break;
  }
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    if (scopes_[i].name != one.scope) continue;
    if (sights_[i].blind()) return {};
    if (!sights_[i].distrusted()) return "its canaries are well";
    if (one.distrusted) return {};
    return why_blind(i) +
           (scopes_[i].canaries.size() == 1
                ? ", but most of what it stands for is well: it is what is down"
                : ", but most of what they stand for is well: they are what is down");
  }
  return "the scope has no canaries any more";
}

void Engine::tell_blind(Blindness& one, Moment now, std::vector<Effect>& effects) {
  one.incident = next_id('i');
  sight_changed_ = true;
  outbox_.accept(std::nullopt, blind_notice(one, NoticeKind::problem, one.why, now),
                 config_->observer.alerts, effects);
}

std::shared_ptr<const Notice> Engine::blind_notice(const Blindness& one, NoticeKind kind,
                                                   std::string reason, Moment now) {
  auto notice = std::make_shared<Notice>();
  notice->id = next_id('n');
  notice->incident = one.incident;
  notice->kind = kind;
  notice->blind = true;
  notice->monitor = who(one);
  notice->verdict = Verdict::unknown;
  notice->alert_count = 1;
  notice->outcome = one.why;
  notice->reason = std::move(reason);
  notice->created = now.wall;
  notice->first_failure = one.since.wall;
  return notice;
}

// What was not seen is checked again, one after the other: what is still bad is told then.
void Engine::end_blindness(const Blindness& one, const std::string& why, Moment now,
                           std::vector<Effect>& effects) {
  sight_changed_ = true;
  if (one.distrusted) return;  // that was its end
  effects.emplace_back(RecordBlind{one.scope, now.wall, true, why});
  if (!one.incident.empty()) {
    outbox_.accept(std::nullopt,
                   blind_notice(one, NoticeKind::recovery,
                                fmt::format("{}; it was blind for {}", why,
                                            human_duration(now.monotonic - one.since.monotonic)),
                                now),
                   config_->observer.alerts, effects);
  }
  std::vector<MonitorId> unseen;
  for (std::uint32_t i = 0; i < monitors_.size(); ++i) {
    const bool concerned =
        one.cause != BlindCause::network || config_->monitors[i].scope == one.scope;
    if (concerned &&
        (monitors_[i].unseen || monitors_[i].could_not_tell || held_.contains(MonitorId{i})))
      unseen.push_back(MonitorId{i});
  }
  const auto count = static_cast<Duration::rep>(std::max<std::size_t>(unseen.size(), 1));
  const Duration spacing = std::min(kFirstRunSpacing, Duration{kCatchUpTime / count});
  Monotonic when = now.monotonic;
  for (const MonitorId id : unseen) {
    agenda_.check_by(id, when);
    when += spacing;
  }
}

std::optional<Monotonic> Engine::next_sight() const {
  std::optional<Monotonic> next;
  if (!impatience_.empty()) next = impatience_.front().first;
  for (const Blindness& one : blindnesses_) {
    if (one.cause == BlindCause::late && (!next || one.until < *next)) next = one.until;
  }
  return next;
}

void Engine::save_sight(std::vector<Effect>& effects, Moment now) {
  if (!std::exchange(sight_changed_, false)) return;
  for (const Blindness& one : blindnesses_) {
    effects.emplace_back(
        SaveState{SavedBlindness{one.cause, one.scope, on_both_clocks(one.since.monotonic, now),
                                 one.why, one.incident, one.distrusted}});
  }
}

}  // namespace minitor
