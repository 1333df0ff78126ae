// The secret with which links in messages are signed: kept beside the history, so that a link still works
// after a restart.
#pragma once

#include <optional>
#include <string>

namespace minitor {

struct LinkSecret {
  std::string secret;  // 64 hexadecimal digits; empty: there is none, and no message carries a link
  std::string
      trouble;  // why there is none, or why it will not outlive this run; empty: all is well
};

// From the file beside `history` (minitor.db: minitor.key), which is created once, of mode 0600; none: one
// for this run alone, as the history is. A file that others may read is no secret, and is not used.
[[nodiscard]] LinkSecret link_secret(const std::optional<std::string>& history);

}  // namespace minitor
