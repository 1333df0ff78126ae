#include "minitor/core/dependencies.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace minitor {
namespace {

enum class Mark : std::uint8_t { fresh, open, done };
// How one got to a node: each with the index of the parent to look at next.
using Way = std::vector<std::pair<MonitorIndex, std::size_t>>;

std::vector<MonitorIndex> circle_at(const Way& way, MonitorIndex to) {
  std::vector<MonitorIndex> circle;
  for (const auto& [node, next] : way) {
    if (!circle.empty() || node == to) circle.push_back(node);
  }
  circle.push_back(to);
  return circle;
}

// Goes up from `start`; each node is left for good once all above it are known.
std::vector<MonitorIndex> circle_above(MonitorIndex start,
                                       const std::vector<std::vector<MonitorIndex>>& parents,
                                       std::map<MonitorIndex, Mark>& marks) {
  Way way{{start, 0}};
  marks[start] = Mark::open;
  while (!way.empty()) {
    auto& [node, next] = way.back();
    if (next == parents[node].size()) {
      marks[node] = Mark::done;
      way.pop_back();
      continue;
    }
    const MonitorIndex to = parents[node][next++];
    if (marks[to] == Mark::open) return circle_at(way, to);
    if (marks[to] == Mark::done) continue;
    marks[to] = Mark::open;
    way.emplace_back(to, 0);
  }
  return {};
}

}  // namespace

ParentsSay ask_parents(const Needs& needs, const std::function<ParentState(MonitorIndex)>& state) {
  ParentsSay bad{ParentsSay::Word::bad, {}, {}};
  ParentsSay ask{ParentsSay::Word::ask, {}, {}};
  const auto add = [](std::vector<MonitorIndex>& nodes, MonitorIndex node) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  };
  for (const AnyOf& any : needs) {
    std::vector<MonitorIndex> old;
    bool well = false;
    for (const MonitorIndex parent : any.parents) {
      switch (state(parent)) {
        case ParentState::well: well = true; break;
        case ParentState::bad: break;
        case ParentState::old: old.push_back(parent); break;
      }
    }
    if (well) continue;
    if (old.empty()) {
      for (const MonitorIndex parent : any.parents) add(bad.causes, parent);
    }
    for (const MonitorIndex parent : old) add(ask.to_check, parent);
  }
  if (!bad.causes.empty()) return bad;
  if (!ask.to_check.empty()) return ask;
  return {};
}

DependencyGraph::DependencyGraph(std::vector<Needs> needs)
    : needs_(std::move(needs)), children_(needs_.size()) {
  for (MonitorIndex node = 0; node < needs_.size(); ++node) {
    for (const AnyOf& any : needs_[node]) {
      for (const MonitorIndex parent : any.parents) {
        auto& children = children_[parent];
        if (children.empty() || children.back() != node) children.push_back(node);
      }
    }
  }
}

std::vector<MonitorIndex> DependencyGraph::taken_down(
    MonitorIndex cause, const std::function<bool(MonitorIndex)>& bad) const {
  std::vector<bool> gone(needs_.size(), false);
  gone[cause] = true;
  std::vector<MonitorIndex> reached{cause};
  const auto lost = [&](const AnyOf& any) {
    return std::all_of(any.parents.begin(), any.parents.end(),
                       [&](MonitorIndex parent) { return gone[parent] || bad(parent); });
  };
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const MonitorIndex child : children_[reached[i]]) {
      if (gone[child] || std::none_of(needs_[child].begin(), needs_[child].end(), lost)) continue;
      gone[child] = true;
      reached.push_back(child);
    }
  }
  reached.erase(reached.begin());
  std::sort(reached.begin(), reached.end());
  return reached;
}

std::optional<std::vector<MonitorIndex>> find_circle(const std::vector<Needs>& needs) {
  std::vector<std::vector<MonitorIndex>> parents(needs.size());
  for (MonitorIndex node = 0; node < needs.size(); ++node) {
    for (const AnyOf& any : needs[node])
      parents[node].insert(parents[node].end(), any.parents.begin(), any.parents.end());
  }
  std::map<MonitorIndex, Mark> marks;  // those that were come by; fresh otherwise
  for (MonitorIndex start = 0; start < needs.size(); ++start) {
    if (marks[start] != Mark::fresh) continue;
    std::vector<MonitorIndex> circle = circle_above(start, parents, marks);
    if (!circle.empty()) return circle;
  }
  return std::nullopt;
}

}  // namespace minitor
