// The grammar of Prometheus's text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats):
// families of samples, each with its help and type before the first of them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minitor {

// A label value for each of these names, in their order: valid UTF-8, neither quoted nor escaped, and no
// two alike. A name that is valid keeps its text, wherever it stands; one that is not, or that has
// been there before, and whose text is taken, becomes "name (2)".
[[nodiscard]] std::vector<std::string> distinct_labels(const std::vector<std::string_view>& names);

class MetricText final {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  // All samples up to the next of these belong to this family. One without a sample is not written.
  void counter(std::string_view name, std::string_view help);
  void gauge(std::string_view name, std::string_view help);

  void sample(std::initializer_list<Label> labels, std::uint64_t value);
  void sample(std::initializer_list<Label> labels, double value);

  // A whole family. `counts` are those between two of the ascending `bounds`; one more lies beyond them.
  void histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void series(std::initializer_list<Label> labels);

  std::string text_;
  std::string name_;
  std::string heading_;  // of a family that has no sample yet
};

}  // namespace minitor
