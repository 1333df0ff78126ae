#include "minitor/core/redactor.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace minitor {
namespace {

constexpr std::string_view kInstead = "[secret]";

constexpr std::string_view kSecretWords[] = {
    "PASS", "PASSWORD", "PASSWD",     "PASSPHRASE", "PWD",     "SECRET",  "TOKEN",
    "KEY",  "AUTH",     "CREDENTIAL", "CRED",       "WEBHOOK", "PRIVATE", "DSN"};

std::size_t start_hash(const char* bytes, std::size_t buckets) {
  std::uint32_t word = 0;
  static_assert(sizeof word == kShortestSecret);
  std::memcpy(&word, bytes, sizeof word);
  return ((word * 2654435761U) >> 16U) % buckets;
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_secret_word(std::string_view word) {
  if (word.ends_with('S') && is_secret_word(word.substr(0, word.size() - 1))) return true;
  return std::find(std::begin(kSecretWords), std::end(kSecretWords), word) !=
         std::end(kSecretWords);
}

}  // namespace

Redactor::Redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  std::erase_if(secrets_,
                [](const std::string& secret) { return secret.size() < kShortestSecret; });
  std::sort(secrets_.begin(), secrets_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  secrets_.erase(std::unique(secrets_.begin(), secrets_.end()), secrets_.end());
  for (const std::string& secret : secrets_) starts_.set(start_hash(secret.data(), kStarts));
}

// The length of the longest secret that starts at `at`; 0 when none does.
std::size_t Redactor::length_at(std::string_view text, std::size_t at) const {
  const std::string_view rest = text.substr(at);
  for (const std::string& secret : secrets_) {
    if (rest.starts_with(secret)) return secret.size();
  }
  return 0;
}

Redactor Redactor::joined(const Redactor& other) const {
  std::vector<std::string> all = secrets_;
  all.insert(all.end(), other.secrets_.begin(), other.secrets_.end());
  return Redactor(std::move(all));
}

std::string Redactor::redact(std::string_view text) const {
  if (secrets_.empty() || text.size() < kShortestSecret) return std::string(text);
  std::string out;
  std::size_t copied = 0;  // up to here `text` is in `out`, in one form or the other
  std::size_t end = 0;     // of the secret that was found last
  bool open = false;
  const auto close = [&] {
    if (open) out += kInstead;
    open = false;
  };
  for (std::size_t at = 0; at + kShortestSecret <= text.size(); ++at) {
    if (!starts_.test(start_hash(text.data() + at, kStarts))) continue;
    const std::size_t length = length_at(text, at);
    if (length == 0) continue;
    if (at >= end) {
      close();
      out += text.substr(copied, at - copied);
      open = true;
    }
    end = std::max(end, at + length);
    copied = end;
  }
  close();
  out += text.substr(copied);
  return out;
}

bool names_a_secret(std::string_view variable) {
  std::string name(variable);
  std::transform(name.begin(), name.end(), name.begin(), upper);
  if (name == "PWD" || name == "OLDPWD") return false;
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t end = std::min(rest.find('_'), rest.size());
    if (is_secret_word(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string_view singular = name;
  if (singular.ends_with('S') && !singular.ends_with("SS")) singular.remove_suffix(1);
  return std::any_of(std::begin(kSecretWords), std::end(kSecretWords), [&](std::string_view word) {
    return std::string_view(name).ends_with(word) || singular.ends_with(word);
  });
}

}  // namespace minitor
