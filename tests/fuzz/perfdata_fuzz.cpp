// Any bytes are read as a plugin's output; what comes out keeps to its limits.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "minitor/core/perfdata.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minitor;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  auto figures = perfdata_of(text);
  for (const PerfFigure& figure : figures) {
    if (figure.label.empty() || figure.label.size() > kMaxPerfLabel) std::abort();
    if (figure.label.find('\n') != std::string::npos) std::abort();
    if (figure.unit.size() > kMaxPerfUnit || (figure.value && !std::isfinite(*figure.value)))
      std::abort();
  }
  std::vector<std::string> known;
  admit(figures, known);
  if (figures.size() > kMaxPerfdata || known.size() != figures.size()) std::abort();
  (void)whole_lines(text, size / 2);
  return 0;
}
