#include "checks/net/digest.hpp"

#include <bit>
#include <cstddef>

namespace checks::net {

namespace {

using Word = std::uint32_t;
constexpr std::size_t block_bytes = 64;

template <std::size_t Count>
using Words = std::array<Word, Count>;

/// The text, a one bit, zeros and the length in bits: block by block, as sixteen words each.
template <typename Absorb>
void each_block(std::string_view text, Absorb absorb) {
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  const std::size_t blocks = (text.size() + 8) / block_bytes + 1;
  for (std::size_t block = 0; block < blocks; ++block) {
    Words<16> words{};
    for (std::size_t i = 0; i < block_bytes; ++i) {
      const std::size_t at = block * block_bytes + i;
      Word byte = 0;
      if (at < text.size()) byte = static_cast<std::uint8_t>(text[at]);
      if (at == text.size()) byte = 0x80;
      words[i / 4] |= byte << (24 - 8 * (i % 4));
    }
    if (block + 1 == blocks) {
      words[14] = static_cast<Word>(bits >> 32);
      words[15] = static_cast<Word>(bits);
    }
    absorb(words);
  }
}

template <std::size_t Count>
std::array<std::uint8_t, Count * 4> bytes_of(const Words<Count>& words) {
  std::array<std::uint8_t, Count * 4> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

void absorb_sha1(Words<5>& state, const Words<16>& block) {
  Words<80> w{};
  for (std::size_t i = 0; i < 80; ++i)
    w[i] = i < 16 ? block[i] : std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < 80; ++i) {
    Word mixed = 0;
    if (i < 20) {
      mixed = ((b & c) | (~b & d)) + 0x5a827999U;
    } else if (i < 40) {
      mixed = (b ^ c ^ d) + 0x6ed9eba1U;
    } else if (i < 60) {
      mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcU;
    } else {
      mixed = (b ^ c ^ d) + 0xca62c1d6U;
    }
    const Word next = std::rotl(a, 5) + mixed + e + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr Words<64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void absorb_sha256(Words<8>& state, const Words<16>& block) {
  Words<64> w{};
  for (std::size_t i = 0; i < 64; ++i) {
    if (i < 16) {
      w[i] = block[i];
      continue;
    }
    const Word low = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const Word high = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + low + w[i - 7] + high;
  }
  Words<8> s = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const Word high = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
    const Word choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    const Word first = s[7] + high + choice + sha256_constants[i] + w[i];
    const Word low = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
    const Word majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    s = {first + low + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] += s[i];
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view text) {
  Words<5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  each_block(text, [&](const Words<16>& block) { absorb_sha1(state, block); });
  return bytes_of(state);
}

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  Words<8> state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  each_block(text, [&](const Words<16>& block) { absorb_sha256(state, block); });
  return bytes_of(state);
}

}  // namespace checks::net
