// What a load found to say: errors and notes, each with its place, collected rather than thrown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "minitor/config/load_config.hpp"
#include "minitor/config/source_text.hpp"

namespace minitor::config {

// A value in a file: where it stands, and what leads to it ("monitors[2].command").
struct Place {
  const SourceText* source = nullptr;  // lives as long as the load
  std::size_t offset = 0;
  std::string path;
};

// "minitor.yml:14:21"
[[nodiscard]] std::string describe(const Place& place);

// A text in quotes, cut and cleaned.
[[nodiscard]] std::string quoted(std::string_view text);

// A line of a secret that is shorter than this is none by itself.
inline constexpr std::size_t kShortestSecretLine = 8;

// More errors than this help nobody; the rest is counted.
inline constexpr std::size_t kMaxErrors = 200;

class Findings {
 public:
  // The same message about the same place is kept once: an anchor merged a thousand times has its
  // error once.
  void error(const Place& place, std::string message);
  // About a file as a whole, or one that never became a SourceText.
  void file_error(const std::string& file, std::size_t order, Position position,
                  std::string message);
  // Notes of one `kind` are told once, at the first place, with the number of the others.
  void note(const Place& place, const std::string& kind, std::string message);

  // A value that must never be shown, from now on. Of one that has lines, none is shown alone either.
  void hide(const std::string& secret);
  [[nodiscard]] const Redactor& redactor() const;
  // A value as it is quoted in a message: without secrets, then cut and cleaned. (Cut first, the rest of
  // a secret would no longer be known for one.)
  [[nodiscard]] std::string quoted(std::string_view text) const;

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  // In the order of the files, then of their lines; secrets taken out.
  [[nodiscard]] std::vector<ConfigError> errors() const;
  [[nodiscard]] std::vector<ConfigError> notes() const;

 private:
  struct Finding {
    std::size_t order = 0;
    std::size_t others = 0;
    ConfigError what;
  };
  [[nodiscard]] std::vector<ConfigError> in_order(std::vector<Finding> findings) const;

  std::set<std::string> secrets_;
  mutable Redactor redactor_;  // of the first `redacted_` secrets
  mutable std::size_t redacted_ = 0;
  std::vector<Finding> errors_;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> seen_;
  std::vector<Finding> notes_;
  std::map<std::string, std::size_t> note_of_kind_;
};

}  // namespace minitor::config
