// Any text as a configuration of Torrust's checker, as a list of trackers, and as JSON.
#include "checks/net/json_reader.hpp"
#include "checks/tracker-probe/target_list.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)checks::net::parse_json(text);
  (void)tracker_probe::read_checker_config(text);
  tracker_probe::read_list(text, tracker_probe::Scheme::udp, [](const auto&) {});
  return 0;
}
