// What a load found to say: errors and notes, each with its place, collected rather than thrown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
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

  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  // In the order of the files, then of their lines; secrets taken out.
  [[nodiscard]] std::vector<ConfigError> errors(const Redactor& redactor) const;
  [[nodiscard]] std::vector<ConfigError> notes(const Redactor& redactor) const;

 private:
  struct Finding {
    std::size_t order = 0;
    std::size_t others = 0;
    ConfigError what;
  };
  [[nodiscard]] static std::vector<ConfigError> in_order(std::vector<Finding> findings,
                                                         const Redactor& redactor);

  std::vector<Finding> errors_;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> seen_;
  std::vector<Finding> notes_;
  std::map<std::string, std::size_t> note_of_kind_;
};

}  // namespace minitor::config
