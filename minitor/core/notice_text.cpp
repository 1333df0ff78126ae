#include "minitor/core/notice_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <optional>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/notice_group.hpp"
#include "minitor/core/template_values.hpp"

namespace minitor {
namespace {

// One thing that a notice says. JSON writes counts as numbers and times that never were as null.
struct Entry {
  enum class Kind { text, number, time };
  std::string name;  // in lower case
  Kind kind;
  std::string value;
};

std::string time_text(const std::optional<Timestamp>& when, const MessageContext& context) {
  return when ? format_rfc3339(*when, context.local) : std::string();
}

std::string duration_seconds(const Notice& notice) {
  if (!notice.first_failure) return {};
  const auto lasted = notice.created - *notice.first_failure;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(lasted).count();
  return std::to_string(std::max<std::int64_t>(seconds, 0));  // the clock may have jumped back
}

std::vector<Entry> entries(const Notice& notice, const std::string& alert,
                           const MessageContext& context) {
  using Kind = Entry::Kind;
  std::vector<Entry> all{
      {"notice_id", Kind::text, notice.id},
      {"incident_id", Kind::text, notice.incident},
      {"kind", Kind::text, std::string(name(notice.kind))},
      {"status", Kind::text, notice.is_up() ? "up" : "down"},
      {"monitor", Kind::text, notice.monitor},
      {"description", Kind::text, notice.description},
      {"group", Kind::text, notice.group},
      {"alert", Kind::text, alert},
      {"message", Kind::text, sentence(notice)},
      {"reason", Kind::text, notice.reason},
      {"verdict", Kind::text, std::string(name(notice.verdict))},
      {"outcome", Kind::text, notice.outcome},
      {"output", Kind::text, notice.output},
      {"repairs", Kind::text, notice.repairs},
      {"takes_down", Kind::text, notice.takes_down},
      {"alert_count", Kind::number, std::to_string(notice.alert_count)},
      {"failure_count", Kind::number, std::to_string(notice.failure_count)},
      {"time", Kind::time, time_text(notice.created, context)},
      {"first_failure", Kind::time, time_text(notice.first_failure, context)},
      {"last_success", Kind::time, time_text(notice.last_success, context)},
      {"duration_seconds", Kind::number, duration_seconds(notice)},
  };
  if (context.link) {
    all.push_back({"ack_url", Kind::text, link_in(context, OverlayKind::acknowledge, notice)});
    all.push_back({"silence_url", Kind::text, link_in(context, OverlayKind::silence, notice)});
  }
  if (notice.kind != NoticeKind::group) return all;
  const GroupCounts counts = count_group(notice);
  all.push_back({"count", Kind::number, std::to_string(notice.members.size())});
  all.push_back({"down_count", Kind::number, std::to_string(counts.down)});
  all.push_back({"up_count", Kind::number, std::to_string(counts.up)});
  all.push_back({"held", Kind::text, notice.held});
  return all;
}

std::string json_value(const Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::text: return json_string(entry.value);
    case Entry::Kind::number: return entry.value.empty() ? "null" : entry.value;
    case Entry::Kind::time: return entry.value.empty() ? "null" : json_string(entry.value);
  }
  return "null";
}

std::string variable_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out.push_back(lower ? static_cast<char>(c - 'a' + 'A') : (plain ? c : '_'));
  }
  return out;
}

// Adds what is not there yet.
void merge(Environment& into, Environment from) {
  for (auto& entry : from) {
    const bool known = std::any_of(into.begin(), into.end(),
                                   [&](const auto& it) { return it.first == entry.first; });
    if (!known) into.push_back(std::move(entry));
  }
}

// A name that a sentence can hold.
constexpr std::size_t kMaxNameBytes = 512;

}  // namespace

std::string sentence(const Notice& notice) {
  switch (notice.kind) {
    case NoticeKind::problem:
    case NoticeKind::reminder:
      if (notice.blind) return one_line(notice.monitor, kMaxNameBytes) + " is blind";
      if (notice.flapping) return one_line(notice.monitor, kMaxNameBytes) + " check is flapping";
      return fmt::format("{} check has failed {} times", one_line(notice.monitor, kMaxNameBytes),
                         notice.failure_count);
    case NoticeKind::escalation:
      if (notice.flapping)
        return one_line(notice.monitor, kMaxNameBytes) + " check is flapping, not acknowledged";
      return fmt::format("{} check has failed {} times, not acknowledged",
                         one_line(notice.monitor, kMaxNameBytes), notice.failure_count);
    case NoticeKind::group: return group_sentence(notice);
    case NoticeKind::recovery:
      if (notice.blind) return one_line(notice.monitor, kMaxNameBytes) + " sees again";
      if (notice.unwatched)
        return one_line(notice.monitor, kMaxNameBytes) + " check is no longer watched";
      if (notice.flapping)
        return one_line(notice.monitor, kMaxNameBytes) + " check has stopped flapping";
      return one_line(notice.monitor, kMaxNameBytes) + " check is up again!";
    case NoticeKind::repaired:
      return one_line(notice.monitor, kMaxNameBytes) + " check was repaired";
    case NoticeKind::test: break;
  }
  std::string_view alert = notice.monitor;
  if (alert.starts_with(kTestMonitorPrefix)) alert.remove_prefix(kTestMonitorPrefix.size());
  return "minitor test notice for " + one_line(alert, kMaxNameBytes);
}

Environment notice_environment(const Notice& notice, const std::string& alert,
                               const MessageContext& context) {
  Environment out;
  for (const Entry& entry : entries(notice, alert, context)) {
    out.emplace_back("MINITOR_" + variable_name(entry.name), variable_value(entry.value));
  }
  for (const auto& [label, value] : notice.labels) {
    out.emplace_back("MINITOR_LABEL_" + variable_name(label), variable_value(value));
  }
  return out;
}

namespace {

std::string json_object(const Notice& notice, const std::string& alert,
                        const MessageContext& context) {
  std::string out = "{";
  for (const Entry& entry : entries(notice, alert, context)) {
    out += fmt::format("\"{}\": {}, ", entry.name, json_value(entry));
  }
  out += "\"labels\": {";
  for (std::size_t i = 0; i < notice.labels.size(); ++i) {
    const auto& [label, value] = notice.labels[i];
    out += fmt::format("{}{}: {}", i == 0 ? "" : ", ", json_string(label), json_string(value));
  }
  out += "}";
  if (notice.kind == NoticeKind::group) {
    out += ", \"notices\": [";
    for (std::size_t i = 0; i < notice.members.size(); ++i)
      out += (i == 0 ? "" : ", ") + json_object(short_member(*notice.members[i]), alert, context);
    out += "]";
  }
  return out + "}";
}

}  // namespace

std::string notice_json(const Notice& notice, const std::string& alert,
                        const MessageContext& context) {
  return json_object(notice, alert, context) + "\n";
}

AlertCommand alert_command(const Alert& alert, const Notice& notice,
                           const MessageContext& context) {
  assert(!std::holds_alternative<LogLine>(alert.message));
  AlertCommand out;
  Command& command = out.command;
  command.environment = notice_environment(notice, alert.name, context);
  if (const auto* shell = std::get_if<ShellTemplate>(&alert.message)) {
    RenderedShell rendered = shell->render(notice, context);
    command.program = ShellText{std::move(rendered.text)};
    merge(command.environment, std::move(rendered.environment));
  } else if (const auto* argv = std::get_if<ArgvTemplate>(&alert.message)) {
    RenderedArgv rendered = argv->render(notice, context);
    command.program = std::move(rendered.argv);
    merge(command.environment, std::move(rendered.environment));
  }
  command.environment.insert(command.environment.end(), alert.environment.begin(),
                             alert.environment.end());
  command.directory = alert.directory;
  command.timeout = alert.timeout;
  command.grace = alert.grace;
  command.leftovers = Leftovers::leave;
  out.input = notice_json(notice, alert.name, context);
  return out;
}

}  // namespace minitor
