// SHA-256 (FIPS 180-4) and HMAC (RFC 2104) with it: for secrets that are derived from a secret.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace minitor {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view message);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view message);

// In lower-case hexadecimal digits, 64 of them.
[[nodiscard]] std::string hex(const Digest& digest);

}  // namespace minitor
