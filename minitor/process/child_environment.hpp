// The environment of a child: the daemon's own with the command's variables on top.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/command.hpp"

namespace minitor {

class ChildEnvironment {
 public:
  // Refers to the daemon's environment; lives no longer than that stays as it is.
  explicit ChildEnvironment(const Environment& own);

  // For exec: NAME=value strings, then a null pointer.
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

  // Where a program without a slash is looked for: PATH, or execvp's default where there is none.
  [[nodiscard]] std::string_view path() const;

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

}  // namespace minitor
