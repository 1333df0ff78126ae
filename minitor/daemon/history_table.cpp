#include "minitor/daemon/history_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

constexpr std::size_t kNameWidth = 32;
constexpr std::size_t kWordsWidth = 72;
constexpr int kSparkHours = 24;

enum class Paint : std::uint8_t { none, green, yellow, red, dim };

std::string painted(const std::string& text, Paint paint, const HistoryLook& look) {
  if (!look.colour || paint == Paint::none) return text;
  constexpr std::array codes{"0", "32", "33", "31", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(paint)], text);
}

// Cut or filled up to `width` characters, whatever they weigh in bytes.
std::string cell(std::string_view raw, std::size_t width) {
  std::string text = one_line(raw, width * 4);
  if (count_code_points(text) > width) text = std::string{first_code_points(text, width - 1)} + "…";
  return text + std::string(width - count_code_points(text), ' ');
}

std::string percent(const Uptime& uptime) {
  const auto ratio = uptime.ratio();
  if (!ratio) return "-";
  // Rounded down: 100 % is said of nothing that was down.
  return fmt::format("{:.2f}%", static_cast<double>(static_cast<int>(*ratio * 10000)) / 100);
}

std::string ago(const std::optional<Timestamp>& when, const HistoryLook& look) {
  if (!when) return "never";
  return human_duration(std::max(Duration::zero(), look.now - *when)) + " ago";
}

Paint paint_of(const MonitorRow& row) {
  if (!row.unobserved.empty() || !row.watched) return Paint::dim;
  switch (row.status) {
    case Status::up: return row.last_verdict == Verdict::warning ? Paint::yellow : Paint::green;
    case Status::failing: return Paint::yellow;
    case Status::down: return Paint::red;
    case Status::unknown: return Paint::dim;
  }
  return Paint::none;
}

std::string status_words(const MonitorRow& row) {
  if (!row.watched) return "not watched";
  std::string words{name(row.status)};
  if (!row.unobserved.empty()) words += "?";
  return words;
}

int urgency(const MonitorView& one) {
  if (!one.row.watched) return 4;
  switch (one.row.status) {
    case Status::down: return 0;
    case Status::failing: return 1;
    case Status::unknown: return 2;
    case Status::up: return 3;
  }
  return 3;
}

std::string json_time(Timestamp when) {
  return json_string(format_rfc3339(when, TimeZone{}, true));
}
std::string json_time(const std::optional<Timestamp>& when) {
  return when ? json_time(*when) : "null";
}
double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string json_uptime(const Uptime& uptime) {
  const auto ratio = uptime.ratio();
  return fmt::format(
      R"({{"ratio":{},"up_seconds":{:.3f},"down_seconds":{:.3f},"unobserved_seconds":{:.3f}}})",
      ratio ? fmt::format("{:.6f}", *ratio) : "null", seconds(uptime.up), seconds(uptime.down),
      seconds(uptime.unobserved));
}

template <typename Row, typename One>
std::string json_array(const std::vector<Row>& rows, One one) {
  std::string text = "[";
  for (std::size_t i = 0; i < rows.size(); ++i) text += (i == 0 ? "\n  " : ",\n  ") + one(rows[i]);
  return text + (rows.empty() ? "]" : "\n]");
}

}  // namespace

std::string sparkline(const std::vector<Bucket>& hours, int count, const HistoryLook& look) {
  constexpr std::array bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const Timestamp first =
      floor(look.now, Resolution::hour) - length(Resolution::hour) * (count - 1);
  double most = 0;
  for (const Bucket& hour : hours) most = std::max(most, seconds(hour.mean()));
  std::string line;
  for (int i = 0; i < count; ++i) {
    const Timestamp start = first + length(Resolution::hour) * i;
    const auto hour = std::find_if(hours.begin(), hours.end(),
                                   [&](const Bucket& other) { return other.start == start; });
    if (hour == hours.end() || hour->told() == 0) {
      line += ' ';
      continue;
    }
    const double part = most > 0 ? seconds(hour->mean()) / most : 0;
    const auto bar = std::min(bars.size() - 1,
                              static_cast<std::size_t>(part * static_cast<double>(bars.size())));
    line += painted(bars[bar], hour->failed > 0 ? Paint::red : Paint::green, look);
  }
  return line;
}

std::string status_table(std::vector<MonitorView> monitors, const HistoryLook& look) {
  std::stable_sort(
      monitors.begin(), monitors.end(),
      [](const MonitorView& a, const MonitorView& b) { return urgency(a) < urgency(b); });
  std::size_t width = 7;
  for (const MonitorView& one : monitors)
    width = std::max(width, std::min(kNameWidth, count_code_points(one.row.name)));
  const std::string head =
      fmt::format("{}  {}  {}  {:>8}  {:>8}  {:>8}  {}", cell("MONITOR", width), cell("STATUS", 11),
                  cell("LAST CHECK", 16), "24 H", "7 D", "30 D", "LAST DAY");
  std::string text = painted(head, Paint::dim, look) + "\n";
  for (const MonitorView& one : monitors) {
    text += fmt::format("{}  {}  {}  {:>8}  {:>8}  {:>8}  {}\n", cell(one.row.name, width),
                        painted(cell(status_words(one.row), 11), paint_of(one.row), look),
                        cell(ago(one.row.last_check, look), 16), percent(one.uptimes.day),
                        percent(one.uptimes.week), percent(one.uptimes.month),
                        sparkline(one.hours, kSparkHours, look));
    if (one.row.status == Status::down || one.row.status == Status::failing) {
      const std::string words =
          one.row.last_outcome + ": " + std::string{without_line_ends(one.row.last_output)};
      text += painted("    " + one_line(words, kWordsWidth), paint_of(one.row), look) + "\n";
    }
  }
  return text;
}

std::string checks_table(const std::vector<CheckRow>& checks, const HistoryLook& look) {
  std::string text;
  for (const CheckRow& check : checks) {
    const bool good = check.verdict == Verdict::ok;
    const Paint paint = good                                ? Paint::green
                        : check.verdict == Verdict::failure ? Paint::red
                                                            : Paint::yellow;
    text += fmt::format("{}  {}  {}  {}\n", format_local(check.at, look.zone),
                        painted(cell(name(check.verdict), 7), paint, look),
                        cell(human_duration(check.took), 9),
                        one_line(good || check.output.empty()
                                     ? (check.output.empty() ? check.outcome : check.output)
                                     : check.outcome + ": " + check.output,
                                 kWordsWidth));
  }
  return text.empty() ? "no checks\n" : text;
}

std::string incidents_table(const std::vector<IncidentRow>& incidents, const HistoryLook& look) {
  std::string text;
  for (const IncidentRow& one : incidents) {
    const Timestamp end = one.ended.value_or(look.now);
    text += fmt::format(
        "{}  {}  {}  {}  {}\n", format_local(one.first_failure, look.zone), cell(one.monitor, 20),
        painted(cell(human_duration(std::max(Duration::zero(), end - one.first_failure)), 12),
                one.ended ? Paint::none : Paint::red, look),
        painted(cell(!one.ended           ? "lasts"
                     : one.closed.empty() ? "recovered"
                                          : "closed",
                     9),
                one.ended ? Paint::green : Paint::red, look),
        one_line(one.closed.empty() ? one.cause : one.closed, kWordsWidth));
  }
  return text.empty() ? "no incidents\n" : text;
}

std::string notices_table(const std::vector<NoticeRow>& notices, const HistoryLook& look) {
  std::string text;
  for (const NoticeRow& one : notices) {
    const Paint paint = one.stage == NoticeStage::delivered  ? Paint::green
                        : one.stage == NoticeStage::given_up ? Paint::red
                        : one.stage == NoticeStage::dropped  ? Paint::dim
                                                             : Paint::yellow;
    text += fmt::format(
        "{}  {}  {}  {}  {}\n", format_local(one.created, look.zone), cell(name(one.kind), 8),
        cell(one.alert, 16), painted(cell(name(one.stage), 9), paint, look),
        one_line(
            one.stage == NoticeStage::delivered || one.detail.empty() ? one.reason : one.detail,
            kWordsWidth));
  }
  return text.empty() ? "no notices\n" : text;
}

std::string repairs_table(const std::vector<RepairRow>& repairs, const HistoryLook& look) {
  std::string text;
  for (const RepairRow& one : repairs) {
    const std::string which = one.attempt == 0
                                  ? fmt::format("repair {}", one.step)
                                  : fmt::format("repair {}, attempt {}", one.step, one.attempt);
    text += fmt::format(
        "{}  {}  {}  {}\n", format_local(one.at, look.zone), cell(which, 20),
        cell(one.attempt == 0 ? std::string{} : human_duration(one.took), 9),
        one_line(one.output.empty() ? one.outcome : one.outcome + ": " + one.output, kWordsWidth));
  }
  return text;
}

std::string held_table(const std::vector<HeldRow>& held, const HistoryLook& look) {
  std::string text;
  for (const HeldRow& one : held)
    text += fmt::format("{}  {}  {}\n", format_local(one.at, look.zone), cell(name(one.kind), 8),
                        one_line("held because " + one.reason, kWordsWidth));
  return text;
}

std::string status_json(const std::vector<MonitorView>& monitors) {
  return json_array(monitors, [](const MonitorView& one) {
    const MonitorRow& row = one.row;
    return fmt::format(
        R"({{"monitor":{},"status":"{}","since":{},"watched":{},"unobserved":{},"last_check":{},)"
        R"("last_success":{},"last_verdict":"{}","last_duration_seconds":{:.6f},"last_outcome":{},)"
        R"("last_output":{},"uptime":{{"24h":{},"7d":{},"30d":{},"90d":{}}}}})",
        json_string(row.name), name(row.status), json_time(row.since), row.watched,
        row.unobserved.empty() ? "null" : json_string(row.unobserved), json_time(row.last_check),
        json_time(row.last_success), name(row.last_verdict), seconds(row.last_took),
        json_string(row.last_outcome), json_string(row.last_output), json_uptime(one.uptimes.day),
        json_uptime(one.uptimes.week), json_uptime(one.uptimes.month),
        json_uptime(one.uptimes.quarter));
  });
}

std::string checks_json(const std::vector<CheckRow>& checks) {
  return json_array(checks, [](const CheckRow& one) {
    return fmt::format(
        R"({{"id":{},"at":{},"verdict":"{}","duration_seconds":{:.6f},"outcome":{},"output":{},)"
        R"("output_cut":{},"manual":{},"perfdata":{}}})",
        one.id, json_time(one.at), name(one.verdict), seconds(one.took), json_string(one.outcome),
        json_string(one.output), one.output_cut, one.manual, json_string(one.perfdata));
  });
}

std::string incidents_json(const std::vector<IncidentRow>& incidents) {
  return json_array(incidents, [](const IncidentRow& one) {
    return fmt::format(
        R"({{"id":{},"monitor":{},"first_failure":{},"down":{},"ended":{},"cause":{},"closed":{},)"
        R"("delivered":{}}})",
        json_string(one.id), json_string(one.monitor), json_time(one.first_failure),
        json_time(one.down), json_time(one.ended), json_string(one.cause),
        one.closed.empty() ? "null" : json_string(one.closed), one.delivered);
  });
}

std::string repairs_json(const std::vector<RepairRow>& repairs) {
  return json_array(repairs, [](const RepairRow& one) {
    return fmt::format(
        R"({{"monitor":{},"at":{},"duration_seconds":{:.6f},"step":{},"attempt":{},"outcome":{},)"
        R"("output":{}}})",
        json_string(one.monitor), json_time(one.at), seconds(one.took), one.step, one.attempt,
        json_string(one.outcome), json_string(one.output));
  });
}

std::string held_json(const std::vector<HeldRow>& held) {
  return json_array(held, [](const HeldRow& one) {
    return fmt::format(R"({{"monitor":{},"incident":{},"kind":"{}","at":{},"reason":{}}})",
                       json_string(one.monitor), json_string(one.incident), name(one.kind),
                       json_time(one.at), json_string(one.reason));
  });
}

std::string notices_json(const std::vector<NoticeRow>& notices) {
  return json_array(notices, [](const NoticeRow& one) {
    return fmt::format(
        R"({{"id":{},"alert":{},"incident":{},"monitor":{},"kind":"{}","stage":"{}","attempts":{},)"
        R"("reason":{},"detail":{},"created":{},"updated":{},"next_attempt":{}}})",
        json_string(one.id), json_string(one.alert), json_string(one.incident),
        json_string(one.monitor), name(one.kind), name(one.stage), one.attempts,
        json_string(one.reason), json_string(one.detail), json_time(one.created),
        json_time(one.updated), json_time(one.next_attempt));
  });
}

}  // namespace minitor
