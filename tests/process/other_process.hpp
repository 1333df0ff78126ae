// Runs a piece of a test in a process of its own: for what cannot be taken back (limits, users).
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace minitor::test {

// Forks, and gives back what `body` returned in the child; throws when the child died of it.
[[nodiscard]] std::string in_other_process(const std::function<std::string()>& body);

// Root may do anything, and some limits do not hold for it: become a user that nothing else runs as.
// Does nothing for one who is not root.
void become_nobody();

}  // namespace minitor::test
