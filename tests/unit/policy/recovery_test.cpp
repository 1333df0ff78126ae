#include "minitor/core/recovery.hpp"

#include <fmt/format.h>

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

constexpr Monotonic kStart{1000h};

RepairLimits limits(int attempts = 1, Duration cooldown = 0s, std::string lock = {},
                    int per_hour = 100) {
  return {10s, attempts, cooldown, per_hour, std::move(lock)};
}

// A ladder in a world where time is told and requests become words.
struct World {
  Repairs repairs;
  Monotonic now = kStart;

  explicit World(std::vector<Repairs::Ladder> ladders) : repairs(std::move(ladders)) {}

  static std::string words(const RepairRequests& requests) {
    std::string all;
    for (const RepairRequest& request : requests) {
      if (!all.empty()) all += ", ";
      if (const auto* run = std::get_if<RunRepair>(&request))
        all += fmt::format("run {}.{} of {}", run->step, run->attempt, run->monitor);
      if (const auto* check = std::get_if<CheckNow>(&request))
        all += fmt::format("check {}", check->monitor);
      if (const auto* over = std::get_if<RepairPassedOver>(&request))
        all += fmt::format("not {} of {}: {}", over->step, over->monitor, over->why);
    }
    return all.empty() ? "nothing" : all;
  }
  std::string fails(MonitorIndex monitor, Duration since = 0s) {
    RepairRequests requests;
    const auto answer = repairs.failed(monitor, now - since, now, requests);
    return words(requests) + (answer == Repairs::Answer::exhausted ? "; down" : "");
  }
  std::string finishes(MonitorIndex monitor) {
    RepairRequests requests;
    repairs.finished(monitor, "exit 0", now, requests);
    return words(requests);
  }
  std::string ok(MonitorIndex monitor) {
    RepairRequests requests;
    std::string by = repairs.recovered(monitor, now, requests);
    return by.empty() ? words(requests) : by + "; " + words(requests);
  }
  std::string after(Duration time) {
    now += time;
    RepairRequests requests;
    repairs.tick(now, requests);
    return words(requests);
  }
};

}  // namespace

TEST_CASE("run, wait, check, up") {
  World world({{"web", {limits()}}});
  CHECK(world.repairs.can_try(0));
  CHECK(world.fails(0) == "run 0.1 of 0");
  world.now += 3s;
  CHECK(world.finishes(0) == "nothing");
  CHECK(world.repairs.next() == world.now + 10s);
  CHECK(world.after(9s) == "nothing");
  CHECK(world.after(1s) == "check 0");
  CHECK(world.ok(0) == "recovered by attempt 1; nothing");
  CHECK(world.repairs.state(0) == nullptr);
}

TEST_CASE("attempts, then the next repair, then down until it is up again") {
  World world({{"web", {limits(2), limits()}}});
  CHECK(world.fails(0) == "run 0.1 of 0");
  world.finishes(0);
  CHECK(world.after(10s) == "check 0");
  CHECK(world.fails(0) == "run 0.2 of 0");
  world.finishes(0);
  world.after(10s);
  CHECK(world.fails(0) == "run 1.1 of 0");
  world.finishes(0);
  world.after(10s);
  CHECK(world.fails(0) == "nothing; down");
  CHECK_FALSE(world.repairs.can_try(0));
  CHECK(world.repairs.state(0)->tried.size() == 3);
  CHECK(world.fails(0) == "nothing; down");
  CHECK(world.ok(0) == "nothing");
  CHECK(world.repairs.can_try(0));
}

TEST_CASE("checks that fail while a repair is under way decide nothing") {
  World world({{"web", {limits()}}});
  world.fails(0);
  CHECK(world.fails(0) == "nothing");
  world.finishes(0);
  CHECK(world.fails(0) == "nothing");
  CHECK(world.after(10s) == "check 0");
  // It began before the check that was asked for.
  CHECK(world.fails(0, 1s) == "nothing");
  CHECK(world.fails(0) == "nothing; down");
}

TEST_CASE("a check that is ok by itself ends the ladder, and the run keeps its lock to its end") {
  World world({{"web", {limits()}}});
  world.fails(0);
  CHECK(world.ok(0) == "while repair attempt 1 was running; nothing");
  CHECK(world.fails(0) == "nothing");  // never twice at once: it waits for its own first run
  CHECK(world.finishes(0) == "check 0");
  CHECK(world.fails(0) == "run 0.1 of 0");
}

TEST_CASE("a repair that ran a short while ago cools down") {
  World world({{"web", {limits(1, 1h)}}});
  world.fails(0);
  world.finishes(0);
  world.after(10s);
  CHECK(world.ok(0) == "recovered by attempt 1; nothing");
  world.now += 20min - 10s;
  CHECK(world.fails(0) == "not 0 of 0: it ran 20 min ago (cooldown: 1h); down");
  CHECK(world.ok(0) == "nothing");
  world.now += 40min;
  CHECK(world.fails(0) == "run 0.1 of 0");
}

TEST_CASE("no more repairs an hour than allowed") {
  World world({{"web", {limits(5, 0s, {}, 2)}}});
  CHECK(world.fails(0) == "run 0.1 of 0");
  world.finishes(0);
  world.after(10s);
  CHECK(world.fails(0) == "run 0.2 of 0");
  world.finishes(0);
  world.after(10s);
  CHECK(world.fails(0) == "not 0 of 0: it ran 2 times in the last hour (per_hour: 2); down");
  world.ok(0);
  world.now += 1h - 20s;
  CHECK(world.fails(0) == "run 0.1 of 0");
}

TEST_CASE("monitors that repair the same thing: one repairs, the others look again first") {
  World world({{"a", {limits(1, 5min, "tunnel")}},
               {"b", {limits(1, 5min, "tunnel")}},
               {"c", {limits(1, 5min, "tunnel")}}});
  CHECK(world.fails(0) == "run 0.1 of 0");
  CHECK(world.fails(1) == "nothing");
  CHECK(world.fails(2) == "nothing");
  CHECK(world.finishes(0) == "nothing");
  CHECK(world.after(10s) == "check 0, check 1, check 2");
  CHECK(world.ok(1) == "nothing");
  CHECK(world.ok(0) == "recovered by attempt 1; nothing");
  CHECK(world.fails(2) == "not 0 of 2: it ran 10 s ago (cooldown: 5m); down");
}

TEST_CASE("without a cooldown the next one in the queue repairs, one at a time") {
  World world({{"a", {limits(1, 0s, "tunnel")}},
               {"b", {limits(1, 0s, "tunnel")}},
               {"c", {limits(1, 0s, "tunnel")}}});
  world.fails(0);
  world.fails(1);
  world.fails(2);
  world.finishes(0);
  CHECK(world.after(10s) == "check 0, check 1, check 2");
  CHECK(world.fails(1) == "run 0.1 of 1");
  CHECK(world.fails(2) == "nothing");
  CHECK(world.fails(0) == "nothing; down");
  CHECK(world.finishes(1) == "nothing");
  CHECK(world.ok(2) == "nothing");
  CHECK(world.after(10s) == "check 1");
}

TEST_CASE("who recovers while waiting lets the others go on at once") {
  World world({{"a", {limits(1, 0s, "tunnel")}}, {"b", {limits(1, 0s, "tunnel")}}});
  world.fails(0);
  world.fails(1);
  world.finishes(0);
  CHECK(world.ok(0) == "recovered by attempt 1; check 1");
  CHECK_FALSE(world.repairs.next());
}

TEST_CASE("a monitor without repairs has none to try") {
  const World world(std::vector<Repairs::Ladder>{{"web", {}}});
  CHECK_FALSE(world.repairs.can_try(0));
}

TEST_CASE(
    "fails again while a repair of before still runs: it is waited for, whatever lock is next") {
  World world({{"web", {limits(1, 0s, "a"), limits(1, 0s, "b")}}});
  world.fails(0);
  world.finishes(0);
  world.after(10s);
  CHECK(world.fails(0) == "run 1.1 of 0");
  CHECK(world.ok(0) == "while repair attempt 2 was running; nothing");
  CHECK(world.fails(0) == "nothing");
  CHECK(world.ok(0) == "nothing");
  CHECK(world.fails(0) == "nothing");
  CHECK(world.finishes(0) == "check 0");
  CHECK(world.fails(0) == "run 0.1 of 0");
  world.finishes(0);
}

TEST_CASE("a restart: what ran is not run a second time before its time is up") {
  World world({{"web", {limits(3)}}, {"blog", {limits(1, 0s, "shared")}}});
  RepairState ran;
  ran.phase = RepairState::Phase::running;
  ran.attempt = ran.attempts = 1;
  ran.running = 0;
  CHECK(world.repairs.restore(0, ran, kStart + 60s, "cut off", kStart));
  CHECK(world.fails(0) == "nothing");
  CHECK(world.repairs.next() == kStart + 60s);
  CHECK(world.after(60s) == "nothing");
  CHECK(world.after(10s) == "check 0");
  CHECK(world.fails(0) == "run 0.2 of 0");
  CHECK(world.repairs.state(0)->tried == std::vector<std::string>{"cut off"});

  // It was up before its repair had ended, and that was when minitor died.
  RepairState left;
  left.running = 0;
  CHECK_FALSE(world.repairs.restore(1, left, world.now + 60s, "", world.now));
  CHECK(world.fails(1) == "nothing");
  CHECK(world.after(60s) == "check 1");
  CHECK(world.fails(1) == "run 0.1 of 1");
}

TEST_CASE("a restart: what ran in the last hour is known, what ran before is not") {
  World world({{"web", {limits(1, 20min, {}, 2)}}});
  RepairLock lock;
  lock.runs[0] = {kStart - 61min, kStart - 59min, kStart - 30min};
  lock.last_first_attempts[0] = kStart - 30min;
  world.repairs.restore({false, "web"}, lock, kStart);
  CHECK(world.repairs.lock({false, "web"})->runs.at(0).size() == 2);
  CHECK(world.fails(0) == "not 0 of 0: it ran 2 times in the last hour (per_hour: 2); down");
  world.repairs.restore({true, "gone"}, lock, kStart + 2h);
  CHECK(world.repairs.lock({true, "gone"}) == nullptr);
  CHECK(world.repairs.take_changed_locks().contains({true, "gone"}));
}

TEST_CASE("a restart with another ladder begins it anew") {
  World world({{"web", {limits()}}, {"bare", {}}});
  RepairState state;
  state.phase = RepairState::Phase::waiting;
  state.step = 3;
  CHECK_FALSE(world.repairs.restore(0, state, kStart, "", kStart));
  CHECK_FALSE(world.repairs.restore(1, state, kStart, "", kStart));
  CHECK(world.repairs.next() == std::nullopt);
  CHECK(world.fails(0) == "run 0.1 of 0");
}
