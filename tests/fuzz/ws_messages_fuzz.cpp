// Any text: it is a message or a clean critical ws.json.
#include <cassert>
#include <cstdint>

#include "checks/tracker-probe-http/ws_messages.hpp"
#include "tests/fuzz/clean.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto message = tracker_probe::read_ws_message(text);
  if (message.has_error()) {
    const auto& error = message.error();
    assert(error.code == "ws.json" && error.state == tracker_probe::State::critical);
    assert(is_clean(error.text));
  }
  if (const auto bytes = tracker_probe::latin1_bytes(text))
    assert(tracker_probe::latin1_text(*bytes).size() <= 40);
  return 0;
}
