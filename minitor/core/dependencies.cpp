#include "minitor/core/dependencies.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace minitor {
namespace {

enum class Mark : std::uint8_t { fresh, open, done };
// How one got to a node: each with the index of the parent to look at next.
using Way = std::vector<std::pair<Node, std::size_t>>;

std::vector<Node> circle_at(const Way& way, Node to) {
  std::vector<Node> circle;
  for (const auto& [node, next] : way) {
    if (!circle.empty() || node == to) circle.push_back(node);
  }
  circle.push_back(to);
  return circle;
}

// Goes up from `start`; each node is left for good once all above it are known.
std::vector<Node> circle_above(Node start, const std::vector<std::vector<Node>>& parents,
                               std::map<Node, Mark>& marks) {
  Way way{{start, 0}};
  marks[start] = Mark::open;
  while (!way.empty()) {
    auto& [node, next] = way.back();
    if (next == parents[node].size()) {
      marks[node] = Mark::done;
      way.pop_back();
      continue;
    }
    const Node to = parents[node][next++];
    if (marks[to] == Mark::open) return circle_at(way, to);
    if (marks[to] == Mark::done) continue;
    marks[to] = Mark::open;
    way.emplace_back(to, 0);
  }
  return {};
}

}  // namespace

ParentsSay ask_parents(const Needs& needs, const std::function<ParentState(Node)>& state) {
  ParentsSay bad{ParentsSay::Word::bad, {}, {}};
  ParentsSay ask{ParentsSay::Word::ask, {}, {}};
  const auto add = [](std::vector<Node>& nodes, Node node) {
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  };
  for (const AnyOf& any : needs) {
    std::vector<Node> old;
    bool well = false;
    for (const Node parent : any.parents) {
      switch (state(parent)) {
        case ParentState::well: well = true; break;
        case ParentState::bad: break;
        case ParentState::old: old.push_back(parent); break;
      }
    }
    if (well) continue;
    if (old.empty()) {
      for (const Node parent : any.parents) add(bad.causes, parent);
    }
    for (const Node parent : old) add(ask.to_check, parent);
  }
  if (!bad.causes.empty()) return bad;
  if (!ask.to_check.empty()) return ask;
  return {};
}

DependencyGraph::DependencyGraph(std::vector<Needs> needs)
    : needs_(std::move(needs)), children_(needs_.size()) {
  for (Node node = 0; node < needs_.size(); ++node) {
    for (const AnyOf& any : needs_[node]) {
      for (const Node parent : any.parents) {
        auto& children = children_[parent];
        if (children.empty() || children.back() != node) children.push_back(node);
      }
    }
  }
}

std::vector<Node> DependencyGraph::taken_down(Node cause,
                                              const std::function<bool(Node)>& bad) const {
  std::vector<bool> gone(needs_.size(), false);
  gone[cause] = true;
  std::vector<Node> reached{cause};
  const auto lost = [&](const AnyOf& any) {
    return std::all_of(any.parents.begin(), any.parents.end(),
                       [&](Node parent) { return gone[parent] || bad(parent); });
  };
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const Node child : children_[reached[i]]) {
      if (gone[child] || std::none_of(needs_[child].begin(), needs_[child].end(), lost)) continue;
      gone[child] = true;
      reached.push_back(child);
    }
  }
  reached.erase(reached.begin());
  std::sort(reached.begin(), reached.end());
  return reached;
}

std::optional<std::vector<Node>> find_circle(const std::vector<Needs>& needs) {
  std::vector<std::vector<Node>> parents(needs.size());
  for (Node node = 0; node < needs.size(); ++node) {
    for (const AnyOf& any : needs[node])
      parents[node].insert(parents[node].end(), any.parents.begin(), any.parents.end());
  }
  std::map<Node, Mark> marks;  // those that were come by; fresh otherwise
  for (Node start = 0; start < needs.size(); ++start) {
    if (marks[start] != Mark::fresh) continue;
    std::vector<Node> circle = circle_above(start, parents, marks);
    if (!circle.empty()) return circle;
  }
  return std::nullopt;
}

}  // namespace minitor
