// Whatever stands in the file of the history, what is read of the state can be written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "minitor/core/saved_json.hpp"

namespace {

// Bytes that are no UTF-8 are mended by the first writing, and may change the order of names by that; what
// was written once stays as it is.
template <typename Read>
void read_and_write(std::string_view text, const Read& read) {
  const auto first = read(text);
  if (!first) return;
  const auto again = read(minitor::saved_json(*first));
  if (!again) std::abort();
  const std::string written = minitor::saved_json(*again);
  const auto third = read(written);
  if (!third || minitor::saved_json(*third) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_and_write(text, minitor::saved_monitor);
  read_and_write(text, minitor::saved_incident);
  read_and_write(text, minitor::saved_lock);
  return 0;
}
