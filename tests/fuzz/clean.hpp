// What every text made from hostile bytes must be: nothing in it that clean_text() would still change.
#pragma once

#include <algorithm>
#include <string>

#include "checks/net/clean_text.hpp"

/// Backslashes are those of its escapes, which a second pass would escape again.
inline bool is_clean(std::string text) {
  std::replace(text.begin(), text.end(), '\\', '/');
  return checks::net::clean_text(text, text.size()) == text;
}
