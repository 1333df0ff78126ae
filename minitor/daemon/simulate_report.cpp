#include "minitor/daemon/simulate_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

using Kind = RehearsalLine::Kind;

// What a line says, in one sentence.
std::string words(const RehearsalLine& line) {
  switch (line.kind) {
    case Kind::check: return "check: " + line.why;
    case Kind::status: return fmt::format("is {}: {}", name(line.status), line.why);
    case Kind::repair:
    case Kind::held: return line.why;
    case Kind::told: return fmt::format("tells {}: \"{}\" ({})", line.alert, line.words, line.why);
    case Kind::failed: return fmt::format("to {}: {}", line.alert, line.why);
  }
  return {};
}

std::size_t width_of_names(const Rehearsal& rehearsal, const Config& config) {
  constexpr std::size_t kWidest = 40;
  std::size_t width = 0;
  for (const RehearsalLine& line : rehearsal.lines)
    width = std::max(width, config.monitors[line.monitor].name.size());
  return std::min(width, kWidest);
}

// ---- the picture ---------------------------------------------------------------------------------

constexpr int kNames = 180;  // pixels for the names on the left
constexpr int kTime = 1000;  // and for the time
constexpr int kLane = 34;    // height of a lane
constexpr int kTop = 40;
constexpr int kMostLanes = 200;
constexpr int kTicks = 8;

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view colour(Status status) {
  switch (status) {
    case Status::unknown: return "#bbbbbb";
    case Status::up: return "#4c9f70";
    case Status::failing: return "#e0a030";
    case Status::down: return "#c0392b";
  }
  return "#000000";
}

class Picture {
 public:
  Picture(const Rehearsal& rehearsal, const Config& config, const TimeZone& zone)
      : rehearsal_(rehearsal), config_(config), zone_(zone) {
    for (const RehearsalLine& line : rehearsal.lines) {
      if (lanes_.size() < kMostLanes || lanes_.contains(line.monitor))
        lanes_[line.monitor].push_back(&line);
    }
  }

  std::string draw() {
    const int height = kTop + kLane * static_cast<int>(lanes_.size()) + 30;
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
        "{1}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
        "fill=\"white\"/>\n",
        kNames + kTime + 20, height);
    for (int i = 0; i <= kTicks; ++i) tick(i, height - 30);
    int top = kTop;
    for (const auto& [monitor, lines] : lanes_) {
      lane(monitor, lines, top);
      top += kLane;
    }
    svg_ += fmt::format(
        "<text x=\"{}\" y=\"{}\" fill=\"#555555\">green up, amber failing, red down; bell: told, "
        "wrench: repair, pause: held back</text>\n</svg>\n",
        kNames, height - 8);
    return std::move(svg_);
  }

 private:
  [[nodiscard]] double x(Timestamp when) const {
    const auto part = std::chrono::duration<double>(when - rehearsal_.from) /
                      std::chrono::duration<double>(rehearsal_.until - rehearsal_.from);
    return kNames + kTime * part;
  }

  void tick(int i, int bottom) {
    const Timestamp when = rehearsal_.from + (rehearsal_.until - rehearsal_.from) / kTicks * i;
    svg_ += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#dddddd\"/>\n<text "
        "x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\" fill=\"#555555\">{4}</text>\n",
        x(when), kTop - 8, bottom, kTop - 14, format_go(when, zone_, "Jan 2 15:04"));
  }

  void bar(Status status, Timestamp from, Timestamp until, int top) {
    svg_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"><title>{} from {} "
        "to {}</title></rect>\n",
        x(from), top + 12, std::max(x(until) - x(from), 0.5), colour(status), name(status),
        format_local(from, zone_), format_local(until, zone_));
  }

  void lane(MonitorIndex monitor, const std::vector<const RehearsalLine*>& lines, int top) {
    svg_ += fmt::format("<text x=\"8\" y=\"{}\">{}</text>\n", top + 24,
                        xml(config_.monitors[monitor].name.substr(0, 26)));
    Status status = Status::unknown;
    Timestamp since = rehearsal_.from;
    for (const RehearsalLine* line : lines) {
      if (line->kind != Kind::status) continue;
      bar(status, since, line->when, top);
      status = line->status;
      since = line->when;
    }
    bar(status, since, rehearsal_.until, top);
    for (const RehearsalLine* line : lines) mark(*line, top);
  }

  void mark(const RehearsalLine& line, int top) {
    std::string_view sign;
    switch (line.kind) {
      case Kind::told: sign = "\U0001F514"; break;
      case Kind::repair: sign = "\U0001F527"; break;
      case Kind::held: sign = "\u23F8"; break;
      case Kind::failed: sign = "\u2717"; break;
      case Kind::check:
      case Kind::status: return;
    }
    svg_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}<title>{} {}</title></text>\n",
        x(line.when), top + 11, sign, format_local(line.when, zone_), xml(words(line)));
  }

  const Rehearsal& rehearsal_;
  const Config& config_;
  const TimeZone& zone_;
  std::map<MonitorIndex, std::vector<const RehearsalLine*>> lanes_;
  std::string svg_;
};

}  // namespace

std::string rehearsal_table(const Rehearsal& rehearsal, const Config& config,
                            const TimeZone& zone) {
  std::string text;
  const std::size_t width = width_of_names(rehearsal, config);
  for (const RehearsalLine& line : rehearsal.lines)
    text += fmt::format("{}  {:<{}}  {}\n", format_local(line.when, zone),
                        one_line(config.monitors[line.monitor].name), width,
                        one_line(words(line), 2000));
  if (rehearsal.left_out > 0)
    text += fmt::format("{} more lines are left out\n", rehearsal.left_out);
  const auto plural = [](std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  text += fmt::format("{} to {}: {}, {}, {}\n", format_local(rehearsal.from, zone),
                      format_local(rehearsal.until, zone), plural(rehearsal.checks, "check"),
                      plural(rehearsal.repairs, "repair"), plural(rehearsal.notices, "notice"));
  return text;
}

std::string rehearsal_json(const Rehearsal& rehearsal, const Config& config, const TimeZone& zone) {
  std::string text = fmt::format(
      "{{\"from\": {}, \"until\": {}, \"checks\": {}, \"repairs\": {}, \"notices\": {}, "
      "\"left_out\": {}, \"lines\": [",
      json_string(format_rfc3339(rehearsal.from, zone)),
      json_string(format_rfc3339(rehearsal.until, zone)), rehearsal.checks, rehearsal.repairs,
      rehearsal.notices, rehearsal.left_out);
  std::string_view comma = "\n";
  for (const RehearsalLine& line : rehearsal.lines) {
    text += fmt::format(
        "{}  {{\"time\": {}, \"kind\": \"{}\", \"monitor\": {}, \"status\": \"{}\", \"alert\": {}, "
        "\"words\": {}, \"why\": {}}}",
        comma, json_string(format_rfc3339(line.when, zone, true)), name(line.kind),
        json_string(config.monitors[line.monitor].name), name(line.status), json_string(line.alert),
        json_string(line.words), json_string(line.why));
    comma = ",\n";
  }
  return text + "\n]}\n";
}

std::string rehearsal_svg(const Rehearsal& rehearsal, const Config& config, const TimeZone& zone) {
  return Picture(rehearsal, config, zone).draw();
}

}  // namespace minitor
