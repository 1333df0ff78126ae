#include "minitor/web/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace minitor {
namespace {

constexpr int kLevel = 4;       // half the work of 6 for nearly its size
constexpr int kGzip = 15 + 16;  // the largest window, in gzip's format
constexpr int kMemory = 8;      // zlib's default

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string gzip(const std::string& body) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  std::string in = body;  // zlib takes what it reads as writable
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace

bool accepts_gzip(const HttpRequest& request) {
  std::string_view rest = request.header("Accept-Encoding");
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view one = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t mark = std::min(one.find(';'), one.size());
    if (trimmed(one.substr(0, mark)) != "gzip") continue;
    // "gzip;q=0" is a refusal.
    const std::string_view weight = trimmed(one.substr(std::min(mark + 1, one.size())));
    return weight.substr(0, 3) != "q=0" ||
           weight.find_first_of("123456789", 2) != std::string_view::npos;
  }
  return false;
}

void compress(HttpResponse& response, const HttpRequest& request) {
  if (response.live || response.body.size() < kLeastToCompress) return;
  response.headers.push_back({"Vary", "Accept-Encoding"});
  if (!accepts_gzip(request)) return;
  std::string small = gzip(response.body);
  if (small.empty() || small.size() >= response.body.size()) return;
  response.body = std::move(small);
  response.headers.push_back({"Content-Encoding", "gzip"});
}

}  // namespace minitor
