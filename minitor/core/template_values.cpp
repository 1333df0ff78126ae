#include "minitor/core/template_values.hpp"

#include <algorithm>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/local_time.hpp"
#include "minitor/core/notice_text.hpp"
#include "minitor/core/python_token.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

// Seconds from Go's zero time to 1970.
constexpr std::int64_t kZeroTimeUnix = -62135596800;

std::string without_last_newlines(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

// As Python's datetime.isoformat() without a zone: microseconds only where there are any.
std::string python_time(const std::optional<Timestamp>& when, const TimeZone& zone) {
  if (!when) return "Never";
  const bool whole = whole_seconds(*when).nanosecond < 1000;
  return format_go(*when, zone, whole ? "2006-01-02T15:04:05" : "2006-01-02T15:04:05.000000");
}

// <0, 0 or >0; values of different types are told apart when they are read, save for `and` and
// `or`.
int compare(const Value& a, const Value& b) {
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  switch (type_of(a)) {
    case Type::text: return order(std::get<std::string>(a), std::get<std::string>(b));
    case Type::integer: return order(std::get<std::int64_t>(a), std::get<std::int64_t>(b));
    case Type::decimal: return order(std::get<double>(a), std::get<double>(b));
    case Type::boolean: return order(std::get<bool>(a), std::get<bool>(b));
    case Type::time: return order(std::get<GoTime>(a).at, std::get<GoTime>(b).at);
    case Type::any: break;
  }
  return 0;
}

class Caller {
 public:
  Caller(std::vector<Value> arguments, const Scope& scope)
      : arguments_(std::move(arguments)), scope_(scope) {}

  Value call(Function function) const {
    switch (function) {
      case Function::eq: return equals_one();
      case Function::ne: return order() != 0;
      case Function::lt: return order() < 0;
      case Function::le: return order() <= 0;
      case Function::gt: return order() > 0;
      case Function::ge: return order() >= 0;
      case Function::logical_and: return deciding(false);
      case Function::logical_or: return deciding(true);
      case Function::logical_not: return !is_true(arguments_[0]);
      case Function::print: return print(arguments_);
      case Function::println: return print_line(arguments_);
      case Function::printf: return formatted();
      case Function::len: return static_cast<std::int64_t>(text(0).size());
      case Function::html: return html_escaped(print(arguments_));
      case Function::js: return js_escaped(print(arguments_));
      case Function::urlquery: return url_escaped(print(arguments_));
      case Function::slice: return slice();
      case Function::format_time: return format_time(time(0), text(1));
      case Function::in_tz: return in_zone();
      case Function::unix_seconds: return unix_seconds();
      case Function::is_zero: return !time(0).at.has_value();
      case Function::utc: return GoTime{time(0).at, TimeZone()};
      case Function::local: return GoTime{time(0).at, scope_.context.local};
    }
    return std::string();
  }

 private:
  [[nodiscard]] std::string text(std::size_t index) const { return print(arguments_[index]); }
  [[nodiscard]] GoTime time(std::size_t index) const {
    const auto* time = std::get_if<GoTime>(&arguments_[index]);
    return time != nullptr ? *time : GoTime{};
  }
  [[nodiscard]] int order() const { return compare(arguments_[0], arguments_[1]); }

  [[nodiscard]] Value equals_one() const {
    return std::any_of(arguments_.begin() + 1, arguments_.end(),
                       [&](const Value& other) { return compare(arguments_[0], other) == 0; });
  }
  // The first argument whose truth is `decides`, else the last one.
  [[nodiscard]] Value deciding(bool decides) const {
    const auto found = std::find_if(arguments_.begin(), arguments_.end(),
                                    [&](const Value& value) { return is_true(value) == decides; });
    return found == arguments_.end() ? arguments_.back() : *found;
  }
  [[nodiscard]] Value formatted() const {
    return print_format(text(0), {arguments_.begin() + 1, arguments_.end()});
  }
  // Bytes, as in Go; what lies outside of the text is not there, instead of an error at the worst
  // time.
  [[nodiscard]] Value slice() const {
    const std::string whole = text(0);
    const auto bound = [&](std::size_t index, std::size_t otherwise) {
      if (index >= arguments_.size()) return otherwise;
      const auto* number = std::get_if<std::int64_t>(&arguments_[index]);
      if (number == nullptr || *number < 0) return std::size_t{0};
      return std::min(static_cast<std::size_t>(*number), whole.size());
    };
    const std::size_t from = bound(1, 0);
    const std::size_t to = std::max(from, bound(2, whole.size()));
    return whole.substr(from, to - from);
  }
  [[nodiscard]] Value in_zone() const {
    const std::string name = text(1);
    const GoTime shown = time(0);
    if (name.empty() || name == "UTC") return GoTime{shown.at, TimeZone()};
    if (name == "Local") return GoTime{shown.at, scope_.context.local};
    TimeZoneSource* zones = scope_.context.zones;
    return GoTime{shown.at, zones != nullptr ? zones->find(name).value_or(TimeZone()) : TimeZone()};
  }
  [[nodiscard]] Value unix_seconds() const {
    const GoTime it = time(0);
    if (!it.at) return kZeroTimeUnix;
    return std::int64_t{
        std::chrono::floor<std::chrono::seconds>(*it.at).time_since_epoch().count()};
  }

  std::vector<Value> arguments_;
  const Scope& scope_;
};

}  // namespace

Value evaluate(Field field, const Scope& scope) {
  const Notice& notice = scope.notice;
  const auto shown = [&](const std::optional<Timestamp>& when) {
    return GoTime{when, scope.context.local};
  };
  switch (field) {
    case Field::monitor_name: return notice.monitor;
    case Field::alert_count: return std::int64_t{notice.alert_count};
    case Field::failure_count: return std::int64_t{notice.failure_count};
    case Field::last_check_output: return notice.output;
    case Field::last_success: return shown(notice.last_success);
    case Field::is_up: return notice.is_up();
    case Field::alert_message: return sentence(notice);
    case Field::kind: return std::string(name(notice.kind));
    case Field::status: return std::string(notice.is_up() ? "up" : "down");
    case Field::verdict: return std::string(name(notice.verdict));
    case Field::outcome: return notice.outcome;
    case Field::reason: return notice.reason;
    case Field::description: return notice.description;
    case Field::group: return notice.group;
    case Field::ack_url: return link_in(scope.context, OverlayKind::acknowledge, notice);
    case Field::silence_url: return link_in(scope.context, OverlayKind::silence, notice);
    case Field::first_failure: return shown(notice.first_failure);
    case Field::time: return shown(notice.created);
    case Field::trimmed_output: return without_last_newlines(notice.output);
    case Field::last_success_text: return python_time(notice.last_success, scope.context.local);
  }
  return std::string();
}

Value evaluate(const Expression& expression, const Scope& scope) {
  switch (expression.kind) {
    case Expression::Kind::field: return evaluate(expression.field, scope);
    case Expression::Kind::literal: return expression.literal;
    case Expression::Kind::call: break;
  }
  std::vector<Value> arguments;
  for (const Expression& argument : expression.arguments)
    arguments.push_back(evaluate(argument, scope));
  return Caller(std::move(arguments), scope).call(expression.function);
}

std::string text_of(const Output& output, const Scope& scope) {
  const Value value = evaluate(output.value, scope);
  return output.format ? apply(*output.format, value) : print(value);
}

std::string variable_value(std::string_view text) {
  // Cut twice: what is replaced grows.
  return std::string(
      first_bytes(valid_utf8(first_bytes(text, kMaxVariableBytes)), kMaxVariableBytes));
}

}  // namespace minitor
