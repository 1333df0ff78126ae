#include "minitor/core/template_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

namespace minitor {
namespace {

constexpr FieldName kPythonTokens[] = {
    {"alert_count", Field::alert_count, Type::integer},
    {"alert_message", Field::alert_message, Type::text},
    {"failure_count", Field::failure_count, Type::integer},
    {"last_output", Field::trimmed_output, Type::text},
    {"last_success", Field::last_success_text, Type::text},
    {"monitor_name", Field::monitor_name, Type::text},
    {"ack_url", Field::ack_url, Type::text},
    {"silence_url", Field::silence_url, Type::text},
};

constexpr FieldName kGoFields[] = {
    {"MonitorName", Field::monitor_name, Type::text},
    {"AlertCount", Field::alert_count, Type::integer},
    {"FailureCount", Field::failure_count, Type::integer},
    {"LastCheckOutput", Field::last_check_output, Type::text},
    {"LastSuccess", Field::last_success, Type::time},
    {"IsUp", Field::is_up, Type::boolean},
    {"AlertMessage", Field::alert_message, Type::text},
    {"Kind", Field::kind, Type::text},
    {"Status", Field::status, Type::text},
    {"Verdict", Field::verdict, Type::text},
    {"Outcome", Field::outcome, Type::text},
    {"Reason", Field::reason, Type::text},
    {"Description", Field::description, Type::text},
    {"Group", Field::group, Type::text},
    {"AckURL", Field::ack_url, Type::text},
    {"SilenceURL", Field::silence_url, Type::text},
    {"FirstFailure", Field::first_failure, Type::time},
    {"Time", Field::time, Type::time},
};

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

constexpr FunctionName kFunctions[] = {
    {"eq", Function::eq, 2, kAny},
    {"ne", Function::ne, 2, 2},
    {"lt", Function::lt, 2, 2},
    {"le", Function::le, 2, 2},
    {"gt", Function::gt, 2, 2},
    {"ge", Function::ge, 2, 2},
    {"and", Function::logical_and, 1, kAny},
    {"or", Function::logical_or, 1, kAny},
    {"not", Function::logical_not, 1, 1},
    {"print", Function::print, 1, kAny},
    {"println", Function::println, 1, kAny},
    {"printf", Function::printf, 1, kAny},
    {"len", Function::len, 1, 1},
    {"html", Function::html, 1, kAny},
    {"js", Function::js, 1, kAny},
    {"urlquery", Function::urlquery, 1, kAny},
    {"slice", Function::slice, 2, 3},
    {"FormatTime", Function::format_time, 2, 2},
    {"InTZ", Function::in_tz, 2, 2},
    {"ANSIC", Function::format_time, 1, 1, "Mon Jan _2 15:04:05 2006"},
    {"UnixDate", Function::format_time, 1, 1, "Mon Jan _2 15:04:05 MST 2006"},
    {"RubyDate", Function::format_time, 1, 1, "Mon Jan 02 15:04:05 -0700 2006"},
    {"RFC822Z", Function::format_time, 1, 1, "02 Jan 06 15:04 -0700"},
    {"RFC850", Function::format_time, 1, 1, "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", Function::format_time, 1, 1, "Mon, 02 Jan 2006 15:04:05 MST"},
    {"RFC1123Z", Function::format_time, 1, 1, "Mon, 02 Jan 2006 15:04:05 -0700"},
    {"RFC3339", Function::format_time, 1, 1, "2006-01-02T15:04:05Z07:00"},
    {"RFC3339Nano", Function::format_time, 1, 1, "2006-01-02T15:04:05.999999999Z07:00"},
};

constexpr FunctionName kTimeMethods[] = {
    {"Format", Function::format_time, 2, 2}, {"Unix", Function::unix_seconds, 1, 1},
    {"IsZero", Function::is_zero, 1, 1},     {"UTC", Function::utc, 1, 1},
    {"Local", Function::local, 1, 1},
};

constexpr std::string_view kKeywords[] = {"if",    "else",   "end",      "range", "with",
                                          "break", "define", "continue", "block", "template"};

template <class Entry, std::size_t n>
const Entry* find(const Entry (&entries)[n], std::string_view name) {
  const auto* found = std::find_if(std::begin(entries), std::end(entries),
                                   [&](const Entry& entry) { return entry.name == name; });
  return found == std::end(entries) ? nullptr : found;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters to add, drop or change (Levenshtein), whatever their case; `_` counts for nothing.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

// Longer ones are no misspelt names.
constexpr std::size_t kMaxNameLength = 40;

template <class Entry, std::size_t n>
std::string suggest(const Entry (&entries)[n], std::string_view name, std::string_view form) {
  if (name.empty() || name.size() > kMaxNameLength) return {};
  std::size_t best = std::max<std::size_t>(1, std::min<std::size_t>(3, name.size() / 3)) + 1;
  std::string_view nearest;
  for (const Entry& entry : entries) {
    const std::size_t away = distance(name, entry.name);
    if (away < best) {
      best = away;
      nearest = entry.name;
    }
  }
  if (nearest.empty()) return {};
  return fmt::format(" (did you mean {}?)", fmt::format(fmt::runtime(form), nearest));
}

}  // namespace

const FieldName* find_python_token(std::string_view name) { return find(kPythonTokens, name); }
const FieldName* find_go_field(std::string_view name) { return find(kGoFields, name); }
const FunctionName* find_go_function(std::string_view name) { return find(kFunctions, name); }
const FunctionName* find_time_method(std::string_view name) { return find(kTimeMethods, name); }

bool is_go_keyword(std::string_view word) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

std::string_view standard_variable(Field field) {
  switch (field) {
    case Field::monitor_name: return "MINITOR_MONITOR";
    case Field::alert_count: return "MINITOR_ALERT_COUNT";
    case Field::failure_count: return "MINITOR_FAILURE_COUNT";
    case Field::last_check_output: return "MINITOR_OUTPUT";
    case Field::alert_message: return "MINITOR_MESSAGE";
    case Field::kind: return "MINITOR_KIND";
    case Field::status: return "MINITOR_STATUS";
    case Field::verdict: return "MINITOR_VERDICT";
    case Field::outcome: return "MINITOR_OUTCOME";
    case Field::reason: return "MINITOR_REASON";
    case Field::description: return "MINITOR_DESCRIPTION";
    case Field::group: return "MINITOR_GROUP";
    // Not always there: a variable that is not set would be an error in a shell that is strict.
    case Field::ack_url:
    case Field::silence_url:
    case Field::last_success:
    case Field::is_up:
    case Field::first_failure:
    case Field::time:
    case Field::trimmed_output:
    case Field::last_success_text: return {};
  }
  return {};
}

std::string suggest_python_token(std::string_view name) {
  return suggest(kPythonTokens, name, "{{{}}}");
}
std::string suggest_go_field(std::string_view name) {
  if (const FieldName* token = find_python_token(name))
    return fmt::format(" (did you mean {{{}}}?)", token->name);
  return suggest(kGoFields, name, ".{}");
}
std::string suggest_go_function(std::string_view name) { return suggest(kFunctions, name, "{}"); }

}  // namespace minitor
