// Any bytes: the parser ends, and what it accepts is made of bytes of the body.
#include <cassert>
#include <cstdint>

#include "checks/tracker-probe-http/bencode.hpp"

using tracker_probe::BencodeValue;

static void walk(const BencodeValue& value, std::string_view body) {
  const auto raw = value.raw();
  assert(!raw.empty() && raw.data() >= body.data() &&
         raw.data() + raw.size() <= body.data() + body.size());
  value.for_each_item([&](const BencodeValue& item) { walk(item, body); });
  value.for_each_entry([&](std::string_view key, const BencodeValue& item) {
    assert(value.find(key).has_value());
    walk(item, body);
  });
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto parsed = tracker_probe::parse_bencode(body, {.depth = 32, .tokens = 2000});
  if (parsed) {
    assert(parsed->consumed() <= size);
    walk(parsed->root(), body);
    // What was accepted is accepted again when it stands alone.
    assert(tracker_probe::parse_bencode(parsed->root().raw()).has_value());
  } else {
    assert(parsed.error().offset <= size && !parsed.error().text.empty());
  }
  return 0;
}
