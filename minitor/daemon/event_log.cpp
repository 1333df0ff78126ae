#include "minitor/daemon/event_log.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/notice_text.hpp"

namespace minitor {
namespace {

// The last words of a check, for the sentence on a terminal.
std::string last_words(std::string_view output) {
  while (!output.empty() && (output.back() == '\n' || output.back() == '\r'))
    output.remove_suffix(1);
  return one_line(output, kMaxLogValue / 2);
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class EventLog {
 public:
  EventLog(Log& log, const Config& config, Timestamp when)
      : log_(log), config_(config), when_(when) {}

  void operator()(const RecordCheck& check) const {
    const Monitor& monitor = config_.monitors[check.monitor.value];
    if (check.missed > 0) {
      log_.write(LogLevel::warning, when_,
                 fmt::format("{}: {} run{} missed, for want of time or of a free place",
                             monitor.name, check.missed, check.missed == 1 ? " was" : "s were"),
                 {{"monitor", monitor.name}, {"missed", fmt::format("{}", check.missed)}});
    }
    const bool unremarkable = check.verdict == Verdict::ok || check.stopped;
    const LogLevel level = unremarkable ? LogLevel::debug : LogLevel::warning;
    if (!log_.shows(level)) return;
    const std::string words = last_words(check.output);
    std::string sentence = fmt::format("{}: {} ({}, {})", monitor.name, name(check.verdict),
                                       check.outcome, human_duration(check.elapsed));
    if (check.manual) sentence += ", asked for by hand";
    if (!words.empty()) sentence += ": " + words;
    log_.write(level, when_, sentence,
               {{"monitor", monitor.name},
                {"verdict", std::string{name(check.verdict)}},
                {"outcome", check.outcome},
                {"seconds", fmt::format("{:.3f}", seconds(check.elapsed))},
                {"late", fmt::format("{:.6f}", seconds(check.lateness))},
                {"failures", fmt::format("{}", check.failures)},
                {"output", words}});
  }

  void operator()(const RecordTransition& transition) const {
    const Monitor& monitor = config_.monitors[transition.monitor.value];
    const bool down = transition.to == Status::down;
    const std::string_view again =
        transition.to == Status::up && transition.from == Status::down ? " again" : "";
    log_.write(
        down ? LogLevel::error : LogLevel::info, when_,
        fmt::format("{} is {}{}: {}", monitor.name, name(transition.to), again, transition.reason),
        {{"monitor", monitor.name},
         {"from", std::string{name(transition.from)}},
         {"to", std::string{name(transition.to)}},
         {"incident", transition.incident}});
  }

  void operator()(const RecordNotice& record) const {
    const Notice& notice = *record.notice;
    const std::string& alert = config_.alerts[record.alert.value].name;
    std::string sentence = fmt::format("{} of {} to alert \"{}\" {}", name(notice.kind),
                                       notice.monitor, alert, words(record));
    if (!record.detail.empty()) sentence += ": " + record.detail;
    log_.write(level(record), when_, sentence,
               {{"monitor", notice.monitor},
                {"alert", alert},
                {"notice", notice.id},
                {"incident", notice.incident},
                {"stage", std::string{name(record.stage)}},
                {"attempt", fmt::format("{}", record.attempt)},
                {"reason", notice.reason}});
  }

  void operator()(const RecordRepair& repair) const {
    const Monitor& monitor = config_.monitors[repair.monitor.value];
    const std::string words = last_words(repair.output);
    std::string sentence = fmt::format("{}: repair {}", monitor.name, repair.step);
    if (repair.attempt > 0)
      sentence += fmt::format(", attempt {} ({})", repair.attempt, human_duration(repair.elapsed));
    sentence += ": " + repair.outcome;
    if (!words.empty()) sentence += ": " + words;
    log_.write(LogLevel::warning, when_, sentence,
               {{"monitor", monitor.name},
                {"repair", fmt::format("{}", repair.step)},
                {"attempt", fmt::format("{}", repair.attempt)},
                {"outcome", repair.outcome},
                {"seconds", fmt::format("{:.3f}", seconds(repair.elapsed))},
                {"output", words}});
  }

  void operator()(const RecordHeld& held) const {
    const Monitor& monitor = config_.monitors[held.monitor.value];
    log_.write(LogLevel::info, when_,
               fmt::format("{} of {} is held back: {}", name(held.kind), monitor.name, held.reason),
               {{"monitor", monitor.name},
                {"kind", std::string{name(held.kind)}},
                {"incident", held.incident},
                {"reason", held.reason}});
  }

  void operator()(const RecordOverlay& one) const {
    const Monitor& monitor = config_.monitors[one.monitor.value];
    const bool set = one.what == RecordOverlay::What::set;
    log_.write(
        LogLevel::info, when_,
        set ? fmt::format("{} is {}", monitor.name, one.reason)
            : fmt::format("{} is no longer {}: {}", monitor.name, done_to_it(one.kind), one.reason),
        {{"monitor", monitor.name},
         {"overlay", std::string{name(one.kind)}},
         {"by", one.overlay.by},
         {"until", format_rfc3339(one.overlay.until, TimeZone{})},
         {"note", one.overlay.note},
         {"reason", one.reason}});
  }

  void operator()(const LogNotice& record) const {
    const Notice& notice = *record.notice;
    log_.write(notice.is_up() ? LogLevel::info : LogLevel::error, when_,
               fmt::format("ALERT {}{}", sentence(notice), detail(notice)),
               {{"monitor", notice.monitor},
                {"kind", std::string{name(notice.kind)}},
                {"notice", notice.id},
                {"incident", notice.incident}});
  }

  void operator()(const RecordReload& record) const {
    const ReloadSummary& summary = record.summary;
    log_.write(LogLevel::info, when_, "the configuration was read again: " + describe(summary),
               {{"monitors", fmt::format("{}", summary.monitors.size())},
                {"new", fmt::format("{}", summary.added)},
                {"gone", fmt::format("{}", summary.removed)},
                {"changed", fmt::format("{}", summary.changed)},
                {"renamed", fmt::format("{}", summary.renamed.size())}});
    for (const auto& [from, to] : summary.renamed)
      log_.write(LogLevel::info, when_, fmt::format("{} is called {} from now on", from, to),
                 {{"monitor", to}, {"was", from}});
  }

  void operator()(const RecordClosed& record) const {
    log_.write(LogLevel::warning, when_,
               fmt::format("{}: its incident is closed: {}", record.monitor, record.reason),
               {{"monitor", record.monitor}, {"incident", record.incident}});
  }

  void operator()(const RecordForgotten& record) const {
    const Notice& notice = *record.notice;
    const bool delivered = record.stage == NoticeStage::delivered;
    log_.write(delivered ? LogLevel::info : LogLevel::warning, when_,
               fmt::format("{} of {} to alert \"{}\" {}{}{}", name(notice.kind), notice.monitor,
                           record.alert, delivered ? "was delivered" : "is not sent",
                           record.reason.empty() ? "" : ": ", record.reason),
               {{"monitor", notice.monitor},
                {"alert", record.alert},
                {"notice", notice.id},
                {"incident", notice.incident},
                {"stage", std::string{name(record.stage)}}});
  }

  void operator()(const RecordBlind& blind) const {
    log_.write(blind.over ? LogLevel::warning : LogLevel::error, when_,
               fmt::format("minitor {}{}: {}", blind.over ? "sees again" : "is blind",
                           blind.scope.empty() ? "" : " in the scope " + blind.scope, blind.why),
               {{"scope", blind.scope}, {"blind", blind.over ? "false" : "true"}});
  }

  void operator()(const RecordUnobserved&) const {}
  void operator()(const SaveState&) const {}
  void operator()(const StartCommand&) const {}
  void operator()(const EndCommand&) const {}
  void operator()(const WakeAt&) const {}
  void operator()(const AllStopped&) const {}

 private:
  static std::string detail(const Notice& notice) {
    if (notice.is_up()) return {};
    const std::string words = last_words(notice.output);
    return words.empty() ? fmt::format(" ({})", notice.outcome)
                         : fmt::format(" ({}): {}", notice.outcome, words);
  }

  static LogLevel level(const RecordNotice& record) {
    switch (record.stage) {
      case NoticeStage::intended: return LogLevel::debug;
      case NoticeStage::delivered: return LogLevel::info;
      case NoticeStage::failed: return LogLevel::warning;
      case NoticeStage::given_up: return LogLevel::error;
      case NoticeStage::dropped: return LogLevel::info;
    }
    return LogLevel::error;
  }

  [[nodiscard]] std::string words(const RecordNotice& record) const {
    switch (record.stage) {
      case NoticeStage::intended: return "is to be sent";
      case NoticeStage::delivered: return "was delivered";
      case NoticeStage::failed:
        if (!record.next_attempt) return fmt::format("failed, attempt {}", record.attempt);
        return fmt::format("failed, attempt {}, next in {}", record.attempt,
                           human_duration(record.next_attempt->wall - when_));
      case NoticeStage::given_up: return "WAS GIVEN UP";
      case NoticeStage::dropped: return "is not sent";
    }
    return {};
  }

  Log& log_;
  const Config& config_;
  Timestamp when_;
};

}  // namespace

void log_effect(Log& log, const Config& config, const Effect& effect, Timestamp when) {
  std::visit(EventLog{log, config, when}, effect);
}

}  // namespace minitor
