#include "minitor/core/perfdata.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace minitor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kBlanks = " \t\r\n";

struct Unit {
  std::string_view written;
  std::string_view base;
  double factor;
};

// As Icinga reads them: KB is a thousand bytes, KiB 1024.
constexpr Unit kUnits[] = {
    {"s", "seconds", 1},      {"ms", "seconds", 1e-3},     {"us", "seconds", 1e-6},
    {"ns", "seconds", 1e-9},  {"%", "percent", 1},         {"B", "bytes", 1},
    {"KB", "bytes", 1e3},     {"kB", "bytes", 1e3},        {"MB", "bytes", 1e6},
    {"GB", "bytes", 1e9},     {"TB", "bytes", 1e12},       {"PB", "bytes", 1e15},
    {"KiB", "bytes", 1024.0}, {"MiB", "bytes", 1048576.0}, {"GiB", "bytes", 1073741824.0},
    {"TiB", "bytes", 0x1p40}, {"PiB", "bytes", 0x1p50},
};

// A number at the start of `text`, which it is taken from. C locale, finite.
std::optional<double> take_number(std::string_view& text) {
  std::string_view rest = text;
  bool minus = false;
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    minus = rest.front() == '-';
    rest.remove_prefix(1);
  }
  // from_chars would also read a second sign, "inf" and "nan".
  if (rest.empty() || !((rest.front() >= '0' && rest.front() <= '9') || rest.front() == '.'))
    return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ec != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text = rest.substr(static_cast<std::size_t>(read.ptr - rest.data()));
  return minus ? -value : value;
}

// One bound of a range or a limit, `factor` times as large. Some plugins repeat the unit behind it.
std::optional<double> bound(std::string_view text, double factor) {
  const auto value = take_number(text);
  if (!value || text.find_first_of("0123456789.:@~;") != std::string_view::npos)
    return std::nullopt;
  const double scaled = *value * factor;
  return std::isfinite(scaled) ? std::optional{scaled} : std::nullopt;
}

std::optional<PerfRange> range(std::string_view text, double factor) {
  PerfRange result{0, kInfinity, false};
  if (!text.empty() && text.front() == '@') {
    result.inside = true;
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  const std::size_t colon = text.find(':');
  const std::string_view high = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (colon != std::string_view::npos) {
    const std::string_view low = text.substr(0, colon);
    if (low == "~") {
      result.low = -kInfinity;
    } else if (!low.empty()) {
      const auto value = bound(low, factor);
      if (!value) return std::nullopt;
      result.low = *value;
    }
  }
  if (!high.empty()) {
    const auto value = bound(high, factor);
    if (!value) return std::nullopt;
    result.high = *value;
  }
  if (result.low > result.high) return std::nullopt;
  return result;
}

// Reads items from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // The next item that follows the grammar; none at the end.
  std::optional<PerfFigure> next() {
    while (skip_blanks()) {
      const auto name = label();
      if (!name) continue;
      const std::size_t end = std::min(rest_.find_first_of(kBlanks), rest_.size());
      const std::string_view data = rest_.substr(0, end);
      rest_.remove_prefix(end);
      if (auto figure = read(*name, data)) return figure;
    }
    return std::nullopt;
  }

 private:
  // False at the end of the text.
  bool skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    return !rest_.empty();
  }

  // The label, and the '=' behind it taken; none: what stood there is no item, and is skipped.
  std::optional<std::string> label() {
    if (rest_.front() == '\'') {
      if (auto quoted = quoted_label()) return quoted;
    }
    const std::size_t end = rest_.find_first_of("= \t\r\n");
    if (end == std::string_view::npos || rest_[end] != '=') {
      rest_.remove_prefix(std::min(end, rest_.size()));
      return std::nullopt;
    }
    std::string name{rest_.substr(0, end)};
    rest_.remove_prefix(end + 1);
    return name;
  }

  // 'it''s full'= ; nothing is taken when the quote does not end so.
  std::optional<std::string> quoted_label() {
    std::string name;
    for (std::size_t i = 1; i < rest_.size() && rest_[i] != '\n'; ++i) {
      if (rest_[i] != '\'') {
        name += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == '\'') {
        name += '\'';
        ++i;
      } else {
        if (i + 1 >= rest_.size() || rest_[i + 1] != '=') return std::nullopt;
        rest_.remove_prefix(i + 2);
        return name;
      }
    }
    return std::nullopt;
  }

  static std::optional<PerfFigure> read(const std::string& label, std::string_view data) {
    if (label.empty() || label.size() > kMaxPerfLabel) return std::nullopt;
    PerfFigure figure;
    figure.label = label;
    std::string_view first = take_field(data);
    double factor = 1;
    if (first != "U") {
      const auto value = take_number(first);
      if (!value || !unit(first, figure, factor)) return std::nullopt;
      figure.value = *value * factor;
      if (!std::isfinite(*figure.value)) return std::nullopt;
    }
    figure.warning = range(take_field(data), factor);
    figure.critical = range(take_field(data), factor);
    figure.min = bound(take_field(data), factor);
    figure.max = bound(take_field(data), factor);
    return figure;
  }

  static std::string_view take_field(std::string_view& data) {
    const std::size_t end = std::min(data.find(';'), data.size());
    const std::string_view field = data.substr(0, end);
    data.remove_prefix(std::min(end + 1, data.size()));
    return field;
  }

  // False for what cannot be a unit.
  static bool unit(std::string_view text, PerfFigure& figure, double& factor) {
    if (text.size() > kMaxPerfUnit) return false;
    if (text.find_first_of("0123456789.,:;='\"@~+-") != std::string_view::npos) return false;
    if (text == "c") {
      figure.counter = true;
      return true;
    }
    for (const Unit& known : kUnits) {
      if (known.written != text) continue;
      figure.unit = known.base;
      factor = known.factor;
      return true;
    }
    figure.unit = text;
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<PerfFigure> parse_perfdata(std::string_view items) {
  std::vector<PerfFigure> figures;
  Reader reader{items};
  while (figures.size() < kMaxPerfdata) {
    auto figure = reader.next();
    if (!figure) break;
    const bool known = std::any_of(figures.begin(), figures.end(), [&](const PerfFigure& other) {
      return other.label == figure->label;
    });
    if (!known) figures.push_back(std::move(*figure));
  }
  return figures;
}

std::vector<PerfFigure> perfdata_of(std::string_view output) {
  const std::size_t line_end = std::min(output.find('\n'), output.size());
  const std::string_view first = output.substr(0, line_end);
  const std::string_view others = output.substr(line_end);
  std::string items;
  if (const auto bar = first.find('|'); bar != std::string_view::npos)
    items = first.substr(bar + 1);
  if (const auto bar = others.find('|'); bar != std::string_view::npos) {
    items += '\n';
    items += others.substr(bar + 1);
  }
  return parse_perfdata(items);
}

std::string_view whole_lines(std::string_view output, std::size_t kept_head) {
  const std::string_view head = output.substr(0, kept_head);
  const std::size_t end = head.rfind('\n');
  return end == std::string_view::npos ? std::string_view{} : head.substr(0, end + 1);
}

void admit(std::vector<PerfFigure>& figures, std::vector<std::string>& known) {
  std::erase_if(figures, [&](const PerfFigure& figure) {
    if (std::find(known.begin(), known.end(), figure.label) != known.end()) return false;
    if (known.size() >= kMaxPerfdata) return true;
    known.push_back(figure.label);
    return false;
  });
}

}  // namespace minitor
