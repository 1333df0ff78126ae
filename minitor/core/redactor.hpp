// Keeps secrets out of everything that is shown: logs, errors, notices, pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minitor {

// A value shorter than this would blank out innocent text, and is no secret worth the name.
inline constexpr std::size_t kShortestSecret = 4;

class Redactor {
 public:
  Redactor() = default;
  // Values shorter than kShortestSecret are passed over; of two where one holds the other, the
  // longer one is replaced.
  explicit Redactor(std::vector<std::string> secrets);

  // `text` with every secret in it replaced by "[secret]".
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] bool empty() const { return secrets_.empty(); }

 private:
  std::vector<std::string> secrets_;  // longest first
};

// True for the name of a variable whose value is taken for a secret: it holds PASS, SECRET, TOKEN,
// KEY, AUTH, CREDENTIAL, WEBHOOK, PRIVATE or DSN as a word of its own between underscores, or ends in one
// (MAILGUN_API_KEY, DB_PASSWORD, APIKEY; not KEYBOARD_LAYOUT).
[[nodiscard]] bool names_a_secret(std::string_view variable);

}  // namespace minitor
