// What a reply has to hold: pieces of text, patterns, JSON values. Pure but for compiled patterns;
// what is looked into may be anything.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checks::endpoint {

/// A POSIX extended regular expression without back references: those would let a reply take for ever.
class Pattern {
 public:
  /// Nothing when it is none; the reason then stands in `problem`.
  [[nodiscard]] static std::optional<Pattern> compile(const std::string& text,
                                                      std::string& problem);
  /// "^" and "$" match at every line.
  [[nodiscard]] bool matches(std::string_view text) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
  std::string text_;
};

/// A place in a JSON document (RFC 6901, "/a/0/b") and what stands there, as text.
struct JsonExpectation {
  std::string pointer;
  std::optional<std::string> value;  ///< nothing: it is enough that something is there
};

struct Expectations {
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
  std::vector<Pattern> matches;
  std::vector<JsonExpectation> json;

  [[nodiscard]] bool empty() const {
    return contains.empty() && lacks.empty() && matches.empty() && json.empty();
  }
  /// All that is asked for is there, whatever may still come.
  [[nodiscard]] bool settled(std::string_view text) const;
};

/// Why `text` is not what was asked for; nothing when it is. `partly`: there was more of it.
[[nodiscard]] std::optional<std::string> unmet(const Expectations& asked, std::string_view text,
                                               bool partly);

/// "/status=ok" or "/status". Nothing when the pointer does not begin with '/'.
[[nodiscard]] std::optional<JsonExpectation> parse_json_expectation(std::string_view text);

/// \r \n \t \0 \\ and \xNN become bytes. Nothing when a backslash stands before anything else.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text);

/// "200", "200-299,401", sorted or not.
struct StatusRange {
  int low = 200;
  int high = 299;
};
[[nodiscard]] std::optional<std::vector<StatusRange>> parse_statuses(std::string_view text);
[[nodiscard]] bool holds(const std::vector<StatusRange>& ranges, int status);

}  // namespace checks::endpoint
