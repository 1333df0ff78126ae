// SHA-1 and SHA-256 (FIPS 180-4) of short texts: the name of a torrent is a digest. Here because a
// probe over UDP should not load OpenSSL for it. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace checks::net {

[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view text);
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view text);

}  // namespace checks::net
