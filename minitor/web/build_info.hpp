// What the page and the metrics say about the program itself.
#pragma once

#include <string>

namespace minitor {

struct BuildInfo {
  std::string version;
};

}  // namespace minitor
