// Any bytes as a .torrent file: read or refused in clean words, and the digests take any length.
#include <cstdlib>

#include "checks/net/clean_text.hpp"
#include "checks/net/digest.hpp"
#include "checks/tracker-probe/torrent_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)checks::net::sha1(bytes);
  (void)checks::net::sha256(bytes);
  const auto read = tracker_probe::read_torrent(bytes);
  if (const auto* problem = std::get_if<std::string>(&read)) {
    if (problem->empty() || checks::net::clean_text(*problem) != *problem) std::abort();
  } else if (std::get_if<tracker_probe::Torrent>(&read)->trackers.empty()) {
    std::abort();
  }
  return 0;
}
