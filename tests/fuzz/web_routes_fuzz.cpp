// Requests as they come over the wire, through the reader and the routes, to the last byte of the answer:
// whatever is sent, the answer is one, its page holds no markup of the client's, and nothing of a
// monitor that is not to be shown.
#include <cstdlib>
#include <string_view>

#include "minitor/web/request_reader.hpp"
#include "minitor/web/url_text.hpp"
#include "tests/unit/web/fake_site.hpp"

namespace {

using namespace minitor;

FakeSite& site() {
  static FakeSite* const made = [] {
    auto* const all = new FakeSite;
    all->add("web", Status::up, "g").shown.output = true;
    all->add("a/b", Status::down);
    all->add("beat", Status::up).heartbeat.emplace().token = "beatbeatbeatbeat";
    all->settings.token = "0123456789abcdef";
    all->link_secret = std::string(64, 'a');
    all->history.check_rows["web"] = {check_row(7, kNoon, Verdict::ok, "exit 0", "fine")};
    all->history.check_rows["a/b"] = {check_row(8, kNoon, Verdict::failure, "unseen", "unseen")};
    all->history.timeline_rows["web"] = {Status::up, {}, {}, kNoon};
    return all;
  }();
  return *made;
}

// Answers repeat the client's own words, in errors and in the feed.
bool says(std::string_view bytes, const HttpRequest& request, std::string_view word) {
  const auto decoded = decode_segment(request.target);
  return bytes.find(word) != std::string_view::npos ||
         (decoded && decoded->find(word) != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  HttpLimits limits;
  RequestReader reader{limits};
  const std::string_view whole{reinterpret_cast<const char*>(data), size};
  std::string_view bytes = whole;
  auto progress = reader.feed(bytes);
  for (int requests = 0; progress == RequestReader::Progress::complete && requests < 8;
       ++requests) {
    const HttpRequest request = reader.take();
    const HttpResponse response = site().ask(request);
    if (response.status < 200 || response.status > 599) std::abort();
    if (response.status >= 500 && response.status != 503) std::abort();
    if (response.body.find("unseen") != std::string::npos && !says(whole, request, "unseen"))
      std::abort();
    if (response.content_type.rfind("text/html", 0) == 0 &&
        response.body.find("<fuzz") != std::string::npos)
      std::abort();
    if (response_head(response, true).find("\r\n\r\n") + 4 != response_head(response, true).size())
      std::abort();
    progress = reader.feed({});
  }
  return 0;
}
