// Any text as a target: what is accepted must survive being printed and read again.
#include <cstdlib>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/info_hash.hpp"
#include "checks/tracker-probe/tracker_url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tracker_probe;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_info_hash(text);
  (void)parse_magnet(text);
  (void)redact_text(text);
  const UrlResult first = parse_tracker_url(text);
  if (const auto* error = std::get_if<UrlError>(&first)) {
    if (!checks::net::is_utf8(error->reason)) std::abort();
    return 0;
  }
  const TrackerUrl& url = *std::get_if<TrackerUrl>(&first);
  if (url.port == 0 || url.host.empty()) std::abort();
  (void)url.redacted();
  // A zone is not printed in the authority, a fragment is dropped: all else comes back.
  if (url.literal && url.literal->scope != 0) return 0;
  const UrlResult second = parse_tracker_url(url.text());
  const auto* again = std::get_if<TrackerUrl>(&second);
  if (again == nullptr && url.text().size() <= 4096) std::abort();
  if (again != nullptr && again->text() != url.text()) std::abort();
  return 0;
}
