// Any path and query: what we ask holds each of our keys once and nothing that breaks a request
// line which was not in the URL already.
#include <algorithm>
#include <cassert>
#include <cstdint>

#include "checks/tracker-probe-http/http_targets.hpp"

using namespace tracker_probe;

static std::size_t count(std::string_view text, std::string_view word) {
  std::size_t out = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++out;
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mark = text.find('?');
  const auto path = text.substr(0, mark);
  const auto query = mark == text.npos ? std::string_view() : text.substr(mark);
  AnnounceRequest request;
  request.port = 6881;
  request.tracker_id = std::string(text);
  const auto target = announce_target(path, query, request);
  const auto asked = std::string_view(target).substr(path.size());
  assert(target.starts_with(path) && asked.starts_with('?'));
  assert(count(asked, "&event=started") == 1);
  // A second question mark is part of a value.
  assert(count(asked, "&info_hash=") + (asked.starts_with("?info_hash=") ? 1 : 0) == 1);
  assert(percent_encode(text).find_first_of(" \r\n&=?#+/") == std::string::npos);
  if (const auto scrape = scrape_path(path)) assert(scrape->size() + 2 == path.size());
  (void)scrape_target(path, query, std::vector<InfoHash>(2));
  return 0;
}
