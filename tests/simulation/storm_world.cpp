#include "tests/simulation/storm_world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/json.hpp"
#include "minitor/core/notice_group.hpp"
#include "minitor/core/saved_json.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void require(bool holds, const std::string& what) {
  if (!holds) throw StormBroken(what);
}

// As it comes back from where it was kept: by way of text.
SavedState written_and_read(const SavedState& kept) {
  SavedState state;
  state.life = saved_life(saved_json(kept.life)).value();
  for (const SavedMonitor& one : kept.monitors)
    state.monitors.push_back(saved_monitor(saved_json(one)).value());
  for (const SavedIncident& one : kept.incidents)
    state.incidents.push_back(saved_incident(saved_json(one)).value());
  for (const SavedAlert& one : kept.alerts)
    state.alerts.push_back(saved_alert(saved_json(one)).value());
  return state;
}

bool trouble(std::string_view kind) {
  return kind == "problem" || kind == "reminder" || kind == "escalation";
}

}  // namespace

StormWorld::StormWorld(std::uint64_t seed, Duration length) : chance_(seed), length_(length) {
  make_config();
  restart();
}

void StormWorld::make_config() {
  Config config;
  const bool never_give_up = chance_.permille(500);
  const int alerts = chance_.between(1, 4);
  for (int i = 0; i < alerts; ++i) {
    Alert alert;
    alert.name = fmt::format("a{}", i);
    alert.message = std::get<ArgvTemplate>(ArgvTemplate::compile({"send"}));
    alert.timeout = seconds{30};
    alert.attempts = never_give_up ? kMaxAttempts : chance_.between(1, 4);
    alert.retry_after = chance_.between(Duration{seconds{1}}, Duration{minutes{1}});
    if (chance_.permille(600))
      alert.storm.group = chance_.between(Duration{milliseconds{100}}, Duration{minutes{5}});
    if (chance_.permille(600)) {
      alert.storm.rate = RateCap{chance_.between(1, 12),
                                 chance_.between(Duration{minutes{1}}, Duration{hours{3}})};
    }
    for (std::uint32_t to = static_cast<std::uint32_t>(i) + 1;
         to < static_cast<std::uint32_t>(alerts); ++to) {
      if (chance_.permille(300)) alert.fallback.push_back(AlertId{to});
    }
    config.alerts.push_back(std::move(alert));
  }
  const int monitors = chance_.between(1, 30);
  for (int i = 0; i < monitors; ++i) {
    Monitor monitor;
    monitor.name = fmt::format("m{}", i);
    monitor.command.program = Argv{{"check"}};
    monitor.command.timeout = seconds{30};
    monitor.interval = minutes{chance_.between(1, 10)};
    monitor.rules.after = AfterFailures{chance_.between(1, 2)};
    switch (chance_.between(0, 2)) {
      case 0: monitor.rules.every = EveryNever{}; break;
      case 1: monitor.rules.every = EveryFailures{chance_.between(1, 10)}; break;
      default: monitor.rules.every = EveryBackoff{}; break;
    }
    for (std::uint32_t to = 0; to < config.alerts.size(); ++to) {
      if (chance_.permille(600)) monitor.alert_down.push_back(AlertId{to});
    }
    monitor.alert_up = monitor.alert_down;
    if (chance_.permille(400)) {
      Duration after{};
      for (std::uint32_t to = 0; to < config.alerts.size(); ++to) {
        after += chance_.between(Duration{minutes{1}}, Duration{hours{1}});
        monitor.escalate.push_back({AfterDuration{after}, {AlertId{to}}});
      }
    }
    config.monitors.push_back(std::move(monitor));
  }
  config_ = std::make_shared<const Config>(std::move(config));
}

// The daemon dies and comes back: what it said to be kept was kept, what ran is gone.
void StormWorld::restart() {
  for (const auto& [when, child] : children_) {
    for (const std::string& id : child.notices) {
      Entry& entry = entries_.at({id, child.alert});
      entry.running = false;
      entry.cut_off = true;
    }
  }
  children_.clear();
  ++life_;
  engine_ = std::make_unique<Engine>(config_, fmt::format("s{}", life_), MessageContext{}, now(),
                                     written_and_read(kept_), "boot");
  wake_ = now_;
}

const Alert& StormWorld::alert(const std::string& name) const {
  return config_->alerts.at(std::stoul(name.substr(1)));
}

bool StormWorld::fails(MonitorIndex monitor) {
  if (good_) return false;
  if (storm_until_ <= now_) {
    storm_ = !storm_;
    storm_until_ = now_ + (storm_ ? chance_.between(Duration{seconds{10}}, Duration{hours{2}})
                                  : chance_.between(Duration{minutes{10}}, Duration{hours{12}}));
  }
  if (storm_ && !chance_.permille(50)) return true;
  Monotonic& until = bad_until_[monitor];
  if (until < now_ && chance_.permille(20))
    until = now_ + chance_.between(Duration{minutes{1}}, Duration{hours{3}});
  return until >= now_;
}

// Never more runs within the time of the rate.
void StormWorld::check_cap(const Alert& alert, bool reminders) {
  std::vector<Run>& runs = runs_[alert.name];
  runs.push_back({now_, reminders});
  if (!alert.storm.rate) return;
  const auto within = [&](const Run& run) { return now_ - run.began < alert.storm.rate->per; };
  std::erase_if(runs, [&](const Run& run) { return !within(run); });
  const auto told =
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.reminders; });
  require(static_cast<int>(runs.size()) <= alert.storm.rate->count,
          fmt::format("{} runs of {} where {} are allowed", runs.size(), alert.name,
                      alert.storm.rate->count));
  require(!reminders || told <= alert.storm.rate->count / 2,
          "reminders alone take half of the rate at most");
  if (static_cast<int>(runs.size()) == alert.storm.rate->count) ++counts_.capped;
}

void StormWorld::start_alert(const StartCommand& start, Child& child) {
  const auto json = Json::parse(start.input);
  require(json.has_value(), "an alert command is given JSON");
  child.alert = (*json)["alert"].string();
  const Alert& to = alert(child.alert);
  Json::Array members;
  const bool group = (*json)["kind"].string() == "group";
  if (group) {
    members = (*json)["notices"].array();
    require(members.size() > 1, "a single notice is no group");
    require(members.size() <= kMostGrouped, "a group has its limit");
    require(static_cast<std::size_t>((*json)["count"].integer()) == members.size(),
            "a group counts its notices");
    require(to.storm.any(), "only who asks for it is told in groups");
    require(to.storm.group > Duration::zero() || !(*json)["held"].string().empty(),
            "without group: only what was held comes together");
    ++counts_.groups;
    counts_.grouped += members.size();
    if (!(*json)["held"].string().empty()) ++counts_.digests;
  } else {
    members.push_back(*json);
  }
  bool reminders = true;
  std::set<std::string> here;  // incidents of which this message tells trouble
  for (const Json& member : members) {
    const std::string kind = member["kind"].string();
    const std::string incident = member["incident_id"].string();
    const auto found = entries_.find({member["notice_id"].string(), child.alert});
    require(found != entries_.end(), "what is told was intended");
    Entry& entry = found->second;
    require(entry.open,
            fmt::format("{} is told to {} after it ended", found->first.first, child.alert));
    require(!std::exchange(entry.running, true), "a notice runs once at a time");
    if (trouble(kind)) {
      here.insert(incident);
      const auto told = told_.find({incident, child.alert});
      require(told == told_.end() || !told->second || entry.cut_off,
              fmt::format("no trouble after its end ({} {} of {} to {})", kind, found->first.first,
                          incident, child.alert));
    } else {
      require(told_.contains({incident, child.alert}) || here.contains(incident),
              fmt::format("never a recovery before its problem ({} of {} to {})",
                          found->first.first, incident, child.alert));
    }
    if (kind != "reminder") reminders = false;
    child.notices.push_back(found->first.first);
  }
  check_cap(to, reminders);
  ++counts_.runs;
  Monotonic& bad = alert_bad_until_[child.alert];
  if (bad < now_ && chance_.permille(30))
    bad = now_ + chance_.between(Duration{seconds{1}}, Duration{hours{2}});
  if (!good_ && bad >= now_) {
    child.outcome.ending = chance_.permille(950) ? Exited{1} : Exited{78};
    ++counts_.failed;
  }
}

void StormWorld::start(const StartCommand& start) {
  Child child{start.run, {}, {}, {}, {Exited{0}, {}, 0, false, {}}};
  if (start.purpose == RunPurpose::check) {
    for (MonitorIndex i = 0; i < config_->monitors.size(); ++i) {
      if (&config_->monitors[i].command == start.command.get()) child.monitor = i;
    }
    if (fails(*child.monitor)) child.outcome.ending = Exited{1};
  } else {
    require(start.purpose == RunPurpose::alert, "there is nothing else to run");
    start_alert(start, child);
  }
  const Duration most = chance_.permille(20) ? Duration{seconds{40}} : Duration{seconds{2}};
  const Duration takes = chance_.between(Duration{milliseconds{1}}, most);
  child.outcome.elapsed = takes;
  children_.emplace(now_ + takes, std::move(child));
}

void StormWorld::on(const RecordNotice& record) {
  const Notice& notice = *record.notice;
  const Key key{notice.id, config_->alerts[record.alert.value].name};
  if (record.stage == NoticeStage::intended) {
    require(entries_.emplace(key, Entry{notice.kind, notice.incident}).second,
            "a notice is intended once for an alert");
    ++counts_.notices;
    if (notice.kind == NoticeKind::escalation) ++counts_.escalations;
    return;
  }
  Entry& entry = entries_.at(key);
  require(entry.open, "a notice ends once");
  ended_.insert(key);
  if (record.stage == NoticeStage::failed) return;
  entry.open = false;
  switch (record.stage) {
    case NoticeStage::delivered:
      entry.delivered = true;
      ++counts_.delivered;
      break;
    case NoticeStage::given_up: ++counts_.given_up; break;
    case NoticeStage::dropped:
      ++counts_.dropped;
      require(
          entry.kind == NoticeKind::reminder ||
              (entry.kind == NoticeKind::escalation &&
               told_.contains({entry.incident, key.second})) ||
              (entry.kind == NoticeKind::recovery && !told_.contains({entry.incident, key.second})),
          fmt::format("{} is dropped: {}", name(entry.kind), record.detail));
      break;
    case NoticeStage::intended:
    case NoticeStage::failed: break;
  }
}

void StormWorld::tell(Event event) {
  for (const Effect& effect : engine_->handle(std::move(event), now())) {
    if (const auto* begin = std::get_if<StartCommand>(&effect)) start(*begin);
    if (const auto* wake = std::get_if<WakeAt>(&effect)) wake_ = wake->when;
    if (const auto* save = std::get_if<SaveState>(&effect)) apply(kept_, save->change);
    if (const auto* notice = std::get_if<RecordNotice>(&effect)) on(*notice);
  }
}

// Each notice of a run has an end, or another try, when the run has.
void StormWorld::finished(Child child) {
  const bool delivered = std::get_if<Exited>(&child.outcome.ending)->code == 0;
  ended_.clear();
  for (const std::string& id : child.notices) {
    Entry& entry = entries_.at({id, child.alert});
    entry.running = false;
    if (!delivered) continue;
    const Key incident{entry.incident, child.alert};
    if (tells_of_trouble(entry.kind)) {
      told_.try_emplace(incident, false);
    } else if (entry.kind == NoticeKind::recovery) {
      told_[incident] = true;
    }
  }
  const std::string to = child.alert;
  const std::vector<std::string> notices = std::move(child.notices);
  tell(CommandFinished{child.run, std::move(child.outcome)});
  for (const std::string& id : notices) {
    require(ended_.contains({id, to}), "each notice of a run hears how it ended");
    require(entries_.at({id, to}).delivered == delivered, "what was delivered is booked so");
  }
}

bool StormWorld::step(Monotonic limit) {
  const bool child_first = !children_.empty() && (!wake_ || children_.begin()->first <= *wake_);
  if (!child_first && !wake_) return false;
  const Monotonic when = child_first ? children_.begin()->first : *wake_;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (!child_first) {
    wake_.reset();
    tell(Tick{});
    return true;
  }
  Child child = std::move(children_.begin()->second);
  children_.erase(children_.begin());
  finished(std::move(child));
  return true;
}

void StormWorld::until(Monotonic limit) {
  while (step(limit)) {
  }
  now_ = std::max(now_, limit);
}

void StormWorld::end_well() {
  good_ = true;
  const Monotonic limit = now_ + hours{24 * 20};
  until(now_ + hours{4});
  while (engine_->snapshot().notices_waiting > 0 && now_ < limit) until(now_ + hours{1});
  require(engine_->snapshot().notices_waiting == 0, "nothing waits when all is well");
  for (const auto& [key, entry] : entries_)
    require(!entry.open,
            fmt::format("{} of {} never came to {}", name(entry.kind), entry.incident, key.second));
  for (const auto& [told, end] : told_) {
    if (end) continue;
    const auto& key = told;  // clang 14 captures no names of a binding
    // Its end was given up there, loudly.
    const bool given_up = std::any_of(entries_.begin(), entries_.end(), [&](const auto& one) {
      return one.second.incident == key.first && one.first.second == key.second &&
             one.second.kind == NoticeKind::recovery && !one.second.delivered;
    });
    // A fallback that stands for nobody who is told of ends is not told of them.
    const bool meant = std::any_of(entries_.begin(), entries_.end(), [&](const auto& one) {
      return one.second.incident == key.first && one.first.second == key.second &&
             one.second.kind == NoticeKind::recovery;
    });
    require(given_up || !meant,
            fmt::format("{} was told of {} and not of its end", key.second, key.first));
  }
}

void StormWorld::live(StormCounts& counts) {
  const Monotonic end = now_ + length_;
  const Duration least = chance_.permille(150) ? Duration{minutes{2}} : Duration{hours{6}};
  Monotonic next = now_ + chance_.between(least, least * 20);
  while (now_ < end) {
    until(std::min(end, next));
    if (now_ < next) continue;
    restart();
    ++counts_.restarts;
    next = now_ + chance_.between(least, least * 20);
  }
  end_well();
  counts_.monitor_years = std::chrono::duration<double>(now_ - start_).count() / (365.25 * 86400) *
                          static_cast<double>(config_->monitors.size());
  counts.monitor_years += counts_.monitor_years;
  counts.notices += counts_.notices;
  counts.delivered += counts_.delivered;
  counts.given_up += counts_.given_up;
  counts.dropped += counts_.dropped;
  counts.runs += counts_.runs;
  counts.failed += counts_.failed;
  counts.groups += counts_.groups;
  counts.digests += counts_.digests;
  counts.grouped += counts_.grouped;
  counts.escalations += counts_.escalations;
  counts.restarts += counts_.restarts;
  counts.capped += counts_.capped;
}

}  // namespace minitor::simulation
