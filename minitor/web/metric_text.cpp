#include "minitor/web/metric_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <set>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
}

}  // namespace

std::vector<std::string> distinct_labels(const std::vector<std::string_view>& names) {
  std::vector<std::string> labels(names.size());
  std::vector<bool> done(names.size());
  std::set<std::string, std::less<>> taken;
  for (std::size_t i = 0; i < names.size(); ++i) {
    labels[i] = valid_utf8(names[i]);
    done[i] = labels[i] == names[i] && taken.insert(labels[i]).second;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (done[i]) continue;
    const std::string clean = labels[i];
    for (int n = 2; !taken.insert(labels[i]).second; ++n)
      labels[i] = fmt::format("{} ({})", clean, n);
  }
  return labels;
}

void MetricText::counter(std::string_view name, std::string_view help) {
  begin(name, help, "counter");
}

void MetricText::gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }

void MetricText::sample(std::initializer_list<Label> labels, std::uint64_t value) {
  series(labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

// The shortest text that reads back as the same number; never by locale.
void MetricText::sample(std::initializer_list<Label> labels, double value) {
  series(labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricText::histogram(std::string_view name, std::string_view help,
                           const std::vector<double>& bounds,
                           const std::vector<std::uint64_t>& counts, double sum) {
  begin(name, help, "histogram");
  const auto called = [&](std::string_view ending) { name_ = fmt::format("{}{}", name, ending); };
  called("_bucket");
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    sample({{"le", i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf"}}, all);
  }
  called("_sum");
  sample({}, sum);
  called("_count");
  sample({}, all);
}

void MetricText::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  heading_ = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricText::series(std::initializer_list<Label> labels) {
  text_ += std::exchange(heading_, {});
  text_ += name_;
  char before = '{';
  for (const auto& [label, value] : labels) {
    text_ += before;
    text_ += label;
    text_ += "=\"";
    append_escaped(text_, value);
    text_ += '"';
    before = ',';
  }
  text_ += labels.size() > 0 ? "} " : " ";
}

}  // namespace minitor
