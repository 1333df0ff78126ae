#include "minitor/core/flapping.hpp"

#include "tests/catch.hpp"

using namespace minitor;

namespace {

FlappingState with(FlappingState state, bool failed, int times) {
  for (int i = 0; i < times; ++i) state = with_check(state, failed);
  return state;
}

FlappingState alternating(FlappingState state, int times) {
  for (int i = 0; i < times; ++i) state = with_check(state, i % 2 == 0);
  return state;
}

}  // namespace

TEST_CASE("every change counts as all, none as nothing") {
  CHECK(share_of_changes(alternating({}, kFlappingChecks)) == 100);
  CHECK(share_of_changes(with({}, true, kFlappingChecks)) == 0);
  CHECK(share_of_changes(with({}, false, kFlappingChecks)) == 0);
}

TEST_CASE("a monitor that is new does not flap before enough is known of it") {
  CHECK_FALSE(alternating({}, kFlappingChecks - 1).flapping);
  CHECK(alternating({}, kFlappingChecks).flapping);
}

TEST_CASE("an outage is not flapping, however long it lasts") {
  FlappingState state = with({}, false, 50);
  for (int i = 0; i < 50; ++i) {
    state = with_check(state, true);
    CHECK_FALSE(state.flapping);
  }
  CHECK_FALSE(with(state, false, 50).flapping);
}

TEST_CASE("it begins at half of all changes and ends below a quarter") {
  FlappingState state = with({}, false, kFlappingChecks);
  int began = 0;
  for (int i = 1; began == 0 && i <= 40; ++i) {
    state = with_check(state, i % 2 == 1);
    if (state.flapping) began = i;
  }
  // The nine newest of twenty changes weigh as much as half of them.
  CHECK(began == 9);
  CHECK(share_of_changes(state) >= kFlappingFrom);
  int ended = 0;
  for (int i = 1; ended == 0 && i <= 40; ++i) {
    const int before = share_of_changes(state);
    state = with_check(state, false);
    if (!state.flapping) ended = i;
    if (ended == 0) CHECK(share_of_changes(state) >= kFlappingBelow);
    if (i > 1) CHECK(share_of_changes(state) <= before);
  }
  CHECK(ended > 10);
}
