#include "tests/scripts/lines.hpp"

#include <fmt/format.h>

#include "minitor/core/clean_text.hpp"

namespace minitor::scripts {
namespace {

// Ids without the part that is the same for all.
std::string short_id(const std::string& id) {
  const auto dash = id.rfind('-');
  return dash == std::string::npos ? id : id.substr(dash + 1);
}

std::string text_of(const StartCommand& start) {
  if (const auto* argv = std::get_if<Argv>(&start.command->program)) {
    std::string words;
    for (const std::string& item : argv->items) words += " " + shell_word(item);
    return words;
  }
  return " sh: " + one_line(std::get<ShellText>(start.command->program).text);
}

struct Describe {
  const World& world;

  [[nodiscard]] const std::string& monitor(MonitorId id) const {
    return world.config().monitors[id.value].name;
  }

  Line operator()(const StartCommand& start) const {
    const bool check = start.purpose == RunPurpose::check || start.purpose == RunPurpose::test;
    std::string_view what = "alert";
    if (check) what = "check of";
    if (start.purpose == RunPurpose::repair) what = "repair of";
    if (start.purpose == RunPurpose::gate) what = "only_when of";
    return {check ? "starts" : "commands",
            fmt::format("start {} {}:{}", what, world.runs_for(start), text_of(start))};
  }
  Line operator()(const EndCommand& end) const {
    return {"ends", fmt::format("end run {}", end.run.value)};
  }
  Line operator()(const RecordCheck& check) const {
    std::string text =
        fmt::format("{}: check {}, {}", world.config().monitors[check.monitor.value].name,
                    name(check.verdict), check.outcome);
    if (check.manual) text += ", asked for by hand";
    if (check.failures > 0) text += fmt::format(", failures {}", check.failures);
    if (check.missed > 0) text += fmt::format(", missed {}", check.missed);
    if (check.lateness > Duration::zero())
      text += fmt::format(", {} late", format_duration(check.lateness));
    if (!check.output.empty()) text += fmt::format(", wrote {}", json_string(check.output));
    for (const PerfFigure& figure : check.perfdata) {
      text += fmt::format("; {} ", figure.label);
      text += figure.value ? fmt::format("{} {}", *figure.value, figure.unit) : "could not be told";
    }
    return {"checks", text};
  }
  Line operator()(const RecordTransition& transition) const {
    std::string text =
        fmt::format("{}: {} to {}, {}", world.config().monitors[transition.monitor.value].name,
                    name(transition.from), name(transition.to), transition.reason);
    if (!transition.incident.empty()) text += fmt::format(" [{}]", short_id(transition.incident));
    return {"transitions", text};
  }
  Line operator()(const RecordNotice& record) const {
    const std::string stage{name(record.stage)};
    std::string text = fmt::format("{}: {} {} to {} {}", record.notice->monitor,
                                   name(record.notice->kind), short_id(record.notice->id),
                                   world.config().alerts[record.alert.value].name, stage);
    if (record.attempt > 0) text += fmt::format(" at attempt {}", record.attempt);
    if (!record.detail.empty()) text += fmt::format(": {}", record.detail);
    if (record.next_attempt)
      text += fmt::format("; next at {}", clock_text(world.age(record.next_attempt->monotonic)));
    return {stage, text};
  }
  Line operator()(const RecordRepair& repair) const {
    std::string text = fmt::format("{}: repair {}", monitor(repair.monitor), repair.step);
    if (repair.attempt > 0) text += fmt::format(" attempt {}", repair.attempt);
    text += ": " + repair.outcome;
    if (!repair.output.empty()) text += fmt::format(", wrote {}", json_string(repair.output));
    return {"repairs", text};
  }
  Line operator()(const RecordHeld& held) const {
    std::string text =
        fmt::format("{}: {} held: {}", monitor(held.monitor), name(held.kind), held.reason);
    if (!held.incident.empty()) text += fmt::format(" [{}]", short_id(held.incident));
    return {"held", text};
  }
  Line operator()(const RecordOverlay& one) const {
    if (one.what == RecordOverlay::What::set)
      return {"overlays", fmt::format("{}: {}", monitor(one.monitor), one.reason)};
    return {"overlays", fmt::format("{}: no longer {}, {}", monitor(one.monitor),
                                    done_to_it(one.kind), one.reason)};
  }
  Line operator()(const LogNotice& log) const {
    return {"log", fmt::format("{}: {} written to the log", log.notice->monitor,
                               short_id(log.notice->id))};
  }
  Line operator()(const SaveState& save) const {
    struct Name {
      std::string operator()(const SavedLife& life) const { return "life " + life.instance; }
      std::string operator()(const SavedMonitor& monitor) const { return monitor.name; }
      std::string operator()(const SavedIncident& one) const {
        return fmt::format("{}, {} on the way", short_id(one.id), one.entries.size());
      }
      std::string operator()(const SavedLock& lock) const { return "lock " + lock.key.second; }
      std::string operator()(const ForgetLock& gone) const {
        return "no more lock " + gone.key.second;
      }
      std::string operator()(const SavedBlindness& one) const {
        return fmt::format("blindness of {}", one.scope.empty() ? name(one.cause) : one.scope);
      }
      std::string operator()(const ForgetBlindness& one) const {
        return fmt::format("no more blindness of {}",
                           one.scope.empty() ? name(one.cause) : one.scope);
      }
      std::string operator()(const ForgetMonitor& gone) const { return "no more " + gone.name; }
      std::string operator()(const SavedAlert& alert) const { return "alert " + alert.name; }
      std::string operator()(const ForgetAlert& gone) const { return "no more alert " + gone.name; }
      std::string operator()(const ForgetIncident& gone) const {
        return "no more " + short_id(gone.id);
      }
    };
    return {"saves", "save " + std::visit(Name{}, save.change)};
  }
  Line operator()(const RecordReload& reload) const {
    std::string text = "reload: " + describe(reload.summary);
    for (const auto& [from, to] : reload.summary.renamed)
      text += fmt::format("; {} is {} now", from, to);
    return {"reloads", text};
  }
  Line operator()(const RecordClosed& closed) const {
    return {"closed", fmt::format("{}: incident closed, {} [{}]", closed.monitor, closed.reason,
                                  short_id(closed.incident))};
  }
  Line operator()(const RecordForgotten& gone) const {
    const bool delivered = gone.stage == NoticeStage::delivered;
    return {"closed", fmt::format("{}: {} {} to {} {}: {}", gone.notice->monitor,
                                  name(gone.notice->kind), short_id(gone.notice->id), gone.alert,
                                  delivered ? "delivered after all" : "forgotten", gone.reason)};
  }
  Line operator()(const RecordUnobserved& one) const {
    return {"unobserved",
            fmt::format("{}: not observed since {}, {}", monitor(one.monitor),
                        clock_text(one.since.time_since_epoch() -
                                   (world.now().monotonic - world.age()).time_since_epoch()),
                        one.reason)};
  }
  Line operator()(const RecordBlind& blind) const {
    return {"blind",
            fmt::format("minitor{} {}: {}", blind.scope.empty() ? "" : " (" + blind.scope + ")",
                        blind.over ? "sees again" : "is blind", blind.why)};
  }
  Line operator()(const WakeAt& wake) const {
    return {"wakes", wake.when ? fmt::format("wake at {}", clock_text(world.age(*wake.when)))
                               : std::string{"no need to wake"}};
  }
  Line operator()(const AllStopped& stopped) const {
    return {"stopped", fmt::format("all stopped, {} undelivered", stopped.undelivered)};
  }
};

}  // namespace

std::string clock_text(Duration age) {
  using namespace std::chrono;
  const auto days = duration_cast<hours>(age) / 24h;
  const hh_mm_ss<milliseconds> time{duration_cast<milliseconds>(age - hours{24} * days)};
  std::string text = fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(),
                                 time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:03}", time.subseconds().count());
  return days > 0 ? fmt::format("{}d {}", days, text) : text;
}

Line line_of(const Effect& effect, const World& world) {
  Line line = std::visit(Describe{world}, effect);
  line.text = clock_text(world.age()) + " " + line.text;
  return line;
}

}  // namespace minitor::scripts
