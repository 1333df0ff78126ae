#include "minitor/core/dependencies.hpp"

#include <set>

#include "tests/catch.hpp"

using namespace minitor;

namespace {

using Indexes = std::vector<MonitorIndex>;
using Word = ParentsSay::Word;

AnyOf any(Indexes parents) { return {std::move(parents)}; }

ParentsSay ask(const Needs& needs, const std::vector<ParentState>& states) {
  return ask_parents(needs, [&](MonitorIndex node) { return states[node]; });
}

}  // namespace

TEST_CASE("each of several parents is needed") {
  const Needs both{any({0}), any({1})};
  using enum ParentState;
  CHECK(ask(both, {well, well}).word == Word::well);
  CHECK(ask(both, {well, bad}).word == Word::bad);
  CHECK(ask(both, {well, bad}).causes == Indexes{1});
  CHECK(ask(both, {bad, bad}).causes == Indexes{0, 1});
  CHECK(ask(both, {old, well}).word == Word::ask);
  CHECK(ask(both, {old, old}).to_check == Indexes{0, 1});
  // One cause is enough; nobody else needs to be asked.
  CHECK(ask(both, {old, bad}).word == Word::bad);
  CHECK(ask({}, {}).word == Word::well);
}

TEST_CASE("one of several parents suffices") {
  const Needs either{any({0, 1})};
  using enum ParentState;
  CHECK(ask(either, {bad, well}).word == Word::well);
  CHECK(ask(either, {bad, old}).word == Word::ask);
  CHECK(ask(either, {bad, old}).to_check == Indexes{1});
  CHECK(ask(either, {bad, bad}).word == Word::bad);
  CHECK(ask(either, {bad, bad}).causes == Indexes{0, 1});
  CHECK(ask(either, {old, well}).word == Word::well);
}

TEST_CASE("what an outage takes down") {
  // 0 and 1: uplinks; 2: router, by either; 3: server, by the router; 4: database and 5: shop, by
  // the server, the shop by the database too; 6: elsewhere.
  const DependencyGraph graph(
      {{}, {}, {any({0, 1})}, {any({2})}, {any({3})}, {any({3}), any({4})}, {}});
  const auto taken = [&](MonitorIndex cause, const std::set<MonitorIndex>& bad) {
    return graph.taken_down(cause, [&](MonitorIndex node) { return bad.contains(node); });
  };
  CHECK(taken(0, {0}).empty());
  CHECK(taken(0, {0, 1}) == Indexes{2, 3, 4, 5});
  CHECK(taken(3, {}) == Indexes{4, 5});
  CHECK(taken(4, {}) == Indexes{5});
  CHECK(taken(6, {}).empty());
  CHECK(graph.children(3) == Indexes{4, 5});
}

TEST_CASE("a circle is found, with the way around it") {
  CHECK_FALSE(find_circle({}));
  CHECK_FALSE(find_circle({{}, {any({0})}, {any({0}), any({1})}}));
  CHECK(find_circle({{any({0})}}) == Indexes{0, 0});
  CHECK(find_circle({{}, {any({2})}, {any({0, 3})}, {any({1})}}) == Indexes{1, 2, 3, 1});
}
