// Whatever stands in the file of the history, what is read of the state can be written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "minitor/core/saved_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto monitor = minitor::saved_monitor(text)) {
    const auto again = minitor::saved_monitor(minitor::saved_json(*monitor));
    if (!again || minitor::saved_json(*again) != minitor::saved_json(*monitor)) std::abort();
  }
  if (const auto incident = minitor::saved_incident(text)) {
    const auto again = minitor::saved_incident(minitor::saved_json(*incident));
    if (!again || minitor::saved_json(*again) != minitor::saved_json(*incident)) std::abort();
  }
  if (const auto lock = minitor::saved_lock(text)) {
    const auto again = minitor::saved_lock(minitor::saved_json(*lock));
    if (!again || minitor::saved_json(*again) != minitor::saved_json(*lock)) std::abort();
  }
  return 0;
}
