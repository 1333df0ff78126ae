#include "minitor/core/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/hold.hpp"
#include "minitor/core/rehearsal.hpp"
#include "minitor/core/shown_records.hpp"

namespace minitor {
namespace {

using Part = WhyLine::Part;

constexpr Duration kMillisecond = std::chrono::milliseconds{1};

std::string times(int count) {
  return count == 1 ? std::string{"once"} : fmt::format("{} times in a row", count);
}

// The monitor and all that it depends on, as a configuration of its own.
struct Around {
  std::shared_ptr<const Config> config;
  MonitorIndex monitor = 0;
};

Around around(const Config& config, MonitorIndex monitor) {
  std::set<MonitorIndex> kept;
  std::vector<MonitorIndex> to_do{monitor};
  while (!to_do.empty()) {
    const MonitorIndex one = to_do.back();
    to_do.pop_back();
    if (!kept.insert(one).second) continue;
    for (const AnyOf& any : config.monitors[one].needs)
      to_do.insert(to_do.end(), any.parents.begin(), any.parents.end());
  }
  // What they say decides whether a failure counts.
  const std::string& scope = config.monitors[monitor].scope;
  for (MonitorIndex i = 0; i < config.monitors.size(); ++i) {
    const Monitor& one = config.monitors[i];
    if (one.canary && one.scope == scope && one.needs.empty()) kept.insert(i);
  }
  Config part;
  part.alerts = config.alerts;
  part.windows = config.windows;
  part.observer = config.observer;
  part.redactor = config.redactor;
  const auto place = [&](MonitorIndex index) {
    return static_cast<MonitorIndex>(std::distance(kept.begin(), kept.find(index)));
  };
  for (const MonitorIndex index : kept) {
    Monitor& copy = part.monitors.emplace_back(config.monitors[index]);
    for (AnyOf& any : copy.needs) {
      for (MonitorIndex& parent : any.parents) parent = place(parent);
    }
  }
  return {std::make_shared<const Config>(std::move(part)), place(monitor)};
}

// Only what is known of these monitors.
SavedState state_of(const Config& part, SavedState saved) {
  std::set<std::string_view> names;
  for (const Monitor& monitor : part.monitors) names.insert(monitor.name);
  std::erase_if(saved.monitors, [&](const SavedMonitor& one) { return !names.contains(one.name); });
  std::erase_if(saved.incidents,
                [&](const SavedIncident& one) { return !names.contains(one.monitor); });
  return saved;
}

bool is_bad(Status status) { return status == Status::failing || status == Status::down; }

class Asker {
 public:
  Asker(const std::shared_ptr<const Config>& config, MonitorId id, HistoryReads& history,
        Moment now, const MessageContext& context, std::string boot, const PageShows& shown)
      : monitor_(config->monitors[id.value]),
        history_(history, config->redactor),
        now_(now),
        context_(context),
        boot_(std::move(boot)),
        shown_(shown),
        around_(around(*config, id.value)),
        saved_(state_of(*around_.config, history.load())) {
    for (const SavedMonitor& one : saved_.monitors) {
      if (one.name == monitor_.name) known_ = &one;
    }
    result_.monitor = monitor_.name;
    result_.known = known_ != nullptr;
  }

  Why ask() {
    read();
    say_how_it_stands();
    tell_the_past();
    if (is_bad(status())) {
      look_ahead(Part::if_failing, true);
      look_ahead(Part::if_well, false);
    } else {
      look_ahead(Part::if_failing, true);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] Status status() const {
    return known_ == nullptr ? Status::unknown : known_->policy.status;
  }
  [[nodiscard]] std::string at(Timestamp when) const { return format_local(when, context_.local); }

  void read() {
    const TimeRange ever{Timestamp{}, now_.wall + kMillisecond};
    from_ = now_.wall;
    for (const IncidentRow& row : history_.incidents({monitor_.name, ever, false, 1})) {
      from_ = row.first_failure;
      incident_ = row;
    }
    if (const auto failed = last_failed(ever.to); failed && !is_bad(status()))
      from_ = incident_ ? std::max(from_, *failed) : *failed;
    if (is_bad(status())) {
      from_ = std::min(known_->policy.first_failure.wall, from_);
      if (known_->policy.status == Status::failing) from_ = known_->policy.first_failure.wall;
    }
    from_ -= kMillisecond;  // the history knows milliseconds
    const TimeRange range{from_, ever.to};
    notices_ = history_.notices({monitor_.name, "", range, kMostWhyRows});
    held_ = history_.held({monitor_.name, range, kMostWhyRows});
    repairs_ = history_.repairs({monitor_.name, range, kMostWhyRows});
    const auto timelines = history_.timelines(monitor_.name, range);
    if (const auto found = timelines.find(monitor_.name); found != timelines.end())
      changes_ = found->second.changes;
    for (const MonitorRow& row : history_.monitors()) {
      if (row.name == monitor_.name) row_ = row;
    }
  }

  // When it was last found failing, also where nobody was told: it was well again, or repaired, before.
  [[nodiscard]] std::optional<Timestamp> last_failed(Timestamp until) {
    const auto timelines = history_.timelines(monitor_.name, {until - kWhyHorizon, until});
    const auto found = timelines.find(monitor_.name);
    if (found == timelines.end()) return std::nullopt;
    std::optional<Timestamp> failed;
    Status before = found->second.before;
    for (const Change& change : found->second.changes) {
      if (is_bad(change.to) && !is_bad(before)) failed = change.at;
      before = change.to;
    }
    return failed;
  }

  void say(std::string sentence) { result_.now.push_back(std::move(sentence)); }

  void say_how_it_stands() {
    say_status();
    if (known_ == nullptr) return;
    for (const OverlayKind kind : kOverlayKinds) {
      const auto& overlay = known_->overlays[kind];
      if (!overlay || is_over(*overlay, now_.wall)) continue;
      say("it is " + (shown_.output ? describe(kind, *overlay) : describe_to_all(kind, *overlay)));
    }
    if (known_->unseen)
      say(fmt::format("no failure of it counts since {}: minitor could not tell",
                      at(known_->unseen->wall)));
    for (const SavedBlindness& one : saved_.blindnesses) {
      const bool here = one.cause != BlindCause::network || one.scope == monitor_.scope;
      if (here && !one.distrusted)
        say(fmt::format("minitor is blind since {}: {}", at(one.since.wall), one.why));
    }
  }

  void say_status() {
    switch (status()) {
      case Status::unknown:
        return say(fmt::format("{} is unknown: no check could tell yet", monitor_.name));
      case Status::up: say(fmt::format("{} is up", monitor_.name)); return say_of_up();
      case Status::failing:
        say(fmt::format("{} is failing since {}: it failed {}", monitor_.name,
                        at(known_->policy.first_failure.wall), times(known_->policy.failures)));
        return say(fmt::format("nobody is told yet: {}", why_not_yet()));
      case Status::down:
        say(fmt::format("{} is down, failing since {}: it failed {}", monitor_.name,
                        at(known_->policy.first_failure.wall), times(known_->policy.failures)));
        return say_who_was_told();
    }
  }

  void say_of_up() {
    if (row_ && row_->last_verdict == Verdict::warning && !monitor_.rules.warnings)
      say("its last check was a warning, of which nobody is told: alert_on has no warning");
    if (known_->flapping.flapping) say("it is flapping: it is told as that, not each time");
  }

  [[nodiscard]] std::string why_not_yet() const {
    if (!held_.empty()) return held_.front().reason;
    return fmt::format("alert_after is {}", describe(monitor_.rules.after));
  }

  void say_who_was_told() {
    if (monitor_.alert_down.empty()) return say("nobody is told: alert_down is empty");
    bool any = false;
    // The latest word of each alert on this incident.
    std::set<std::string> said;
    for (const NoticeRow& notice : notices_) {
      if (notice.incident != known_->incident || !said.insert(notice.alert).second) continue;
      any = true;
      say(words(notice));
    }
    if (any && !known_->policy.owed) return;
    if (!held_.empty()) {
      say(fmt::format("{} told: {}", any ? "now nobody is" : "nobody was", held_.front().reason));
    } else if (!any) {
      say("nobody was told, and no reason was recorded: its history may have been thinned out");
    }
  }

  // What became of a notice at an alert.
  [[nodiscard]] std::string words(const NoticeRow& notice) const {
    const std::string detail = notice.detail.empty() || !shown_.output
                                   ? std::string{}
                                   : ": " + one_line(notice.detail, kAboutADetail);
    const std::string what = fmt::format("{} of {}", notice.alert, what_of(notice));
    switch (notice.stage) {
      case NoticeStage::intended:
        return fmt::format("is to tell {}, because {}{}", what, shown_reason(notice.reason, shown_),
                           waits_for(notice));
      case NoticeStage::delivered:
        return fmt::format("told {}{}, because {}", what, attempts(notice),
                           shown_reason(notice.reason, shown_));
      case NoticeStage::failed:
        return fmt::format("could not tell {}{}{}{}", what, attempts(notice), detail,
                           notice.next_attempt
                               ? fmt::format("; tries again at {}", at(*notice.next_attempt))
                               : std::string{});
      case NoticeStage::given_up:
        return fmt::format("gave up telling {}{}{}", what, attempts(notice), detail);
      case NoticeStage::dropped:
        return fmt::format("did not tell {}: {}", what, one_line(notice.detail, kAboutADetail));
    }
    return what;
  }
  static constexpr std::size_t kAboutADetail = 300;

  // What keeps a notice that was accepted from being told at once.
  [[nodiscard]] std::string waits_for(const NoticeRow& notice) const {
    const auto& alerts = around_.config->alerts;
    const auto alert = std::find_if(alerts.begin(), alerts.end(),
                                    [&](const Alert& one) { return one.name == notice.alert; });
    if (alert == alerts.end()) return {};
    const auto saved = std::find_if(saved_.alerts.begin(), saved_.alerts.end(),
                                    [&](const auto& one) { return one.name == notice.alert; });
    const auto& [group, rate] = alert->storm;
    if (rate && saved != saved_.alerts.end() && saved->held)
      return fmt::format("; it waits: {} tells no more than {} per {}", alert->name, rate->count,
                         human_duration(rate->per));
    if (now_.wall - notice.created <= group)
      return fmt::format("; it waits up to {} for others, to be told in one message",
                         human_duration(group));
    return {};
  }

  static std::string_view what_of(const NoticeRow& notice) {
    switch (notice.kind) {
      case NoticeKind::problem: return "the problem";
      case NoticeKind::reminder: return "it again";
      case NoticeKind::recovery: return "the end";
      case NoticeKind::test: return "a test";
      case NoticeKind::repaired: return "the repair";
      case NoticeKind::escalation: return "the problem, as a step of escalate";
      case NoticeKind::group: return "it with others";
    }
    return "it";
  }
  static std::string attempts(const NoticeRow& notice) {
    return notice.attempts > 1 ? fmt::format(" at attempt {}", notice.attempts) : std::string{};
  }

  void add(Part part, Timestamp when, std::string words) {
    result_.lines.push_back({part, when, std::move(words)});
  }

  void tell_the_past() {
    for (const Change& change : changes_)
      add(Part::past, change.at, fmt::format("{}: {}", name(change.to), change.reason));
    for (const HeldRow& held : held_)
      add(Part::past, held.at, fmt::format("{} held back: {}", name(held.kind), held.reason));
    for (const RepairRow& repair : repairs_)
      add(Part::past, repair.at,
          // Why one was passed over is our own word.
          repair.attempt == 0 ? fmt::format("repair {}: {}", repair.step, repair.outcome)
                              : fmt::format("repair {}, attempt {}{}", repair.step, repair.attempt,
                                            shown_.output ? ": " + repair.outcome : std::string{}));
    for (const NoticeRow& notice : notices_) add(Part::past, notice.updated, words(notice));
    if (incident_ && !incident_->closed.empty() && incident_->ended)
      add(Part::past, *incident_->ended, "its incident was closed: " + incident_->closed);
    std::stable_sort(result_.lines.begin(), result_.lines.end(),
                     [](const WhyLine& a, const WhyLine& b) { return a.when < b.when; });
  }

  // The real engine goes on from here; what fails now goes on failing, this monitor as it is asked for.
  void look_ahead(Part part, bool fails) {
    const Config& config = *around_.config;
    RehearsalPlan plan;
    plan.length = std::min<Duration>(
        kWhyHorizon, monitor_.schedule ? kWhyHorizon : monitor_.interval * kWhyChecks);
    plan.spans = {{Duration::zero(), plan.length + kMillisecond}};
    for (const SavedMonitor& one : saved_.monitors) {
      if (!is_bad(one.policy.status)) continue;
      for (MonitorIndex i = 0; i < config.monitors.size(); ++i) {
        if (config.monitors[i].name == one.name) plan.failing.insert(i);
      }
    }
    plan.failing.erase(around_.monitor);
    if (fails) plan.failing.insert(around_.monitor);
    plan.goes_on = {now_, saved_, boot_};
    // What it said last.
    plan.gates_closed = !held_.empty() && held_.front().reason == kGateSaysNo;
    const Rehearsal rehearsal = rehearse(around_.config, plan, now_.wall, context_);
    if (known_ != nullptr) {
      const Timestamp due =
          now_.wall + std::max(Duration::zero(), known_->due.monotonic - now_.monotonic);
      const bool comes = saved_.life.boot == boot_ && due < now_.wall + plan.length;
      if (comes && monitor_.heartbeat)
        add(part, due, "its heartbeat is missed unless it comes before");
      if (comes && !monitor_.heartbeat && !known_->overlays.paused())
        add(part, due, "the next check");
    }
    std::size_t count = 0;
    const RehearsalLine* before = nullptr;
    for (const RehearsalLine& line : rehearsal.lines) {
      if (line.monitor != around_.monitor || line.kind == RehearsalLine::Kind::check) continue;
      // That it goes on being held back was said.
      const bool known = line.kind == RehearsalLine::Kind::held && !held_.empty() &&
                         line.why.ends_with(held_.front().reason);
      if (known && count == 0) continue;
      // Several that are told the same are one line.
      if (before != nullptr && before->when == line.when && before->kind == line.kind &&
          before->words == line.words && line.kind == RehearsalLine::Kind::told) {
        result_.lines.back().words.insert(0, line.alert + ", ");
        continue;
      }
      if (count++ == kMostWhyNext) break;
      before = &line;
      add(part, line.when, words(line));
    }
    std::stable_sort(result_.lines.begin(), result_.lines.end(),
                     [](const WhyLine& a, const WhyLine& b) {
                       return std::pair(a.part, a.when) < std::pair(b.part, b.when);
                     });
    if (count == 0)
      add(part, now_.wall + plan.length,
          fmt::format("nobody would have been told until then, in {}",
                      human_duration(plan.length)));
  }

  [[nodiscard]] std::string words(const RehearsalLine& line) const {
    switch (line.kind) {
      case RehearsalLine::Kind::status: return fmt::format("{}: {}", name(line.status), line.why);
      case RehearsalLine::Kind::told:
        return fmt::format("{} would be told \"{}\", because {}", line.alert, line.words,
                           shown_reason(line.why, shown_));
      case RehearsalLine::Kind::check:
      case RehearsalLine::Kind::repair:
      case RehearsalLine::Kind::held:
      case RehearsalLine::Kind::failed: return line.why;
    }
    return line.why;
  }

  const Monitor& monitor_;
  RedactedReads history_;
  Moment now_;
  const MessageContext& context_;
  std::string boot_;
  PageShows shown_;
  Around around_;
  SavedState saved_;
  const SavedMonitor* known_ = nullptr;
  Timestamp from_;
  std::optional<IncidentRow> incident_;
  std::optional<MonitorRow> row_;
  std::vector<NoticeRow> notices_;
  std::vector<HeldRow> held_;
  std::vector<RepairRow> repairs_;
  std::vector<Change> changes_;
  Why result_;
};

}  // namespace

std::string_view heading(WhyLine::Part part, bool failing) {
  switch (part) {
    case Part::past: return "What happened";
    case Part::if_failing: return failing ? "If it goes on failing" : "If it failed from now on";
    case Part::if_well: return "If it is well from the next check on";
  }
  return "";
}

bool is_failing(const Why& why) {
  return std::any_of(why.lines.begin(), why.lines.end(),
                     [](const WhyLine& line) { return line.part == Part::if_well; });
}

std::string_view name(WhyLine::Part part) {
  switch (part) {
    case Part::past: return "past";
    case Part::if_failing: return "if_failing";
    case Part::if_well: return "if_well";
  }
  return "invalid";
}

Why why(const std::shared_ptr<const Config>& config, MonitorId monitor, HistoryReads& history,
        Moment now, const MessageContext& context, const std::string& boot,
        const PageShows& shown) {
  return Asker(config, monitor, history, now, context, boot, shown).ask();
}

std::string why_text(const Why& why, const TimeZone& zone) {
  std::string text;
  for (const std::string& sentence : why.now) text += sentence + "\n";
  const bool bad = is_failing(why);
  for (const Part part : {Part::past, Part::if_failing, Part::if_well}) {
    bool first = true;
    for (const WhyLine& line : why.lines) {
      if (line.part != part) continue;
      if (std::exchange(first, false)) text += fmt::format("\n{}:\n", heading(part, bad));
      text += fmt::format("  {}  {}\n", format_local(line.when, zone), line.words);
    }
  }
  return text;
}

}  // namespace minitor
