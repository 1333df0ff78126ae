// Percent-encoding (RFC 3986) and query strings: both ways, and strict where it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minitor {

// The text of one segment of a path. None: a "%" without two hex digits behind it, or a NUL.
[[nodiscard]] std::optional<std::string> decode_segment(std::string_view segment);

// Any bytes as one segment: all but letters, digits and -._~ become %XX. A segment that would be "."
// or ".." has its dots encoded, too: a browser would climb.
[[nodiscard]] std::string encode_segment(std::string_view text);

struct QueryPair {
  std::string name;
  std::string value;
};
// More pairs than this are none of ours.
inline constexpr std::size_t kMostQueryPairs = 16;
// "a=1&b=%20x": "+" is a space, a pair without "=" has an empty value. None: badly encoded, or more than
// kMostQueryPairs.
[[nodiscard]] std::optional<std::vector<QueryPair>> parse_query(std::string_view query);

}  // namespace minitor
