// Several notices as one message: it has a sentence, an environment and a JSON document as every notice has,
// so that an alert command that knows nothing of groups tells one all the same.
//
// In it a monitor is down or up as the last of its notices says; each notice is there, in the order in which
// they were accepted, a problem before its recovery.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "minitor/core/notice.hpp"

namespace minitor {

// Notices in one message; what is more goes into the next.
inline constexpr std::size_t kMostGrouped = 500;
// Names in the sentence, of those that are down and of those that are up.
inline constexpr std::size_t kMostNamedInGroup = 20;
// Lines of the text, and bytes of one.
inline constexpr std::size_t kMostGroupLines = 100;
inline constexpr std::size_t kMostGroupLine = 300;
// Bytes of each longer text of a notice within the JSON of a group.
inline constexpr std::size_t kMostGroupText = 300;

using Notices = std::vector<std::shared_ptr<const Notice>>;

// `members`: at least two. `reason`: why they come together. `held`: as in Notice. The id is the same for the
// same members, and another for others: a receiver that has seen it has seen them all.
[[nodiscard]] std::shared_ptr<const Notice> group_notice(Notices members, std::string reason,
                                                         std::string held);

// "3 monitors are down: a, b, c; 1 is up again: d"
[[nodiscard]] std::string group_sentence(const Notice& group);

// Monitors of a group, as the last of their notices says.
struct GroupCounts {
  int down = 0;
  int up = 0;
};
[[nodiscard]] GroupCounts count_group(const Notice& group);

// A member as it stands in the JSON of a group: the same with its longer texts cut, of its output the end.
[[nodiscard]] Notice short_member(const Notice& member);

}  // namespace minitor
