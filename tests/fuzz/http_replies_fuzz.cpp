// Any body: read as an announce and as a scrape, it gives a message or a clean critical finding.
#include <cassert>
#include <cstdint>

#include "checks/tracker-probe-http/http_replies.hpp"
#include "tests/fuzz/clean.hpp"

using namespace tracker_probe;

static void check(const Finding& finding, State state) {
  assert(!finding.code.empty() && !finding.text.empty() && finding.state == state);
  assert(is_clean(finding.text));
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto announce = read_announce_reply(body, {.max_peers_kept = 20, .wanted_port = 6881});
  if (announce) {
    assert(announce->reply.peer_list.size() <= 20 && announce->listed <= size);
    for (const auto& finding : announce->notes) check(finding, State::ok);
  } else {
    check(announce.error(), State::critical);
  }
  InfoHash hash;
  hash.fill(0xaa);
  const auto scrape = read_scrape_reply(body, std::vector<InfoHash>{hash});
  if (scrape) {
    assert(scrape->files.size() == 1);
    for (const auto& finding : scrape->notes) check(finding, State::ok);
  } else {
    check(scrape.error(), State::critical);
  }
  return 0;
}
