#include "tests/simulation/notice_books.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/json.hpp"
#include "minitor/core/notice_group.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::minutes;

bool trouble(std::string_view kind) {
  return kind == "problem" || kind == "reminder" || kind == "escalation";
}

const Alert* find(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.alerts.begin(), config.alerts.end(),
                                  [&](const Alert& alert) { return alert.name == name; });
  return found == config.alerts.end() ? nullptr : &*found;
}

}  // namespace

// Never more runs within the time of the rate.
void NoticeBooks::check_cap(const Alert& alert, bool reminders, Monotonic now) {
  std::vector<Begun>& runs = runs_[alert.name];
  if (!alert.storm.rate) return runs.clear();
  const RateCap& rate = *alert.storm.rate;
  runs.push_back({now, reminders});
  std::erase_if(runs, [&](const Begun& run) { return now - run.when >= rate.per; });
  require(static_cast<int>(runs.size()) <= rate.count,
          fmt::format("{} runs of {} where {} are allowed", runs.size(), alert.name, rate.count));
  const auto told =
      std::count_if(runs.begin(), runs.end(), [](const Begun& run) { return run.reminders; });
  require(!reminders || told <= rate.count / 2, "reminders alone take half of the rate at most");
  if (static_cast<int>(runs.size()) == rate.count) ++counts_.capped;
}

void NoticeBooks::check_member(const Key& key, Entry& entry, const std::string& kind,
                               std::set<std::string>& here) {
  const auto& [id, alert] = key;
  require(entry.open, fmt::format("{} is told to {} after it ended", id, alert));
  require(!std::exchange(entry.running, true), "a notice runs once at a time");
  const auto told = told_.find({entry.incident, alert});
  if (trouble(kind)) {
    here.insert(entry.incident);
    require(told == told_.end() || !told->second || entry.cut_off,
            fmt::format("no trouble after its end ({} {} of {} to {})", kind, id, entry.incident,
                        alert));
  } else if (kind == "recovery") {
    require(told != told_.end() || here.contains(entry.incident) || told_elsewhere(entry.incident),
            fmt::format("never a recovery before its problem ({} of {} to {})", id, entry.incident,
                        alert));
  }
}

NoticeBooks::Run NoticeBooks::begins(const StartCommand& start, const Config& config,
                                     Monotonic now) {
  const auto json = Json::parse(start.input);
  require(json.has_value(), "an alert command is given JSON");
  Run run;
  run.alert = (*json)["alert"].string();
  const Alert* const to = find(config, run.alert);
  require(to != nullptr, "who is told is in the configuration");
  Json::Array members;
  if ((*json)["kind"].string() == "group") {
    members = (*json)["notices"].array();
    const bool held = !(*json)["held"].string().empty();
    require(members.size() > 1, "a single notice is no group");
    require(members.size() <= kMostGrouped, "a group has its limit");
    require(static_cast<std::size_t>((*json)["count"].integer()) == members.size(),
            "a group counts its notices");
    require(to->storm.any(), "only who asks for it is told in groups");
    require(to->storm.group > Duration::zero() || held,
            "without group: only what was held comes together");
    ++counts_.groups;
    counts_.grouped += members.size();
    if (held) ++counts_.digests;
  } else {
    members.push_back(*json);
  }
  bool reminders = true;
  std::set<std::string> here;  // incidents of which this message tells trouble
  for (const Json& member : members) {
    const std::string kind = member["kind"].string();
    const auto found = entries_.find({member["notice_id"].string(), run.alert});
    require(found != entries_.end(), "what is told was intended");
    check_member(found->first, found->second, kind, here);
    if (kind != "reminder") reminders = false;
    run.notices.push_back(found->first.first);
  }
  check_cap(*to, reminders, now);
  ++counts_.runs;
  return run;
}

void NoticeBooks::ends(const Run& run, bool delivered, Monotonic now) {
  ended_.clear();
  if (!delivered) {
    last_trouble_ = now;
    ++counts_.failed_runs;
  }
  for (const std::string& id : run.notices) {
    Entry& entry = entries_.at({id, run.alert});
    entry.running = false;
    if (!delivered) continue;
    const Key incident{entry.incident, run.alert};
    if (tells_of_trouble(entry.kind)) {
      told_.try_emplace(incident, false);
      if (run.gone) elsewhere_.insert(entry.incident);
    } else if (entry.kind == NoticeKind::recovery) {
      told_[incident] = true;
    }
  }
}

// Each notice of a run has an end, or another try, when the run has.
void NoticeBooks::ended(const Run& run, bool delivered) {
  if (run.gone) return;
  for (const std::string& id : run.notices) {
    require(ended_.contains({id, run.alert}), "each notice of a run hears how it ended");
    require(entries_.at({id, run.alert}).delivered == delivered, "what was delivered is booked so");
  }
}

void NoticeBooks::cut_off(const Run& run, Monotonic now) {
  last_trouble_ = now;
  for (const std::string& id : run.notices) {
    Entry& entry = entries_.at({id, run.alert});
    entry.running = false;
    entry.cut_off = true;
    ++counts_.cut_off;
  }
}

void NoticeBooks::end(const Key& key, Entry& entry) {
  entry.open = false;
  open_.erase(key);
}

void NoticeBooks::on(const RecordNotice& record, const std::string& alert, Monotonic now) {
  const Notice& notice = *record.notice;
  const Key key{notice.id, alert};
  if (record.stage == NoticeStage::intended) {
    require(entries_.emplace(key, Entry{notice.kind, notice.incident, now}).second,
            "a notice is intended once for an alert");
    open_.insert(key);
    if (notice.kind == NoticeKind::recovery) meant_.insert({notice.incident, alert});
    return;
  }
  Entry& entry = entries_.at(key);
  require(entry.open, "a notice ends once");
  ended_.insert(key);
  if (record.stage == NoticeStage::failed) return;
  end(key, entry);
  if (record.stage == NoticeStage::delivered) {
    entry.delivered = true;
    return;
  }
  if (record.stage == NoticeStage::given_up) {
    last_trouble_ = now;
    given_up_.insert(entry.incident);
    ++counts_.given_up;
    return;
  }
  ++counts_.dropped;
  const bool told = told_.contains({entry.incident, alert});
  const bool outlived = entry.kind == NoticeKind::reminder ||
                        (entry.kind == NoticeKind::escalation && told) ||
                        (entry.kind == NoticeKind::recovery && !told);
  require(outlived || (entry.kind != NoticeKind::recovery &&
                       record.detail == "its monitor is no longer in the configuration"),
          fmt::format("{} is dropped: {}", name(entry.kind), record.detail));
}

// Its alert is gone, and it is on its way elsewhere; or its monitor is.
void NoticeBooks::on(const RecordForgotten& record) {
  require(!record.reason.empty() || record.stage == NoticeStage::delivered,
          "what is forgotten is so for a reason");
  ++counts_.rehoused;
  const auto found = entries_.find({record.notice->id, record.alert});
  require(found != entries_.end(), "what is forgotten was intended");
  end(found->first, found->second);
}

// What is of no incident is not kept; nothing else is lost.
void NoticeBooks::restarted() {
  std::vector<Key> lost;
  for (const Key& key : open_) {
    if (!of_incident(entries_.at(key).kind)) lost.push_back(key);
  }
  for (const Key& key : lost) end(key, entries_.at(key));
}

void NoticeBooks::reloaded(const Config& before, const Config& after, Monotonic now) {
  last_trouble_ = now;
  for (const Alert& alert : before.alerts) {
    const Alert* const now_called = find(after, alert.name);
    std::vector<Begun>& runs = runs_[alert.name];
    if (now_called != nullptr && now_called->storm == alert.storm) continue;
    // What the rate of before did not count is not known.
    if (!alert.storm.rate) {
      runs.clear();
    } else {
      std::erase_if(runs,
                    [&](const Begun& run) { return now - run.when >= alert.storm.rate->per; });
    }
    if (now_called != nullptr) continue;
    runs.clear();
    for (const auto& told : told_) {
      if (told.first.second == alert.name) elsewhere_.insert(told.first.first);
    }
  }
}

void NoticeBooks::nothing_is_late(const Config& config, Monotonic now) const {
  // A recovery waits where its problem may still come to as to a fallback, and so does what stands behind it.
  if (std::any_of(config.alerts.begin(), config.alerts.end(),
                  [](const Alert& alert) { return !alert.fallback.empty(); }))
    return;
  for (const Key& key : open_) {
    const Entry& entry = entries_.at(key);
    const Alert* const to = find(config, key.second);
    require(to != nullptr, "what waits, waits for an alert that there is");
    const Duration rate = to->storm.rate ? to->storm.rate->per : Duration::zero();
    // Twice: who is first in a group that failed waits for a run of its own.
    const Monotonic due =
        std::max(entry.since, last_trouble_) + to->storm.group + rate * 2 + minutes{10};
    // A reminder may wait for another one's run for ever.
    if (entry.kind == NoticeKind::reminder && to->storm.rate) continue;
    require(now <= due,
            fmt::format("{} of {} waits for {} since {}", name(entry.kind), entry.incident,
                        key.second, format_duration(now - entry.since)));
  }
}

void NoticeBooks::nothing_waits() const {
  for (const Key& key : open_) {
    const Entry& entry = entries_.at(key);
    require(false,
            fmt::format("{} of {} never came to {}", name(entry.kind), entry.incident, key.second));
  }
}

bool NoticeBooks::end_was_settled(const std::string& incident, const std::string& alert) const {
  const auto told = told_.find({incident, alert});
  if (told == told_.end() || told->second) return true;
  if (!meant_.contains({incident, alert})) return false;
  return given_up_.contains(incident);
}

}  // namespace minitor::simulation
