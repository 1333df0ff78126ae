#include "minitor/core/notice_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/utf8.hpp"

namespace minitor {
namespace {

constexpr std::size_t kMostNameBytes = 64;

// The last notice of each monitor, in the order in which the monitors come first.
std::vector<const Notice*> last_words_of(const Notices& members) {
  std::vector<const Notice*> last;
  std::unordered_map<std::string_view, std::size_t> place;
  for (const auto& member : members) {
    const auto [found, fresh] = place.emplace(member->monitor, last.size());
    if (fresh) {
      last.push_back(member.get());
    } else {
      last[found->second] = member.get();
    }
  }
  return last;
}

std::string names(const std::vector<const Notice*>& notices, bool up) {
  std::string text;
  std::size_t count = 0;
  for (const Notice* notice : notices) {
    if (notice->is_up() != up || ++count > kMostNamedInGroup) continue;
    text += fmt::format("{}{}{}", count == 1 ? "" : ", ", one_line(notice->monitor, kMostNameBytes),
                        notice->blind && !up ? " (blind)" : "");
  }
  if (count > kMostNamedInGroup) text += fmt::format(" and {} more", count - kMostNamedInGroup);
  return text;
}

GroupCounts counts_of(const std::vector<const Notice*>& last) {
  const auto up =
      std::count_if(last.begin(), last.end(), [](const auto* one) { return one->is_up(); });
  return {static_cast<int>(last.size()) - static_cast<int>(up), static_cast<int>(up)};
}

std::string_view last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

// "blog: down, exit 7: connection refused"
std::string line_of(const Notice& notice) {
  std::string line = one_line(notice.monitor, kMostNameBytes) + ": ";
  switch (notice.kind) {
    case NoticeKind::problem:
      line += notice.blind ? "blind" : notice.flapping ? "flapping" : "down";
      break;
    case NoticeKind::reminder: line += "still down"; break;
    case NoticeKind::escalation: line += "down, " + notice.reason; break;
    case NoticeKind::recovery:
      line += notice.blind ? "sees again" : notice.flapping ? "flaps no more" : "up again";
      break;
    case NoticeKind::repaired: line += "failed and was repaired"; break;
    case NoticeKind::test:
    case NoticeKind::group: line += name(notice.kind); break;
  }
  if (!notice.is_up()) {
    line += fmt::format(", {}", notice.outcome);
    const std::string_view said = last_line(notice.output);
    if (!said.empty()) line += fmt::format(": {}", said);
  }
  return one_line(line, kMostGroupLine);
}

std::string lines_of(const Notices& members) {
  std::string text;
  for (std::size_t i = 0; i < std::min(members.size(), kMostGroupLines); ++i)
    text += line_of(*members[i]) + "\n";
  if (members.size() > kMostGroupLines)
    text += fmt::format("… and {} more\n", members.size() - kMostGroupLines);
  return text;
}

// FNV-1a over the ids.
std::string id_of(const Notices& members) {
  std::uint64_t hash = 14695981039346656037U;
  for (const auto& member : members) {
    for (const char c : member->id + "\n")
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return fmt::format("{}-g{:016x}", members.front()->id, hash);
}

std::string cut(const std::string& text) { return std::string(first_bytes(text, kMostGroupText)); }

}  // namespace

GroupCounts count_group(const Notice& group) { return counts_of(last_words_of(group.members)); }

std::shared_ptr<const Notice> group_notice(Notices members, std::string reason, std::string held) {
  assert(members.size() > 1);
  const auto last = last_words_of(members);
  const GroupCounts counts = counts_of(last);
  auto group = std::make_shared<Notice>();
  group->id = id_of(members);
  group->kind = NoticeKind::group;
  group->monitor = names(last, counts.down == 0);
  group->group = members.front()->group;
  group->labels = members.front()->labels;
  group->verdict = counts.down > 0 ? Verdict::failure : Verdict::ok;
  group->outcome = fmt::format("{} down, {} up", counts.down, counts.up);
  group->output = lines_of(members);
  group->reason = std::move(reason);
  group->held = std::move(held);
  for (const auto& member : members) {
    if (member->group != group->group) group->group.clear();
    // What is true of all of them.
    std::erase_if(group->labels, [&](const auto& label) {
      return std::find(member->labels.begin(), member->labels.end(), label) == member->labels.end();
    });
    group->failure_count = std::max(group->failure_count, member->failure_count);
    group->created = std::max(group->created, member->created);
    if (member->first_failure &&
        (!group->first_failure || *member->first_failure < *group->first_failure))
      group->first_failure = member->first_failure;
  }
  group->members = std::move(members);
  return group;
}

std::string group_sentence(const Notice& group) {
  const auto last = last_words_of(group.members);
  const GroupCounts counts = counts_of(last);
  std::string text;
  const auto count = [&](int number, std::string_view what) {
    return fmt::format("{}{} {} {}: ", number,
                       text.empty() ? (number == 1 ? " monitor" : " monitors") : "",
                       number == 1 ? "is" : "are", what);
  };
  if (counts.down > 0) text = count(counts.down, "down") + names(last, false);
  if (counts.up > 0) {
    if (!text.empty()) text += "; ";
    text += count(counts.up, "up again") + names(last, true);
  }
  return text;
}

Notice short_member(const Notice& member) {
  Notice cut_off = member;
  cut_off.output = cut(std::string(last_line(member.output)));
  for (std::string* text : {&cut_off.description, &cut_off.outcome, &cut_off.reason,
                            &cut_off.repairs, &cut_off.takes_down})
    *text = cut(*text);
  return cut_off;
}

}  // namespace minitor
