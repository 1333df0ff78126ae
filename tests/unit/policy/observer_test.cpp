#include "minitor/core/observer.hpp"

#include "minitor/core/config.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

constexpr Monotonic kNow{1000h};

CanaryState canary(bool bad, Duration age, bool down = false) {
  return {true, bad, bad && down, kNow - age};
}
const CanaryState kWell = canary(false, 0s);
const CanaryState kBad = canary(true, 0s);
const CanaryState kOldWell = canary(false, 1min);
const CanaryState kOldBad = canary(true, 1min);
const CanaryState kNeverWell{false, true, true, kNow};

CanariesSay all(const std::vector<CanaryState>& canaries) {
  return ask_canaries(canaries, BlindWhen::all, kNow);
}
CanariesSay any(const std::vector<CanaryState>& canaries) {
  return ask_canaries(canaries, BlindWhen::any, kNow);
}

}  // namespace

TEST_CASE("all canaries: one that is well since is enough to see") {
  CHECK(all({kWell}) == CanariesSay::see);
  CHECK(all({kBad}) == CanariesSay::blind);
  CHECK(all({kOldWell}) == CanariesSay::ask);
  CHECK(all({kOldBad}) == CanariesSay::ask);
  CHECK(all({kBad, kWell}) == CanariesSay::see);
  CHECK(all({kBad, kOldWell}) == CanariesSay::ask);
  CHECK(all({kOldBad, kWell}) == CanariesSay::see);
  CHECK(all({kBad, kBad}) == CanariesSay::blind);
}

TEST_CASE("any canary: one that is bad since is enough to be blind") {
  CHECK(any({kWell, kBad}) == CanariesSay::blind);
  CHECK(any({kOldWell, kBad}) == CanariesSay::blind);
  CHECK(any({kWell, kOldBad}) == CanariesSay::ask);
  CHECK(any({kWell, kWell}) == CanariesSay::see);
}

TEST_CASE("a canary that was never well proves nothing, and nobody waits for it") {
  CHECK(all({}) == CanariesSay::see);
  CHECK(all({kNeverWell}) == CanariesSay::see);
  CHECK(any({kNeverWell}) == CanariesSay::see);
  CHECK(all({kNeverWell, kBad}) == CanariesSay::blind);
  CHECK(any({kNeverWell, kWell}) == CanariesSay::see);
}

TEST_CASE("canaries that fail while most of what they stand for is well are what is down") {
  ScopeSight sight(1, 4, BlindWhen::all);
  sight.set(0, kBad);
  CHECK(sight.blind());
  sight.seen(1, true, kNow - 1s);  // began before the canary failed
  sight.seen(1, true, kNow + 1s);
  sight.seen(2, true, kNow + 1s);
  sight.seen(2, true, kNow + 2s);  // the same once more
  CHECK(sight.blind());
  sight.seen(1, false, kNow + 3s);
  sight.seen(3, true, kNow + 3s);
  CHECK(sight.blind());
  sight.seen(4, true, kNow + 3s);
  CHECK_FALSE(sight.blind());
  CHECK(sight.distrusted());
  CHECK(sight.about(kNow + 1h) == CanariesSay::see);
  // Until they are well again.
  sight.set(0, canary(true, -2min));
  CHECK_FALSE(sight.blind());
  sight.set(0, canary(false, -3min));
  CHECK_FALSE(sight.distrusted());
  sight.set(0, canary(true, -4min));
  CHECK(sight.blind());
}

TEST_CASE("blindness is told when the canaries are down by their own alert_after") {
  ScopeSight every(2, 1, BlindWhen::all);
  every.set(1, kWell);
  every.set(0, canary(true, 0s, true));
  CHECK_FALSE(every.to_be_told());
  every.set(1, kBad);
  CHECK(every.blind());
  CHECK_FALSE(every.to_be_told());
  every.set(1, canary(true, 0s, true));
  CHECK(every.to_be_told());
  ScopeSight one(2, 1, BlindWhen::any);
  one.set(0, kWell);
  one.set(1, kBad);
  CHECK(one.blind());
  CHECK_FALSE(one.to_be_told());
  one.set(1, canary(true, 0s, true));
  CHECK(one.to_be_told());
}

TEST_CASE("scopes: canaries stand for those of the same name, none for local") {
  Config config;
  const auto add = [&](bool is_canary, std::string scope) {
    Monitor monitor;
    monitor.canary = is_canary;
    monitor.scope = std::move(scope);
    config.monitors.push_back(std::move(monitor));
  };
  add(false, "");
  add(true, "wan");
  add(false, "wan");
  add(true, "");
  add(false, "local");
  add(false, "dmz");
  add(true, "wan");
  const std::vector<NetworkScope> scopes = scopes_of(config);
  REQUIRE(scopes.size() == 2);
  CHECK(scopes[0].name == "wan");
  CHECK(scopes[0].canaries == std::vector<MonitorIndex>{1, 6});
  CHECK(scopes[0].covered == std::vector<MonitorIndex>{2});
  CHECK(scopes[1].canaries == std::vector<MonitorIndex>{3});
  CHECK(scopes[1].covered == std::vector<MonitorIndex>{0});
}
