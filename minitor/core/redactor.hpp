// Keeps secrets out of everything that is shown: logs, errors, notices, pages.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace minitor {

// A value shorter than this would blank out innocent text, and is no secret worth the name.
inline constexpr std::size_t kShortestSecret = 4;

class Redactor {
 public:
  Redactor() = default;
  // Values shorter than kShortestSecret are passed over.
  explicit Redactor(std::vector<std::string> secrets);

  // `text` with every secret in it replaced by "[secret]"; secrets that overlap, or of which one
  // holds the other, become one. One pass, however many secrets there are.
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] bool empty() const { return secrets_.empty(); }
  // One that knows the secrets of both.
  [[nodiscard]] Redactor joined(const Redactor& other) const;

 private:
  // Which starts a secret can have: a bit for a hash of the first kShortestSecret bytes.
  static constexpr std::size_t kStarts = 4096;

  [[nodiscard]] std::size_t length_at(std::string_view text, std::size_t at) const;

  std::vector<std::string> secrets_;  // longest first, none twice
  std::bitset<kStarts> starts_;
};

// True for the name of a variable whose value is taken for a secret: it holds PASS, PASSWORD,
// PASSWD, PASSPHRASE, PWD, SECRET, TOKEN, KEY, AUTH, CREDENTIAL, CRED, WEBHOOK, PRIVATE or DSN (or
// the plural) as a word of its own between underscores, or ends in one (MAILGUN_API_KEY,
// DB_PASSWORD, APIKEY; not KEYBOARD_LAYOUT; not the shell's own PWD and OLDPWD). Case does not
// matter.
[[nodiscard]] bool names_a_secret(std::string_view variable);

}  // namespace minitor
