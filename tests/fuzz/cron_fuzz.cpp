// Any text is a cron expression or none; what one means comes later than what it was asked after.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "minitor/core/cron.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minitor;
  const auto read = Cron::parse({reinterpret_cast<const char*>(data), size});
  const auto* cron = std::get_if<Cron>(&read);
  if (cron == nullptr) return std::get<std::string>(read).empty() ? std::abort(), 1 : 0;
  const Timestamp now{std::chrono::seconds{1795219200}};
  const auto next = cron->next(now, TimeZone{});
  if (!next || *next <= now) std::abort();
  return 0;
}
