// Makes large answers small on the wire. Its .cpp is the one include of zlib.
#pragma once

#include <cstddef>

#include "minitor/web/http_message.hpp"

namespace minitor {

// A body that fits into one packet gains nothing.
inline constexpr std::size_t kLeastToCompress = 1400;

// Compresses the body, unless it is small, live, or the client does not say that it takes gzip
// (RFC 9110 12.5.3). Nothing secret stands in a body beside what a visitor chose, so that its length
// tells nobody anything.
void compress(HttpResponse& response, const HttpRequest& request);
[[nodiscard]] bool accepts_gzip(const HttpRequest& request);

}  // namespace minitor
