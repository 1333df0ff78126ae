#include "minitor/config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "minitor/config/number_text.hpp"
#include "minitor/core/redactor.hpp"

namespace minitor::config {
namespace {

// Values that a variable with a secret's name may have without being one.
constexpr std::array<std::string_view, 6> kNoSecrets{"true", "false",    "none",
                                                     "null", "disabled", "enabled"};

// A scalar whose text is to be read as a number or the like.
struct Typed {
  std::string text;
  bool in_quotes = false;  // in the file: worth a note when it is a number all the same
};

std::optional<Typed> typed(Reading& reading, const Cursor& value, std::string_view wanted) {
  if (!value.is_scalar()) {
    reading.findings.error(value.place(),
                           fmt::format("must be {}, not {}", wanted, describe(value.kind())));
    return std::nullopt;
  }
  auto filled = fill_in(reading, value);
  if (!filled) return std::nullopt;
  return Typed{std::move(filled->text), !value.plain() && !filled->changed};
}

void note(Reading& reading, const Cursor& value, std::string_view kind, std::string message) {
  reading.findings.note(value.place(), fmt::format("{} {}", value.key(), kind), std::move(message));
}

// Tells how a number was read when it was not written the plain way.
void note_number(Reading& reading, const Cursor& value, const Typed& text, const Number& number,
                 const std::string& read_as) {
  if (!number.quirk.empty())
    note(reading, value, number.quirk,
         fmt::format("{} is {}; read as {}", reading.findings.quoted(text.text), number.quirk,
                     read_as));
  else if (text.in_quotes)
    note(reading, value, "quoted",
         fmt::format("{} is text; read as {}", reading.findings.quoted(text.text), read_as));
}

constexpr std::string_view kDurationAdvice = "write 30s, 5m or 1h30m";

std::optional<Duration> in_range(Reading& reading, const Cursor& value, const std::string& text,
                                 Duration duration) {
  if (duration <= Duration::zero()) {
    reading.findings.error(value.place(),
                           fmt::format("{} is too short: it must be more than 0; {}",
                                       reading.findings.quoted(text), kDurationAdvice));
    return std::nullopt;
  }
  if (duration < kShortestDuration || duration > kLongestDuration) {
    reading.findings.error(
        value.place(), fmt::format("{} is not between {} and {}; {}", reading.findings.quoted(text),
                                   format_duration(kShortestDuration), "366d", kDurationAdvice));
    return std::nullopt;
  }
  return duration;
}

std::optional<Duration> seconds(double value) {
  if (std::abs(value) > 1e9) return std::nullopt;
  return Duration(std::llround(value * 1e9));
}

std::string plural(long long count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 || count == -1 ? "" : "s");
}

// A count or a duration, as alert_after and alert_every take it.
struct CountOrDuration {
  std::string text;
  std::optional<long long> count;
  std::optional<Duration> duration;
};

std::optional<CountOrDuration> count_or_duration(Reading& reading, const Cursor& value) {
  constexpr std::string_view wanted = "a number of failures or a duration";
  const auto text = typed(reading, value, wanted);
  if (!text) return std::nullopt;
  CountOrDuration read{text->text, std::nullopt, std::nullopt};
  const auto number = read_number(text->text);
  if (number && std::abs(number->value) > kMostFailures) {
    reading.findings.error(value.place(),
                           fmt::format("{} is out of range; write a number up to {}",
                                       reading.findings.quoted(text->text), kMostFailures));
    return std::nullopt;
  }
  if (number) {
    read.count = static_cast<long long>(number->value);
    if (!number->whole)
      note(reading, value, "fraction",
           fmt::format("{} is not a whole number; read as {}, as Minitor does",
                       reading.findings.quoted(text->text), *read.count));
    else
      note_number(reading, value, *text, *number, fmt::format("the number {}", *read.count));
    return read;
  }
  read.duration = parse_duration(text->text);
  if (read.duration) return read;
  reading.findings.error(
      value.place(),
      fmt::format("{} is neither a number of failures nor a duration; write 3 or 10m",
                  reading.findings.quoted(text->text)));
  return std::nullopt;
}

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// The entries of a map from variable names to text.
Labels read_pairs(Reading& reading, const Cursor& value, std::string_view example,
                  std::string_view what) {
  Labels pairs;
  if (!value.is_map()) {
    reading.findings.error(value.place(), fmt::format("must be a map, as in {}, not {}", example,
                                                      describe(value.kind())));
    return pairs;
  }
  for (const MapEntry& entry : entries(value, reading.findings)) {
    if (!is_variable_name(entry.name)) {
      reading.findings.error(value.place_of(entry.key),
                             fmt::format("{} is no name for a {}; use letters, digits and _",
                                         reading.findings.quoted(entry.name), what));
      continue;
    }
    const Cursor child = value.at_key(entry.name, entry.value);
    if (auto text = read_text(reading, child)) pairs.emplace_back(entry.name, std::move(*text));
  }
  return pairs;
}

}  // namespace

std::optional<std::string> read_text(Reading& reading, const Cursor& value) {
  if (value.is_null()) return std::string();
  if (!value.is_scalar()) {
    reading.findings.error(value.place(),
                           fmt::format("must be text, not {}", describe(value.kind())));
    return std::nullopt;
  }
  auto filled = fill_in(reading, value);
  if (!filled) return std::nullopt;
  return std::move(filled->text);
}

bool is_name(Reading& reading, const Place& place, std::string_view name) {
  if (name.empty()) {
    reading.findings.error(place, "a name cannot be empty");
    return false;
  }
  if (name.size() > kMaxNameBytes) {
    reading.findings.error(place,
                           fmt::format("a name cannot be longer than {} bytes", kMaxNameBytes));
    return false;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), control)) {
    reading.findings.error(place, "a name is one line of text, without control characters");
    return false;
  }
  return true;
}

std::optional<std::string> read_name(Reading& reading, const Cursor& value) {
  auto name = read_text(reading, value);
  if (!name || !is_name(reading, value.place(), *name)) return std::nullopt;
  return name;
}

// `least`: 0 where that means something, else anything above it.
static std::optional<Duration> duration_from(Reading& reading, const Cursor& value,
                                             Duration least) {
  const auto text = typed(reading, value, "a duration, as in 30s, 5m or 1h30m");
  if (!text) return std::nullopt;
  if (const auto number = read_number(text->text)) {
    const auto duration = seconds(number->value);
    if (duration && *duration == Duration::zero() && *duration >= least) return duration;
    if (!duration)
      return in_range(reading, value, text->text,
                      number->value < 0 ? -Duration::max() : Duration::max());
    if (!number->whole)
      note(reading, value, "fraction",
           fmt::format("{} is read as {}; Minitor for Go would read {}s",
                       reading.findings.quoted(text->text), format_duration(*duration),
                       static_cast<long long>(number->value)));
    else
      note_number(reading, value, *text, *number,
                  plural(static_cast<long long>(number->value), "second"));
    return in_range(reading, value, text->text, *duration);
  }
  const auto duration = parse_duration(text->text);
  if (duration && *duration == Duration::zero() && *duration >= least) return duration;
  if (duration) return in_range(reading, value, text->text, *duration);
  reading.findings.error(
      value.place(), fmt::format("{} is not a duration; {}", reading.findings.quoted(text->text),
                                 kDurationAdvice));
  return std::nullopt;
}

std::optional<Duration> read_duration(Reading& reading, const Cursor& value) {
  return duration_from(reading, value, Duration{1});
}

std::optional<Duration> read_span(Reading& reading, const Cursor& value) {
  return duration_from(reading, value, Duration::zero());
}

std::optional<int> read_count(Reading& reading, const Cursor& value, int least, int most) {
  const auto text = typed(reading, value, "a number");
  if (!text) return std::nullopt;
  const auto number = read_number(text->text);
  if (!number || !number->whole) {
    reading.findings.error(value.place(),
                           fmt::format("{} is not a whole number; write one from {} to {}",
                                       reading.findings.quoted(text->text), least, most));
    return std::nullopt;
  }
  if (number->value < least || number->value > most) {
    reading.findings.error(value.place(),
                           fmt::format("{} is out of range; write a number from {} to {}",
                                       reading.findings.quoted(text->text), least, most));
    return std::nullopt;
  }
  note_number(reading, value, *text, *number,
              fmt::format("the number {}", static_cast<int>(number->value)));
  return static_cast<int>(number->value);
}

std::optional<bool> read_yes_no(Reading& reading, const Cursor& value) {
  const auto text = typed(reading, value, "true or false");
  if (!text) return std::nullopt;
  const auto truth = read_truth(text->text);
  if (!truth)
    reading.findings.error(value.place(), fmt::format("{} is neither true nor false",
                                                      reading.findings.quoted(text->text)));
  else if (text->in_quotes)
    note(reading, value, "quoted",
         fmt::format("{} is text; read as {}", reading.findings.quoted(text->text), *truth));
  return truth;
}

std::optional<std::string> read_secret_token(Reading& reading, const Cursor& value) {
  auto token = read_text(reading, value);
  if (!token) return std::nullopt;
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
  reading.findings.hide(*token);
  if (token->size() < kShortestToken) {
    reading.findings.error(
        value.place(),
        fmt::format("is too short to be a secret ({} characters); write at least {}, such as what "
                    "openssl rand -hex 16 prints",
                    token->size(), kShortestToken));
    return std::nullopt;
  }
  if (std::any_of(token->begin(), token->end(), [](char c) { return c <= ' ' || c > '~'; })) {
    reading.findings.error(value.place(), "may hold visible ASCII characters only, without spaces");
    return std::nullopt;
  }
  return token;
}

std::optional<AlertAfter> read_alert_after(Reading& reading, const Cursor& value) {
  const auto read = count_or_duration(reading, value);
  if (!read) return std::nullopt;
  if (read->count && *read->count < 0) {
    reading.findings.error(value.place(),
                           fmt::format("{} is negative; write 1 to alert at the first failure",
                                       reading.findings.quoted(read->text)));
    return std::nullopt;
  }
  if (read->count == 0) {
    note(reading, value, "zero",
         "0 means the default, as in Minitor; write 1 to alert at the first failure");
    return std::nullopt;
  }
  if (read->count) return AfterFailures{static_cast<int>(*read->count)};
  if (const auto duration = in_range(reading, value, read->text, *read->duration))
    return AfterDuration{*duration};
  return std::nullopt;
}

std::optional<AlertEvery> read_alert_every(Reading& reading, const Cursor& value) {
  const auto read = count_or_duration(reading, value);
  if (!read) return std::nullopt;
  if (read->count && *read->count < 0) return EveryBackoff{};
  if (read->count == 0) return EveryNever{};
  if (read->count) return EveryFailures{static_cast<int>(*read->count)};
  if (const auto duration = in_range(reading, value, read->text, *read->duration))
    return EveryDuration{*duration};
  return std::nullopt;
}

std::optional<References> read_names(Reading& reading, const Cursor& value) {
  References names{value.place(), {}};
  if (value.is_scalar()) {
    auto name = read_text(reading, value);
    if (!name) return std::nullopt;
    note(reading, value, "not a list",
         fmt::format("{} is read as a list of one; write [{}]", reading.findings.quoted(*name),
                     *name));
    names.names.push_back({std::move(*name), names.place});
    return names;
  }
  if (!value.is_sequence()) {
    reading.findings.error(value.place(), "must be a list, as in [log, mail], not a map");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Cursor item = value.item(i);
    if (auto name = read_text(reading, item))
      names.names.push_back({std::move(*name), item.place()});
  }
  return names;
}

Environment read_environment(Reading& reading, const Cursor& value) {
  Environment environment = read_pairs(reading, value, "{LANG: C}", "variable");
  for (const auto& [name, text] : environment)
    if (names_a_secret(name) &&
        std::find(kNoSecrets.begin(), kNoSecrets.end(), text) == kNoSecrets.end())
      reading.findings.hide(text);
  return environment;
}

Labels read_labels(Reading& reading, const Cursor& value) {
  return read_pairs(reading, value, "{team: web}", "label");
}

std::string read_directory(Reading& reading, const Cursor& value) {
  const auto path = read_text(reading, value);
  if (path && path->empty())
    reading.findings.error(value.place(), "an empty path; name a folder or leave it out");
  return path ? value.source().beside(*path) : std::string();
}

}  // namespace minitor::config
