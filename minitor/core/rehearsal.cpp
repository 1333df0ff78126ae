#include "minitor/core/rehearsal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/engine.hpp"
#include "minitor/core/notice_text.hpp"
#include "minitor/core/wall_clock.hpp"

namespace minitor {
namespace {

using Kind = RehearsalLine::Kind;

class Rehearser {
 public:
  Rehearser(std::shared_ptr<const Config> config, const RehearsalPlan& plan, Timestamp start,
            const MessageContext& context)
      : config_(std::move(config)),
        plan_(plan),
        begin_(plan.goes_on ? plan.goes_on->now
                            : Moment{Monotonic{start.time_since_epoch()}, start}),
        now_(begin_),
        engine_(config_, "simulated", context, now_,
                plan.goes_on ? plan.goes_on->saved : SavedState{},
                plan.goes_on ? plan.goes_on->boot : std::string{}),
        status_(config_->monitors.size(), Status::unknown),
        mended_(config_->monitors.size(), Duration{-1}) {
    for (MonitorIndex i = 0; i < config_->monitors.size(); ++i)
      checks_.emplace(&config_->monitors[i].command, i);
    for (MonitorIndex i = 0; i < config_->monitors.size(); ++i) {
      if (config_->monitors[i].heartbeat) beats_.emplace_back(begin_.monotonic, i);
    }
    if (plan.goes_on) {
      for (const SavedMonitor& one : plan.goes_on->saved.monitors) {
        for (MonitorIndex i = 0; i < config_->monitors.size(); ++i) {
          if (config_->monitors[i].name == one.name) status_[i] = one.policy.status;
        }
      }
    }
    failing_ = plan.failing;
    if (plan.cascade) add_dependents();
    result_.from = start;
    result_.until = start + plan.length;
  }

  Rehearsal run() {
    const Monotonic end = begin_.monotonic + plan_.length;
    tell(Tick{});
    while (true) {
      const auto beat = std::min_element(beats_.begin(), beats_.end());
      if (beat != beats_.end() && beat->first <= end && (!wake_ || beat->first <= *wake_)) {
        beat_now(*beat);
      } else if (wake_ && *wake_ <= end) {
        now_ = later(begin_, *std::exchange(wake_, std::nullopt) - begin_.monotonic);
        tell(Tick{});
      } else {
        break;
      }
    }
    return std::move(result_);
  }

 private:
  struct Ended {
    RunId run;
    CommandOutcome outcome;
  };

  using Beat = std::pair<Monotonic, MonitorIndex>;

  // What is well sends its heartbeats in time.
  void beat_now(Beat& beat) {
    now_ = later(begin_, beat.first - begin_.monotonic);
    beat.first += config_->monitors[beat.second].interval;
    if (!fails(beat.second)) tell(HeartbeatReceived{MonitorId{beat.second}, {}, {}});
  }

  void add_dependents() {
    std::vector<Needs> needs;
    for (const Monitor& monitor : config_->monitors) needs.push_back(monitor.needs);
    const DependencyGraph graph(std::move(needs));
    for (const MonitorIndex cause : plan_.failing) {
      for (const MonitorIndex child : graph.taken_down(
               cause, [&](MonitorIndex other) { return plan_.failing.contains(other); }))
        failing_.insert(child);
    }
  }

  // What a command comes to is there at once: only the engine takes time.
  void tell(Event&& event) {
    handle(std::move(event));
    while (!ended_.empty()) {
      Ended ended = std::move(ended_.front());
      ended_.pop_front();
      handle(CommandFinished{ended.run, std::move(ended.outcome)});
    }
  }

  void handle(Event&& event) {
    for (Effect& effect : engine_.handle(std::move(event), now_))
      std::visit([this](auto& value) { on(value); }, effect);
  }

  [[nodiscard]] const RehearsalPlan::Span* span_now() const {
    const Duration age = now_.monotonic - begin_.monotonic;
    const auto found = std::find_if(plan_.spans.begin(), plan_.spans.end(), [&](const auto& span) {
      return age >= span.from && age < span.until;
    });
    return found == plan_.spans.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool fails(MonitorIndex monitor) const {
    if (!failing_.contains(monitor)) return false;
    const RehearsalPlan::Span* span = span_now();
    if (span == nullptr || mended_[monitor] >= span->from) return false;
    if (plan_.flap <= Duration::zero()) return true;
    const Duration into = now_.monotonic - begin_.monotonic - span->from;
    return (into / plan_.flap) % 2 == 0;
  }

  void on(const StartCommand& start) {
    Ended ended{start.run, {Exited{0}, {}, 0, false, {}}};
    switch (start.purpose) {
      case RunPurpose::check:
        if (const MonitorIndex monitor = checks_.at(start.command.get()); fails(monitor))
          ended.outcome.ending =
              Exited{config_->monitors[monitor].exit_codes == ExitCodes::nagios ? 2 : 1};
        break;
      case RunPurpose::alert:
        if (broken(*start.command)) ended.outcome.ending = Exited{1};
        break;
      case RunPurpose::repair:
        if (plan_.repairs_help) mend(*start.command);
        break;
      case RunPurpose::gate:
        if (plan_.gates_closed) ended.outcome.ending = Exited{1};
        break;
      case RunPurpose::test: break;
    }
    ended_.push_back(std::move(ended));
  }

  static std::string_view variable(const Command& command, std::string_view name) {
    for (const auto& [key, value] : command.environment) {
      if (key == name) return value;
    }
    return {};
  }

  [[nodiscard]] bool broken(const Command& command) const {
    const std::string_view name = variable(command, "MINITOR_ALERT");
    return std::any_of(plan_.broken.begin(), plan_.broken.end(),
                       [&](std::uint32_t id) { return config_->alerts[id].name == name; });
  }

  void mend(const Command& command) {
    const std::string_view name = variable(command, "MINITOR_MONITOR");
    for (MonitorIndex i = 0; i < config_->monitors.size(); ++i) {
      if (config_->monitors[i].name == name) mended_[i] = now_.monotonic - begin_.monotonic;
    }
  }

  void add(Kind kind, MonitorIndex monitor, std::string why, std::string alert = {},
           std::string words = {}) {
    if (result_.lines.size() >= kMostRehearsalLines) {
      ++result_.left_out;
      return;
    }
    result_.lines.push_back({now_.wall, kind, monitor, status_[monitor], std::move(alert),
                             std::move(words), std::move(why)});
  }

  void on(const RecordCheck& check) {
    ++result_.checks;
    if (plan_.checks)
      add(Kind::check, check.monitor.value,
          fmt::format("{} ({})", name(check.verdict), check.outcome));
  }
  void on(const RecordTransition& transition) {
    status_[transition.monitor.value] = transition.to;
    add(Kind::status, transition.monitor.value, transition.reason);
  }
  void on(const RecordRepair& repair) {
    if (repair.attempt > 0) ++result_.repairs;
    std::string what = fmt::format("repair {}", repair.step);
    if (repair.attempt > 0) what += fmt::format(", attempt {}", repair.attempt);
    add(Kind::repair, repair.monitor.value, what + ": " + repair.outcome);
  }
  void on(const RecordOverlay&) {}
  void on(const RecordHeld& held) {
    add(Kind::held, held.monitor.value, fmt::format("{} held: {}", name(held.kind), held.reason));
  }
  void on(const RecordNotice& record) {
    const Notice& notice = *record.notice;
    const std::string& alert = config_->alerts[record.alert.value].name;
    MonitorIndex monitor = 0;
    // What is told of minitor itself stands beside the first of its canaries.
    const auto is_it = [&](const Monitor& one) {
      return notice.blind ? one.canary : one.name == notice.monitor;
    };
    while (monitor + 1 < config_->monitors.size() && !is_it(config_->monitors[monitor])) ++monitor;
    switch (record.stage) {
      case NoticeStage::intended: break;
      case NoticeStage::delivered:
        ++result_.notices;
        add(Kind::told, monitor,
            notice.reason + (record.detail.empty() ? "" : "; told " + record.detail), alert,
            sentence(notice));
        break;
      case NoticeStage::failed:
      case NoticeStage::given_up:
      case NoticeStage::dropped:
        add(Kind::failed, monitor,
            fmt::format("{} {}: {}", name(notice.kind), name(record.stage), record.detail), alert);
        break;
    }
  }
  void on(const WakeAt& wake) { wake_ = wake.when; }
  void on(const EndCommand&) {}
  void on(const LogNotice&) {}
  void on(const SaveState&) {}
  void on(const RecordReload&) {}
  void on(const RecordClosed&) {}
  void on(const RecordForgotten&) {}
  void on(const RecordUnobserved&) {}
  void on(const RecordBlind&) {}
  void on(const AllStopped&) {}

  std::shared_ptr<const Config> config_;
  const RehearsalPlan& plan_;
  Moment begin_;
  Moment now_;
  Engine engine_;
  std::vector<Status> status_;
  std::vector<Duration> mended_;  // when a repair last ran, since the beginning
  std::set<MonitorIndex> failing_;
  std::unordered_map<const Command*, MonitorIndex> checks_;
  std::vector<Beat> beats_;  // when each heartbeat comes next
  std::deque<Ended> ended_;
  std::optional<Monotonic> wake_;
  Rehearsal result_;
};

}  // namespace

std::string_view name(RehearsalLine::Kind kind) {
  switch (kind) {
    case Kind::check: return "check";
    case Kind::status: return "status";
    case Kind::repair: return "repair";
    case Kind::held: return "held";
    case Kind::told: return "told";
    case Kind::failed: return "failed";
  }
  return "invalid";
}

namespace {

// "09:00": since midnight.
std::optional<std::chrono::minutes> time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  const int hour = (text[0] - '0') * 10 + text[1] - '0';
  const int minute = (text[3] - '0') * 10 + text[4] - '0';
  if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) return std::nullopt;
  return std::chrono::minutes{hour * 60 + minute};
}

}  // namespace

std::variant<std::vector<RehearsalPlan::Span>, std::string> parse_spans(std::string_view text,
                                                                        Timestamp start,
                                                                        Duration length,
                                                                        const TimeZone& zone) {
  using std::chrono::days;
  std::vector<RehearsalPlan::Span> spans;
  const auto add = [&](Duration from, Duration until) {
    from = std::max(from, Duration::zero());
    until = std::min(until, length);
    if (from < until) spans.push_back({from, until});
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t dash = one.find('-');
    const std::string_view first = one.substr(0, dash);
    const std::string_view last = dash == std::string_view::npos ? "" : one.substr(dash + 1);
    const auto from = parse_duration(first);
    const auto until = parse_duration(last);
    const auto begins = time_of_day(first);
    const auto ends = time_of_day(last);
    if (from && until && *from >= Duration::zero() && *from < *until) {
      add(*from, *until);
    } else if (begins && ends && *begins != *ends) {
      const auto today = std::chrono::floor<days>(wall_time(start, zone));
      const auto over_midnight = days{*ends < *begins ? 1 : 0};
      for (auto day = today - days{1}; instants(day, zone).first < start + length; day += days{1})
        add(instants(day + *begins, zone).first - start,
            instants(day + over_midnight + *ends, zone).first - start);
    } else {
      return fmt::format("\"{}\" is no stretch of time; write 09:00-11:30, or 10m-25m",
                         one_line(one));
    }
  }
  std::sort(spans.begin(), spans.end(),
            [](const auto& a, const auto& b) { return a.from < b.from; });
  return spans;
}

Rehearsal rehearse(std::shared_ptr<const Config> config, const RehearsalPlan& plan, Timestamp start,
                   const MessageContext& context) {
  return Rehearser(std::move(config), plan, start, context).run();
}

}  // namespace minitor
