// The text of one configuration file, checked to be text, and the way from an offset to a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace minitor::config {

// One file may not be larger: ten thousand monitors take a third of this.
inline constexpr std::size_t kMaxFileBytes = 8 * 1024 * 1024;
// Brackets that may begin a list or a map and are not closed. The scanner of yaml-cpp holds a whole
// `[[[[…` in memory, some 240 bytes a bracket, before anyone can count its depth; this is a rough count
// ahead of it, far above what the depth limit lets through.
inline constexpr std::size_t kMaxOpenBrackets = 4096;

struct Position {
  int line = 0;    // from 1
  int column = 0;  // from 1, in characters
};

class SourceText {
 public:
  // What keeps bytes from being the text of a configuration, and where (line 0: the whole of it).
  struct Refusal {
    Position position;
    std::string message;
  };
  // Takes a byte order mark off and turns CR LF and CR into LF. `order` is the place among the files
  // of one load.
  [[nodiscard]] static std::variant<SourceText, Refusal> from_bytes(std::string name,
                                                                    std::size_t order,
                                                                    std::string_view bytes);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t order() const { return order_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] Position position(std::size_t offset) const;
  // `path` as seen from this file: relative paths start where the file stands.
  [[nodiscard]] std::string beside(std::string_view path) const;

 private:
  SourceText(std::string name, std::size_t order, std::string text);

  std::string name_;
  std::size_t order_ = 0;
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
};

// `path` as seen from the folder of `file`.
[[nodiscard]] std::string beside_file(std::string_view file, std::string_view path);

}  // namespace minitor::config
