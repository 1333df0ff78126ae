#include "minitor/config/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace minitor::config {
namespace {

// Longer words are not compared with each other: nobody misspells a novel.
constexpr std::size_t kLongestWord = 64;

class Merger {
 public:
  Merger(const Cursor& map, Findings& findings)
      : map_(map), document_(map.document()), findings_(findings) {}

  std::vector<MapEntry> all() {
    own(map_.node());
    merges(map_.node());
    return std::move(entries_);
  }

 private:
  bool is_merge(NodeId key) const { return document_.plain(key) && document_.text(key) == "<<"; }

  void own(NodeId map) {
    const auto children = document_.children(map);
    const bool many = entries_.size() + children.size() > kFewEntries;
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      if (document_.kind(children[i]) != NodeKind::scalar || is_merge(children[i])) continue;
      const std::string_view name = document_.text(children[i]);
      if (many || !seen_.empty()) {
        if (seen_.empty())
          for (const MapEntry& entry : entries_) seen_.insert(entry.name);
        if (!seen_.insert(name).second) continue;
      } else if (std::any_of(entries_.begin(), entries_.end(),
                             [&](const MapEntry& entry) { return entry.name == name; })) {
        continue;
      }
      entries_.push_back({name, children[i], children[i + 1]});
    }
  }

  void merges(NodeId map) {
    const auto children = document_.children(map);
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      if (document_.kind(children[i]) != NodeKind::scalar || !is_merge(children[i])) continue;
      const NodeId value = children[i + 1];
      if (document_.kind(value) == NodeKind::map) {
        merge(value);
      } else if (document_.kind(value) == NodeKind::sequence) {
        for (const NodeId item : document_.children(value)) merge_item(children[i], item);
      } else {
        refuse(children[i], value);
      }
    }
  }

  void merge_item(NodeId key, NodeId item) {
    if (document_.kind(item) == NodeKind::map)
      merge(item);
    else
      refuse(key, item);
  }

  void merge(NodeId map) {
    own(map);
    merges(map);
  }

  void refuse(NodeId key, NodeId value) {
    findings_.error(map_.place_of(key),
                    fmt::format("<< takes a map or a list of maps, as in \"<<: *defaults\", not {}",
                                describe(document_.kind(value))));
  }

  // Up to here comparing each with each is quicker than hashing.
  static constexpr std::size_t kFewEntries = 64;

  const Cursor& map_;
  const Document& document_;
  Findings& findings_;
  std::vector<MapEntry> entries_;
  std::unordered_set<std::string_view> seen_;
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
}

// Insertions, deletions, changes and swaps of neighbours between two words, case aside.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string Cursor::path() const {
  if (parent_ == nullptr) return {};
  std::string path = parent_->path();
  if (index_ != kNoIndex) return path + fmt::format("[{}]", index_);
  return path.empty() ? std::string(key_) : path + "." + std::string(key_);
}

std::string_view describe(NodeKind kind) {
  switch (kind) {
    case NodeKind::null: return "nothing";
    case NodeKind::scalar: return "text";
    case NodeKind::sequence: return "a list";
    case NodeKind::map: return "a map";
  }
  return "something else";
}

std::vector<MapEntry> entries(const Cursor& map, Findings& findings) {
  return Merger(map, findings).all();
}

std::optional<std::string> nearest(std::string_view wrong,
                                   const std::vector<std::string_view>& names) {
  if (wrong.size() > kLongestWord) return std::nullopt;
  std::optional<std::string> best;
  // A third of the word may be wrong, at least one letter and at most three.
  std::size_t limit = std::clamp<std::size_t>(wrong.size() / 3, 1, 3) + 1;
  for (const std::string_view name : names) {
    if (name.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < limit) {
      limit = distance;
      best = std::string(name);
    }
  }
  return best;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& names) {
  const auto name = nearest(wrong, names);
  return name ? fmt::format("; did you mean {}?", quoted(*name)) : "";
}

}  // namespace minitor::config
