#include "minitor/core/time_zone.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "minitor/core/posix_zone.hpp"

namespace minitor {

using std::chrono::seconds;
using std::chrono::sys_seconds;

struct TimeZone::Rules {
  std::string name;
  std::vector<Offset> types;             // never empty
  std::vector<sys_seconds> transitions;  // strictly ascending
  std::vector<std::uint8_t> after;       // the type that starts with each transition
  std::optional<PosixZone> footer;       // for the time after the last transition
};

namespace {

constexpr std::string_view kMagic = "TZif";
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kTypeBytes = 6;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}

// Takes bytes from the front; never more than there are.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::optional<std::string_view> take(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Header {
  char version = 0;
  std::size_t isut = 0, isstd = 0, leap = 0, time = 0, type = 0, chars = 0;

  // Bytes of the block that follows; `width` is that of a time, 4 or 8.
  [[nodiscard]] std::size_t block(std::size_t width) const {
    return time * width + time + type * kTypeBytes + chars + leap * (width + 4) + isstd + isut;
  }
};

std::optional<Header> take_header(Reader& reader) {
  const auto bytes = reader.take(kHeaderBytes);
  if (!bytes || !bytes->starts_with(kMagic)) return std::nullopt;
  const auto count = [&](std::size_t index) -> std::size_t {
    return big_endian(bytes->substr(20 + index * 4, 4));
  };
  Header header{(*bytes)[4], count(0), count(1), count(2), count(3), count(4), count(5)};
  for (const std::size_t it :
       {header.isut, header.isstd, header.leap, header.time, header.type, header.chars}) {
    if (it > kMaxTimeZoneBytes) return std::nullopt;
  }
  constexpr std::size_t kMaxTypes = 256;  // an index is one byte
  if (header.type == 0 || header.type > kMaxTypes || header.chars == 0) return std::nullopt;
  return header;
}

std::optional<TimeZone::Offset> read_type(std::string_view type, std::string_view names) {
  const auto offset =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(big_endian(type.substr(0, 4))));
  const auto daylight = static_cast<unsigned char>(type[4]);
  const std::size_t index = static_cast<unsigned char>(type[5]);
  if (offset > kMaxZoneOffset.count() || offset < -kMaxZoneOffset.count() || daylight > 1 ||
      index >= names.size()) {
    return std::nullopt;
  }
  const std::size_t end = names.find('\0', index);
  if (end == std::string_view::npos) return std::nullopt;
  std::string abbreviation(names.substr(index, end - index));
  const auto plain = [](char c) { return c > ' ' && c < 0x7F; };
  if (!std::all_of(abbreviation.begin(), abbreviation.end(), plain)) return std::nullopt;
  return TimeZone::Offset{seconds{offset}, daylight == 1, std::move(abbreviation)};
}

// The footer is a line of its own; empty means that there is no rule.
std::optional<std::string_view> footer_text(std::string_view rest) {
  if (rest.size() < 2 || rest.front() != '\n') return std::nullopt;
  const std::size_t end = rest.find('\n', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(1, end - 1);
}

}  // namespace

TimeZone::TimeZone() {
  static const auto utc = [] {
    auto rules = std::make_shared<Rules>();
    rules->name = "UTC";
    rules->types.push_back({seconds{0}, false, "UTC"});
    return std::shared_ptr<const Rules>(rules);
  }();
  rules_ = utc;
}

std::optional<TimeZone> TimeZone::parse(std::string_view name, std::string_view bytes) {
  if (bytes.size() > kMaxTimeZoneBytes) return std::nullopt;
  Reader reader(bytes);
  std::optional<Header> header = take_header(reader);
  if (!header) return std::nullopt;
  std::size_t width = 4;
  const char version = header->version;
  if (version >= '2') {  // the first block is for old readers; the real one follows with wide times
    width = 8;
    if (!reader.take(header->block(4))) return std::nullopt;
    header = take_header(reader);
    if (!header) return std::nullopt;
  }
  // Zones that count leap seconds ("right/…") tell another time than the system's clock.
  if (header->leap != 0) return std::nullopt;
  const auto block = reader.take(header->block(width));
  if (!block) return std::nullopt;
  Reader fields(*block);
  const std::string_view times = *fields.take(header->time * width);
  const std::string_view indexes = *fields.take(header->time);
  const std::string_view types = *fields.take(header->type * kTypeBytes);
  const std::string_view names = *fields.take(header->chars);

  auto rules = std::make_shared<Rules>();
  rules->name = name;
  for (std::size_t i = 0; i < header->type; ++i) {
    auto type = read_type(types.substr(i * kTypeBytes, kTypeBytes), names);
    if (!type) return std::nullopt;
    rules->types.push_back(*std::move(type));
  }
  for (std::size_t i = 0; i < header->time; ++i) {
    const std::uint64_t raw = big_endian(times.substr(i * width, width));
    const auto wide = width == 8 ? static_cast<std::int64_t>(raw)
                                 : static_cast<std::int32_t>(static_cast<std::uint32_t>(raw));
    const sys_seconds when{seconds{wide}};
    const auto index = static_cast<unsigned char>(indexes[i]);
    if (index >= rules->types.size()) return std::nullopt;
    if (!rules->transitions.empty() && when <= rules->transitions.back()) return std::nullopt;
    rules->transitions.push_back(when);
    rules->after.push_back(index);
  }
  if (version >= '2') {
    const auto text = footer_text(reader.rest());
    if (!text) return std::nullopt;
    if (!text->empty()) {
      rules->footer = parse_posix_zone(*text);
      if (!rules->footer) return std::nullopt;
    }
  }
  TimeZone zone;
  zone.rules_ = std::move(rules);
  return zone;
}

std::optional<TimeZone> TimeZone::parse_posix(std::string_view text) {
  auto rules = std::make_shared<Rules>();
  rules->name = text;
  rules->footer = parse_posix_zone(text);
  if (!rules->footer) return std::nullopt;
  rules->types.push_back(
      {rules->footer->standard.from_utc, false, rules->footer->standard.abbreviation});
  TimeZone zone;
  zone.rules_ = std::move(rules);
  return zone;
}

const std::string& TimeZone::name() const { return rules_->name; }

TimeZone::Offset TimeZone::at(Timestamp when) const {
  const auto second = std::chrono::floor<seconds>(when);
  const auto& transitions = rules_->transitions;
  const auto next = std::upper_bound(transitions.begin(), transitions.end(), second);
  if (next == transitions.end() && rules_->footer) {
    const PosixZone& zone = *rules_->footer;
    const bool daylight = is_daylight(zone, second);
    const PosixZone::Half& half = daylight ? *zone.daylight : zone.standard;
    return {half.from_utc, daylight, half.abbreviation};
  }
  if (next == transitions.begin()) return rules_->types.front();
  return rules_->types[rules_->after[static_cast<std::size_t>(next - transitions.begin() - 1)]];
}

}  // namespace minitor
